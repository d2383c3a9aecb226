// Turns what buyers owe into money without closing their channels: by value, by age, and before a requested close lets the payer withdraw.
// Presented is never more than is owed: the highest stored vouchers that are (keys/ladder.ts), so that what was prepaid can still go back.
import {
  type ChannelState,
  type Contracts,
  claim,
  contractError,
  getChannel,
  MAX_ANCESTORS,
} from "@weir/sdk/chain";
import {
  type Crypto,
  type Delivery,
  type Hex,
  hex,
  signerOfTotal,
  tickTotal,
  voucherDigest,
} from "@weir/sdk/core";
import type { Logger } from "pino";
import type { PublicClient, TransactionReceipt } from "viem";
import type { ClaimRules } from "../config.ts";
import type { Database } from "../database.ts";
import type { Directory } from "../directory.ts";
import type { Account, Voucher } from "../keys/account.ts";
import type { Ledger } from "../keys/ledger.ts";
import { CLAIM_CHECK_MS, CLAIM_READS, MATURITY_MARGIN_SECONDS, MAX_CLAIM_ROWS } from "../limits.ts";
import { sleep } from "../link.ts";
import type { Metrics } from "../metrics.ts";
import type { Book } from "./book.ts";
import { createLanes } from "./lanes.ts";
import { type GasCost, gasCostIn, type Reason, reasonFor, worthClaiming, type Yield } from "./rules.ts";
import type { Sender } from "./sender.ts";
import { commonOf, presentTicks } from "./ticks.ts";

type Claimable = Yield & { account: Account; vouchers: Voucher[] };
type Row = { account: Account; voucher: Voucher };

export type ChannelClaims = {
  /** Looks and claims until the signal aborts. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** The channel could not be closed: what its vouchers are good for is claimed as long as that is possible. */
  hurry(channelId: Hex): void;
};

const same = (a: string | null, b: string): boolean => a?.toLowerCase() === b.toLowerCase();

/** Solidity `SkipReason.WRONG_SIGNATURE`. */
const WRONG_SIGNATURE = 1;

