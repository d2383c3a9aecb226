import type { Address, Hex } from "./bytes.ts";
import { purchaseSalt, relaysHash, type Terms } from "./typed-data.ts";

export const PlanKind = { message: 0, byte: 1, period: 2, flat: 3, free: 4 } as const;
export type PlanKindName = keyof typeof PlanKind;
export const Rights = { read: 1, history: 2, write: 4 } as const;

/** One way to pay, as on chain. Amounts in the smallest token unit, durations in seconds. */
export type Plan = {
  kind: number;
  rights: number;
  price: bigint;
  unit: bigint;
  period: number;
  upfront: bigint;
  entry: bigint;
  maxWindow: number;
  notice: number;
  promoPrice: bigint;
  promoUntil: number;
};

/** One version of a listing, as on chain (contracts/types/ListingTypes.sol). */
export type ListingTerms = {
  hubId: bigint;
  payee: Address;
  operator: Address;
  token: Address;
  plans: readonly Plan[];
  relays: readonly Address[];
  relayBps: number;
  markets: readonly Address[];
  marketBps: number;
  challenge: number;
  epochLength: number;
  segment: { flushMs: number; maxMessages: number; maxBytes: number };
  historyDepth: number;
  saleUntil: number;
  termsHash: Hex;
  flags: number;
  attestationSchema: Hex;
  attester: Address;
  arbiter: Address;
  metadataHash: Hex;
};

/** What a buyer chose, as in the Purchased event. */
export type PurchaseChoice = {
  listingId: bigint;
  version: number;
  plan: number;
  buyer: Address;
  signer: Address;
  encryptionKey: Hex;
  buyerSalt: Hex;
  notBefore: number;
  notAfter: number;
  market: Address;
};

export const ZERO_ADDRESS: Address = `0x${"00".repeat(20)}`;
export const ZERO_HASH: Hex = `0x${"00".repeat(32)}`;
/** uint40's maximum: a window without end. */
export const FOREVER = 2 ** 40 - 1;

export const isMetered = (plan: { kind: number }): boolean =>
  plan.kind === PlanKind.message || plan.kind === PlanKind.byte;

/** The salt of a choice under a listing's terms; throws RangeError when the plan does not exist. */
export function saltOf(listing: ListingTerms, choice: PurchaseChoice): Hex {
  const plan = listing.plans[choice.plan];
  if (plan === undefined) throw new RangeError(`the listing has no plan ${choice.plan}`);
  return purchaseSalt({ ...choice, unitPrice: plan.price, termsHash: listing.termsHash });
}

/** The channel terms that Grants derives from a listing and a choice. */
export const deriveTerms = (listing: ListingTerms, choice: PurchaseChoice): Terms => ({
  payer: choice.buyer,
  payee: listing.payee,
  operator: listing.operator,
  token: listing.token,
  signer: choice.signer,
  listingId: choice.listingId,
  relaysHash: relaysHash(listing.relays),
  relayBps: listing.relayBps,
  market: choice.market,
  marketBps: choice.market === ZERO_ADDRESS ? 0 : listing.marketBps,
  challenge: listing.challenge,
  salt: saltOf(listing, choice),
});
