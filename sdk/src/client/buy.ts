import {
  type Address,
  channelId,
  type Delivery,
  derivePurchaseKeys,
  deriveTerms,
  FOREVER,
  grantId,
  type Hex,
  isMetered,
  type ListingTerms,
  PlanKind,
  type PurchaseChoice,
  type PurchaseKeys,
  randomSalt,
  saltOf,
  type Terms,
  ZERO_ADDRESS,
  ZERO_HASH,
} from "../core/index.ts";

/** Contracts' Funding, by number. */
export const Funding = { native: 0, pull: 1, eip3009: 2, permit2: 3, none: 4 } as const;

export type PrepareBuyParameters = {
  delivery: Delivery;
  listingId: bigint;
  version: number;
  terms: ListingTerms;
  planIndex: number;
  buyer: Address;
  /** Smallest token unit; 0 for a free plan. */
  amount: bigint;
  accountSecret: Uint8Array;
  /** Unix seconds; default 0, which means at once. */
  notBefore?: number;
  /** Unix seconds; default the longest window of the plan. */
  notAfter?: number;
  market?: Address;
  buyerSalt?: Hex;
};

/** The argument of `Grants.buy`. */
export type Purchase = PurchaseChoice & {
  listing: ListingTerms;
  amount: bigint;
  minCredited: bigint;
  funding: number;
  authorization: Hex;
  attestation: Hex;
  approval: { deadline: number; signature: Hex };
};

export type PreparedBuy = {
  purchase: Purchase;
  /** To send along, in wei. */
  value: bigint;
  grantId: Hex;
  paymentId: Hex;
  /** Null for a free plan. */
  channel: { id: Hex; terms: Terms } | null;
  keys: PurchaseKeys;
};

/**
 * Everything of one purchase before the wallet is asked: fresh keys from the account's secret, and the ids that the
 * chain will give. Throws RangeError naming the parameter that breaks a rule of the plan.
 */
export function prepareBuy(p: PrepareBuyParameters): PreparedBuy {
  const plan = p.terms.plans[p.planIndex];
  if (plan === undefined) throw new RangeError(`planIndex: the listing has no plan ${p.planIndex}`);
  const metered = isMetered(plan);
  if (!metered && plan.kind !== PlanKind.free)
    throw new RangeError("planIndex: this kind of plan is not sold yet");
  if (metered && p.amount < plan.entry) throw new RangeError(`amount: is at least the entry, ${plan.entry}`);
  if (!metered && p.amount !== 0n) throw new RangeError("amount: a free plan takes no money");
  const buyerSalt = p.buyerSalt ?? randomSalt();
  const keys = derivePurchaseKeys(p.accountSecret, buyerSalt);
  // 0 = from the block that makes the grant: our clock and the chain's need not agree.
  const notBefore = p.notBefore ?? 0;
  const notAfter = p.notAfter ?? longestWindow(plan.maxWindow, notBefore);
  const choice: PurchaseChoice = {
    listingId: p.listingId,
    version: p.version,
    plan: p.planIndex,
    buyer: p.buyer,
    signer: keys.signer,
    encryptionKey: keys.encryptionKey,
    buyerSalt,
    notBefore,
    notAfter,
    market: p.market ?? ZERO_ADDRESS,
  };
  const terms = metered ? deriveTerms(p.terms, choice) : null;
  const paymentId = terms === null ? saltOf(p.terms, choice) : channelId(p.delivery, terms);
  const native = p.terms.token === ZERO_ADDRESS;
  return {
    purchase: {
      ...choice,
      listing: p.terms,
      amount: p.amount,
      minCredited: p.amount,
      funding: p.amount === 0n ? Funding.none : native ? Funding.native : Funding.pull,
      authorization: "0x",
      attestation: ZERO_HASH,
      approval: { deadline: 0, signature: "0x" },
    },
    value: native ? p.amount : 0n,
    grantId: grantId(p.listingId, p.buyer, paymentId),
    paymentId,
    channel: terms === null ? null : { id: paymentId, terms },
    keys,
  };
}

/** Seconds by which our clock may be ahead of the chain's without the window growing too long. */
const CLOCK_SLACK = 60;

const longestWindow = (maxWindow: number, notBefore: number): number =>
  maxWindow >= FOREVER
    ? FOREVER
    : Math.max(notBefore, Math.floor(Date.now() / 1000) - CLOCK_SLACK) + maxWindow;