export function createChannelClaims(init: {
  db: Database;
  ledger: Ledger;
  book: Book;
  client: PublicClient;
  contracts: Contracts;
  crypto: Crypto;
  delivery: Delivery;
  directory: Directory;
  rules: ClaimRules;
  /** Who sends for a listing. Anybody may claim; the payee is paid. */
  sender: (listingId: bigint) => Sender | undefined;
  metrics: Metrics;
  log: Logger;
}): ChannelClaims {
  const { db, ledger, book, client, contracts, crypto, delivery, directory, rules, metrics, log } = init;
  /** What the chain has said of a channel, until it may have changed. */
  const slots = new Map<Hex, Promise<ChannelState>>();
  /** What was claimed in blocks that may be replaced. One that is replaced before it is followed is announced to nobody: it is looked for. */
  const young = new Map<Hex, bigint>();
  const hurried = new Set<Hex>();
  /** The chain cannot be read now: asked again at the next look. */
  const report = (error: unknown): void =>
    log.warn({ event: "claims", reason: contractError(error).name }, "claims are looked at again");
  const lanes = createLanes(report);
  let wake = new AbortController();
  directory.on("channel", (channelId) => {
    if (slots.delete(channelId) && book.of(channelId).since !== null) wake.abort();
  });
  // What was read from blocks that were replaced is read again.
  directory.on("reorg", () => {
    slots.clear();
    wake.abort();
  });

  function slotOf(channelId: Hex): Promise<ChannelState> {
    const known = slots.get(channelId);
    if (known) return known;
    const slot = getChannel(client, { contracts, channelId });
    slots.set(channelId, slot);
    slot.catch(() => {
      if (slots.get(channelId) === slot) slots.delete(channelId);
    });
    return slot;
  }

  function forgetYoung(): void {
    for (const [channelId, minedAt] of young) {
      if (directory.seen() < minedAt + BigInt(MAX_ANCESTORS)) continue;
      young.delete(channelId);
      slots.delete(channelId);
    }
  }

  /** What can be claimed of a channel now, if it is worth it. */
  async function claimable(account: Account, time: number, gasPrice: bigint): Promise<Claimable | undefined> {
    const { channelId, terms } = account;
    if (account.closeHash !== null) {
      hurried.delete(channelId);
      return undefined;
    }
    const covered = ledger.presentable(account);
    const standing = book.of(channelId);
    // What the book says was paid counts while the chain has said so since the last start and the last block that was replaced.
    if (covered === 0n || (covered <= standing.claimed && slots.has(channelId))) return undefined;
    const slot = await slotOf(channelId);
    const payable = covered < slot.deposit ? covered : slot.deposit;
    const due = payable - slot.claimed;
    const since = due > 0n ? (standing.since ?? time) : null;
    await book.note(channelId, { claimed: slot.claimed, since });
    await forgetPaid(account, slot.claimed);
    if (since === null) return undefined;
    const waiting = { token: terms.token, due, since, time };
    const reason = reasonOf(account, slot, waiting);
    if (!reason) return undefined;
    const vouchers = ledger.claimable(account).filter(({ cumulative }) => cumulative > slot.claimed);
    const ticks = ledger.claimableTicks(account);
    const byVouchers = { account, vouchers, ticks: 0, rows: vouchers.length, due, reason };
    if (ticks === 0) return byVouchers;
    // What other relays carried before goes first: each gets its cut.
    const others = vouchers.filter(({ relay }) => !same(relay, account.ticks!.relay));
    const byTicks = { account, vouchers: others, ticks, rows: others.length, due, reason };
    // A voucher costs less than ticks, and is claimed together with others: alone, where it is worth a claim by itself, or ticks are not.
    byVouchers.due = (vouchers.at(-1)?.cumulative ?? 0n) - slot.claimed;
    if (reason === "end" || byVouchers.due <= 0n) return byTicks;
    const isWorth = (one: Claimable) => worthClaiming([one], costIn(account, gasPrice)).length > 0;
    const isDue = reasonOf(account, slot, { ...waiting, due: byVouchers.due }) !== undefined;
    return isDue && (isWorth(byVouchers) || !isWorth(byTicks)) ? byVouchers : byTicks;
  }

  const costIn = ({ terms }: Account, gasPrice: bigint): GasCost => gasCostIn(terms, rules, gasPrice);

  function reasonOf(
    account: Account,
    { closeAt }: ChannelState,
    waiting: Parameters<typeof reasonFor>[1],
  ): Reason | undefined {
    if (account.frozenEpoch === null && closeAt === 0) return reasonFor(rules, waiting);
    // It is being closed, which pays more than a voucher does. If that fails, the vouchers are what is left.
    const isLate = closeAt !== 0 && waiting.time >= closeAt - MATURITY_MARGIN_SECONDS;
    return isLate || hurried.has(account.channelId) ? "end" : undefined;
  }

  /** But for the highest: if the block that paid it is replaced, it is presented once more. */
  async function forgetPaid(account: Account, claimed: bigint): Promise<void> {
    const paid = account.kept.filter(({ cumulative }) => cumulative <= claimed).slice(0, -1);
    if (paid.length > 0)
      await db.commit(() => {
        for (const voucher of paid) ledger.drop(account, voucher);
      });
  }

  async function look(signal: AbortSignal): Promise<void> {
    forgetYoung();
    const { timestamp } = await client.getBlock();
    // A chain without traffic has old blocks.
    const time = Math.max(Number(timestamp), Math.floor(Date.now() / 1000));
    const groups = new Map<string, Claimable[]>();
    const byTicks: Claimable[] = [];
    const gasPrice = await client.getGasPrice();
    const waiting = [...ledger.accounts()].filter(({ listingId }) => !lanes.isBusy(init.sender(listingId)));
    while (waiting.length > 0 && !signal.aborted) {
      const batch = waiting.splice(0, CLAIM_READS);
      const found = await Promise.all(batch.map((one) => claimable(one, time, gasPrice)));
      for (const one of found) {
        if (!one) continue;
        if (one.ticks > 0) {
          byTicks.push(one);
          continue;
        }
        const { payee, operator, token, listingId, relaysHash, ...terms } = one.account.terms;
        const key = [payee, operator, token, listingId, relaysHash];
        const group = [...key, terms.relayBps, terms.market, terms.marketBps, terms.challenge].join("/");
        groups.set(group, [...(groups.get(group) ?? []), one]);
      }
    }
    const senderOf = ([first]: readonly Claimable[]) => init.sender(first!.account.listingId);
    const all = [...groups.values(), ...byTicks.map((one) => [one])];
    for (const [by, those] of Map.groupBy(all, senderOf))
      if (by)
        lanes.start(by, async () => {
          for (const group of those)
            if (!signal.aborted)
              await sendAll(worthClaiming(group, costIn(group[0]!.account, gasPrice)), signal);
        });
  }

  /** Channels that share the seller's side, or one alone with its ticks. */
  async function sendAll(group: readonly Claimable[], signal: AbortSignal): Promise<void> {
    const rows = group.flatMap(({ account, vouchers }) => vouchers.map((voucher) => ({ account, voucher })));
    while (rows.length > 0 && !signal.aborted) await send(rows.splice(0, MAX_CLAIM_ROWS));
    for (const { account, ticks } of group) if (ticks > 0 && !signal.aborted) await sendTicks(account);
  }

  /** One transaction for channels that share the seller's side. */
  async function send(rows: readonly Row[]): Promise<void> {
    const { listingId } = rows[0]!.account;
    const by = init.sender(listingId);
    if (!by) return;
    const common = commonOf(rows[0]!.account);
    try {
      const { hash, receipt, claimed, skipped } = await by.run((wallet) =>
        claim(wallet, { contracts, common, rows: rows.map(rowOf) }),
      );
      for (const { account } of rows) slots.delete(account.channelId);
      for (const row of claimed) await paid(row.channelId, row.claimed, receipt);
      for (const { channelId, reason } of skipped)
        if (reason === WRONG_SIGNATURE)
          await forgetDamaged(rows.filter((row) => row.account.channelId === channelId));
      metrics.count("claims");
      log.info(
        {
          event: "claimed",
          listing: String(listingId),
          channels: new Set(claimed.map(({ channelId }) => channelId)).size,
          skipped: skipped.length,
          transactionHash: hash,
        },
        "channels were claimed",
      );
    } catch (error) {
      const { name, message } = contractError(error);
      metrics.count("failed_claims", { reason: name });
      log.warn({ event: "claim failed", listing: String(listingId), reason: name }, message);
    }
  }

  async function paid(
    channelId: Hex,
    total: bigint,
    { transactionHash: hash, blockNumber }: TransactionReceipt,
  ): Promise<void> {
    hurried.delete(channelId);
    young.set(channelId, blockNumber);
    await book.note(channelId, { claimed: total, since: null, hash });
    const account = ledger.account(channelId);
    if (account) await forgetPaid(account, total);
  }

  /** One transaction for the ticks of one channel. */
  async function sendTicks(account: Account): Promise<void> {
    const { channelId, listingId, terms, ticks: proof } = account;
    // A voucher may have taken their place meanwhile.
    const ticks = ledger.claimableTicks(account);
    const by = init.sender(listingId);
    if (!by || !proof || ticks === 0) return;
    const total = tickTotal(proof, proof.ticks);
    const signer = signerOfTotal(crypto, delivery, channelId, { ...proof, total, ticks: proof });
    if (!same(signer, terms.signer)) {
      metrics.count("damaged_vouchers");
      log.error({ event: "damaged ticks", channelId, total: String(total) }, "stored ticks are damaged");
      await db.commit(() => ledger.dropTicks(account));
      return;
    }
    try {
      const { hash, receipt, claimed } = await by.run((wallet) =>
        presentTicks(wallet, { contracts, crypto, account, proof, ticks }),
      );
      slots.delete(channelId);
      await paid(channelId, claimed, receipt);
      metrics.count("claims");
      log.info(
        { event: "claimed", listing: String(listingId), channels: 1, ticks, transactionHash: hash },
        "a channel's ticks were claimed",
      );
    } catch (error) {
      const { name, message } = contractError(error);
      metrics.count("failed_claims", { reason: name });
      log.warn({ event: "claim failed", listing: String(listingId), reason: name }, message);
    }
  }

  /** Every voucher was checked when it came. One that the chain refuses was damaged on the disk, and would be refused for ever. */
  async function forgetDamaged(rows: readonly Row[]): Promise<void> {
    for (const { account, voucher } of rows) {
      const { channelId, terms } = account;
      const { cumulative, relay, signature } = voucher;
      const signer = crypto.recover(
        voucherDigest(delivery, { channelId, cumulative, relay }, crypto.keccak256),
        signature,
      );
      if (signer?.toLowerCase() === terms.signer.toLowerCase()) continue;
      metrics.count("damaged_vouchers");
      log.error(
        { event: "damaged voucher", channelId, cumulative: String(cumulative) },
        "a stored voucher is damaged and was dropped",
      );
      await db.commit(() => ledger.drop(account, voucher));
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
    hurry(channelId) {
      hurried.add(channelId);
      slots.delete(channelId);
      wake.abort();
    },
  };
}

const rowOf = ({ account, voucher }: Row) => {
  const { payer, signer, salt } = account.terms;
  const { cumulative, relay, signature } = voucher;
  // 64 bytes r ‖ vs.
  const [r, vs] = [hex(signature.slice(0, 32)), hex(signature.slice(32))];
  return { payer, signer, salt, cumulative, relay, r, vs };
};
