// Turns what has vested in subscriptions into money: by value, by age, and when their time is over, and never at a loss: what has vested stays
// the payee's for good. Nothing is signed for it, the clock says what is due, so everything here follows from the chain and nothing is stored.
import {
  type Contracts,
  claimSubscriptions,
  contractError,
  getSubscription,
  type SubscriptionRow,
} from "@weir/sdk/chain";
import {
  type Hex,
  isTimed,
  type PurchaseChoice,
  type SubscriptionSlot,
  type SubscriptionTerms,
  subscriptionTermsOf,
  vested,
} from "@weir/sdk/core";
import type { Logger } from "pino";
import type { Address, PublicClient } from "viem";
import type { ClaimRules } from "../config.ts";
import type { Acquired, Directory } from "../directory.ts";
import { CLAIM_CHECK_MS, CLAIM_READS, MAX_CLAIM_ROWS } from "../limits.ts";
import { sleep } from "../link.ts";
import type { Metrics } from "../metrics.ts";
import { createLanes } from "./lanes.ts";
import { gasCostIn, reasonFor, worthClaiming, type Yield } from "./rules.ts";
import type { Sender } from "./sender.ts";

type Claimable = Yield & { by: Sender; relays: readonly Address[]; terms: SubscriptionTerms };

export type SubscriptionClaims = {
  /** Looks and claims until the signal aborts. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
};

export function createSubscriptionClaims(init: {
  client: PublicClient;
  contracts: Contracts;
  chainId: number;
  directory: Directory;
  rules: ClaimRules;
  /** The sender of a hub's operator account. */
  sender: (hubId: bigint) => Sender | undefined;
  metrics: Metrics;
  log: Logger;
}): SubscriptionClaims {
  const { client, contracts, chainId, directory, rules, sender, metrics, log } = init;
  const slots = new Map<Hex, SubscriptionSlot>();
  /** Ended and paid out: looked at again only if the chain says that they changed. */
  const settled = new Set<Hex>();
  /** The chain cannot be read now: asked again at the next look. */
  const report = (error: unknown): void =>
    log.warn({ event: "claims", reason: contractError(error).name }, "claims are looked at again");
  const lanes = createLanes(report);
  let wake = new AbortController();
  directory.on("subscription", (id) => {
    slots.delete(id);
    settled.delete(id);
    wake.abort();
  });
  // Blocks may have been replaced: what was read from them is read again.
  directory.on("reorg", () => {
    slots.clear();
    settled.clear();
  });

  async function slotOf(subscriptionId: Hex): Promise<SubscriptionSlot> {
    const known = slots.get(subscriptionId);
    if (known) return known;
    const slot = await getSubscription(client, { contracts, subscriptionId });
    slots.set(subscriptionId, slot);
    return slot;
  }

  /** What a grant's subscription can be claimed for at `time`, if it is worth a transaction now. */
  async function claimable(acquired: Acquired, time: number): Promise<Claimable | undefined> {
    const { plan, paymentId, listingId, version } = acquired;
    if (plan === null || settled.has(paymentId)) return undefined;
    const listing = directory.listing(listingId);
    const offered = listing?.versions.get(version)?.terms;
    if (!listing || !offered || !isTimed(offered.plans[plan]!)) return undefined;
    const by = sender(listing.hubId);
    if (!by || lanes.isBusy(by)) return undefined;
    const terms = subscriptionTermsOf(offered, acquired as PurchaseChoice & { paymentId: Hex }, {
      chainId,
      subscriptions: contracts.Subscriptions,
      grants: contracts.Grants,
    });
    const slot = await slotOf(paymentId);
    const due = vested(terms, slot, time) - slot.claimed;
    const isOver = time >= slot.stop || (terms.price === 0n && slot.deposit >= terms.upfront);
    if (due === 0n && isOver) settled.add(paymentId);
    if (due <= 0n) return undefined;
    const waiting = { token: terms.token, due, since: unclaimedSince(terms, slot), time };
    // Once, when its time is over: afterwards nobody would come for what is left, and to make it run again costs its payer as much gas.
    const reason = time >= slot.stop ? "end" : reasonFor(rules, waiting);
    return reason && { by, relays: offered.relays, terms, due, reason, rows: 1, ticks: 0 };
  }

  async function look(signal: AbortSignal): Promise<void> {
    const time = Number((await client.getBlock()).timestamp);
    const groups = new Map<string, Claimable[]>();
    const waiting = [...directory.everyAcquired()];
    while (waiting.length > 0 && !signal.aborted) {
      const found = await Promise.all(waiting.splice(0, CLAIM_READS).map((one) => claimable(one, time)));
      for (const one of found) {
        if (!one) continue;
        const { terms, by } = one;
        const key = [by.account, terms.listingId, terms.payee, terms.operator, terms.token, terms.relaysHash];
        const group = [...key, terms.relayBps, terms.market, terms.marketBps].join("/");
        groups.set(group, [...(groups.get(group) ?? []), one]);
      }
    }
    if (groups.size === 0) return;
    const gasPrice = await client.getGasPrice();
    for (const [by, those] of Map.groupBy(groups.values(), ([first]) => first!.by))
      lanes.start(by, async () => {
        for (const group of those) {
          const rows = worthClaiming(group, gasCostIn(group[0]!.terms, rules, gasPrice));
          while (rows.length > 0 && !signal.aborted) await claim(rows.splice(0, MAX_CLAIM_ROWS));
        }
      });
  }

  /** One transaction for subscriptions that share the seller's side. */
  async function claim(group: readonly Claimable[]): Promise<void> {
    const { by, terms, relays } = group[0]!;
    const { payee, operator, token, stopper, listingId, relayBps, market, marketBps } = terms;
    const common = { payee, operator, token, stopper, listingId, relays, relayBps, market, marketBps };
    try {
      const { hash, claimed } = await by.run((wallet) =>
        claimSubscriptions(wallet, { contracts, common, rows: group.map((one) => rowOf(one.terms)) }),
      );
      for (const { subscriptionId } of claimed) slots.delete(subscriptionId);
      metrics.count("claims");
      log.info(
        {
          event: "claimed",
          listing: String(listingId),
          subscriptions: claimed.length,
          transactionHash: hash,
        },
        "subscriptions were claimed",
      );
    } catch (error) {
      const { name, message } = contractError(error);
      metrics.count("failed_claims", { reason: name });
      log.warn({ event: "claim failed", listing: String(listingId), reason: name }, message);
    }
  }

  return {
    async run(signal) {
      while (!signal.aborted) {
        wake = new AbortController();
        try {
          await look(signal);
        } catch (error) {
          report(error);
        }
        await sleep(CLAIM_CHECK_MS, AbortSignal.any([signal, wake.signal]));
      }
      await lanes.done();
    },
  };
}

/** From when on nothing has been claimed, unix seconds: what was claimed says how far the clock had run. */
function unclaimedSince({ price, period, upfront }: SubscriptionTerms, slot: SubscriptionSlot): number {
  if (slot.claimed < upfront || price === 0n) return slot.start;
  return slot.start + Number(((slot.claimed - upfront) * BigInt(period)) / price);
}

const rowOf = (terms: SubscriptionTerms): SubscriptionRow => {
  const { payer, signer, price, period, upfront, notice, salt } = terms;
  return { payer, signer, price, period, upfront, notice, salt };
};
