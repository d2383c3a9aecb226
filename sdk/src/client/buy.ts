import {
  type Address,
  channelId,
  type Delivery,
  derivePurchaseKeys,
  deriveSubscriptionTerms,
  deriveTerms,
  FOREVER,
  grantId,
  type Hex,
  isMetered,
  isTimed,
  type ListingTerms,
  type Plan,
  PlanKind,
  type PurchaseChoice,
  type PurchaseKeys,
  paidUntil,
  randomSalt,
  type SubscriptionTerms,
  saltOf,
  subscriptionId,
  type Terms,
  unitPriceOf,
  ZERO_ADDRESS,
  ZERO_HASH,
} from "../core/index.ts";

/** Contracts' Funding, by number. */
export const Funding = { native: 0, pull: 1, eip3009: 2, permit2: 3, none: 4 } as const;

export type PrepareBuyParameters = {
  delivery: Delivery;
  /** The Subscriptions contract; needed for period and flat plans. */
  subscriptions?: Address | undefined;
  listingId: bigint;
  version: number;
  terms: ListingTerms;
  planIndex: number;
  buyer: Address;
  /**
   * Smallest token unit; 0 for a free plan. Of a flat plan its price, of a period plan `subscriptionAmount` of the seconds wanted:
   * with a limited window a little less than the whole window, because the clocks here and on chain need not agree.
   */
  amount: bigint;
  accountSecret: Uint8Array;
  /** Unix seconds; default 0, which means at once. */
  notBefore?: number;
  /** Unix seconds; default the longest window of the plan. */
  notAfter?: number;
  market?: Address;
  buyerSalt?: Hex;
  /** By `Funding`; default native for the chain's coin, pull for tokens, none without an amount. Sign with `authorizeBuy`. */
  funding?: number;
  /** Needed by restricted listings. */
  approval?: Purchase["approval"];
  /** EAS uid; needed by listings that demand an attestation. */
  attestation?: Hex;
  /** Unix seconds; default now. Decides whether a period or flat plan's promotion still holds. */
  time?: number;
};

/** The argument of `Grants.buy`. */
export type Purchase = PurchaseChoice & {
  listing: ListingTerms;
  amount: bigint;
  minCredited: bigint;
  funding: number;
  authorization: Hex;
  attestation: Hex;
  approval: { manager: Address; deadline: number; signature: Hex };
};

export type PreparedBuy = {
  purchase: Purchase;
  /** To send along, in wei. */
  value: bigint;
  grantId: Hex;
  paymentId: Hex;
  /** Null unless the plan is metered. */
  channel: { id: Hex; terms: Terms } | null;
  /** Null unless the plan is paid by time: period or flat. */
  subscription: { id: Hex; terms: SubscriptionTerms } | null;
  keys: PurchaseKeys;
};

/**
 * Everything of one purchase before the wallet is asked: fresh keys from the account's secret, and the ids that the
 * chain will give. Throws RangeError naming the parameter that breaks a rule of the plan.
 */
export function prepareBuy(p: PrepareBuyParameters): PreparedBuy {
  const plan = p.terms.plans[p.planIndex];
  if (plan === undefined) throw new RangeError(`planIndex: the listing has no plan ${p.planIndex}`);
  const time = p.time ?? Math.floor(Date.now() / 1000);
  const buyerSalt = p.buyerSalt ?? randomSalt();
  const keys = derivePurchaseKeys(p.accountSecret, buyerSalt);
  // 0 = from the block that makes the grant: our clock and the chain's need not agree.
  const notBefore = p.notBefore ?? 0;
  const notAfter = p.notAfter ?? longestWindow(plan.maxWindow, notBefore, time);
  checkAmount(plan, p.amount, time, notAfter);
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
  const channel = isMetered(plan) ? channelOf(p, choice) : null;
  const subscription = isTimed(plan) ? subscriptionOf(p, choice, time) : null;
  const paymentId = (channel ?? subscription)?.id ?? saltOf(p.terms, choice);
  const funding = p.funding ?? defaultFunding(p.terms.token, p.amount);
  return {
    purchase: {
      ...choice,
      listing: p.terms,
      amount: p.amount,
      minCredited: p.amount,
      funding,
      authorization: "0x",
      attestation: p.attestation ?? ZERO_HASH,
      approval: p.approval ?? { manager: ZERO_ADDRESS, deadline: 0, signature: "0x" },
    },
    value: funding === Funding.native ? p.amount : 0n,
    grantId: grantId(p.listingId, p.buyer, paymentId),
    paymentId,
    channel,
    subscription,
    keys,
  };
}

/** What Grants would refuse for its amount, said before anything is signed. */
function checkAmount(plan: Plan, amount: bigint, time: number, notAfter: number): void {
  if (isMetered(plan) && amount < plan.entry)
    throw new RangeError(`amount: is at least the entry, ${plan.entry}`);
  if (plan.kind === PlanKind.free && amount !== 0n)
    throw new RangeError("amount: a free plan takes no money");
  if (!isTimed(plan)) return;
  const price = unitPriceOf(plan, time);
  if (plan.kind === PlanKind.flat && amount !== price) throw new RangeError(`amount: is the price, ${price}`);
  if (plan.kind !== PlanKind.period) return;
  const until = paidUntil({ price, period: plan.period, upfront: plan.upfront }, amount, time);
  if (until <= time)
    throw new RangeError(`amount: pays for a second or more beyond the upfront, ${plan.upfront}`);
  if (notAfter !== FOREVER && until > notAfter)
    throw new RangeError("amount: pays for more time than the window has");
}

function channelOf(p: PrepareBuyParameters, choice: PurchaseChoice) {
  const terms = deriveTerms(p.terms, choice);
  return { id: channelId(p.delivery, terms), terms };
}

function subscriptionOf(p: PrepareBuyParameters, choice: PurchaseChoice, time: number) {
  const { subscriptions } = p;
  if (subscriptions === undefined) throw new RangeError("subscriptions: this plan needs the contract");
  const terms = deriveSubscriptionTerms(p.terms, choice, { time, grants: p.delivery.grants });
  return { id: subscriptionId({ chainId: p.delivery.chainId, subscriptions }, terms), terms };
}

function defaultFunding(token: Address, amount: bigint): number {
  if (amount === 0n) return Funding.none;
  return token === ZERO_ADDRESS ? Funding.native : Funding.pull;
}

/** Seconds by which our clock may be ahead of the chain's without the window growing too long. */
const CLOCK_SLACK = 60;

const longestWindow = (maxWindow: number, notBefore: number, time: number): number =>
  maxWindow >= FOREVER ? FOREVER : Math.max(notBefore, time - CLOCK_SLACK) + maxWindow;
