import type { Address, Hex } from "./bytes.ts";
import {
  purchaseSalt,
  relaysHash,
  type SubscriptionTerms,
  subscriptionId,
  type Terms,
} from "./typed-data.ts";

export const PlanKind = { message: 0, byte: 1, period: 2, flat: 3, free: 4 } as const;
export type PlanKindName = keyof typeof PlanKind;
export const Rights = { read: 1, history: 2, write: 4 } as const;

/** Bits of a listing's `flags` above the licence, as in contracts/types/ListingTypes.sol. */
export const ListingFlags = {
  personalData: 1 << 19,
  restricted: 1 << 20,
  open: 1 << 21,
  sharedWithMarkets: 1 << 22,
  unlisted: 1 << 23,
} as const;

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

/** Paid by time through Subscriptions: period and flat plans. */
export const isTimed = (plan: { kind: number }): boolean =>
  plan.kind === PlanKind.period || plan.kind === PlanKind.flat;

/**
 * What one unit, one period or the whole of flat access costs a purchase mined at `time` (unix seconds). Only period and flat plans look
 * at the time: a metered promotion binds segments, not purchases.
 */
export function unitPriceOf(plan: Plan, time: number): bigint {
  if (!isTimed(plan)) return plan.price;
  if (plan.promoPrice !== 0n && time < plan.promoUntil) return plan.promoPrice;
  return plan.kind === PlanKind.flat ? plan.upfront : plan.price;
}

/**
 * The salt of a choice under a listing's terms. `time`, that of the purchase's block, is needed for period and flat plans.
 *
 * @throws RangeError when the plan does not exist, or a needed time is missing
 */
export function saltOf(listing: ListingTerms, choice: PurchaseChoice, time?: number): Hex {
  const plan = planOf(listing, choice);
  if (isTimed(plan) && time === undefined)
    throw new RangeError("time: the price of this plan depends on when it is bought");
  return purchaseSalt({ ...choice, unitPrice: unitPriceOf(plan, time ?? 0), termsHash: listing.termsHash });
}

function planOf(listing: ListingTerms, choice: PurchaseChoice): Plan {
  const plan = listing.plans[choice.plan];
  if (plan === undefined) throw new RangeError(`the listing has no plan ${choice.plan}`);
  return plan;
}

/** What the terms of both escrows have in common. */
const sharedTerms = (listing: ListingTerms, choice: PurchaseChoice) => ({
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
});

/** The channel terms that Grants derives from a listing and a choice. */
export const deriveTerms = (listing: ListingTerms, choice: PurchaseChoice): Terms => ({
  ...sharedTerms(listing, choice),
  challenge: listing.challenge,
  salt: saltOf(listing, choice),
});

/**
 * The subscription terms that Grants derives from a listing and the choice of a period or flat plan. `time` is that of the purchase's
 * block (a promotion may end), `grants` the Grants contract, which may stop the subscription.
 *
 * @throws RangeError when the plan does not exist or is not paid by time
 */
export function deriveSubscriptionTerms(
  listing: ListingTerms,
  choice: PurchaseChoice,
  { time, grants }: { time: number; grants: Address },
): SubscriptionTerms {
  const plan = planOf(listing, choice);
  if (!isTimed(plan)) throw new RangeError("plan: is not paid by time");
  const isFlat = plan.kind === PlanKind.flat;
  const unitPrice = unitPriceOf(plan, time);
  return {
    ...sharedTerms(listing, choice),
    stopper: grants,
    price: isFlat ? 0n : unitPrice,
    period: isFlat ? 0 : plan.period,
    upfront: isFlat ? unitPrice : plan.upfront,
    notice: plan.notice,
    salt: saltOf(listing, choice, time),
  };
}

/**
 * The terms behind a purchase's subscription, found without asking when it was bought: at the promotion's price or after it.
 *
 * @throws RangeError when neither gives the purchase's payment id, or the plan is not paid by time
 */
export function subscriptionTermsOf(
  listing: ListingTerms,
  purchase: PurchaseChoice & { paymentId: Hex },
  at: { chainId: number; subscriptions: Address; grants: Address },
): SubscriptionTerms {
  for (const time of [0, planOf(listing, purchase).promoUntil]) {
    const terms = deriveSubscriptionTerms(listing, purchase, { time, grants: at.grants });
    if (subscriptionId(at, terms) === purchase.paymentId.toLowerCase()) return terms;
  }
  throw new RangeError("paymentId: does not follow from listing and purchase");
}
