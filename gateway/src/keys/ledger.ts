// The durable account of every channel: what was opened to it, what that is worth, what its buyer has signed.
// Longer than its neighbours because every change of an account is here, in memory and on disk side by side.
//
// owed = the value published in every epoch whose key was ever released to the channel, over all sessions, relays and generations. An epoch
// is entered here before its key leaves, and it is opened only while what is signed covers what it may still grow to.
import {
  accrue,
  dueOf,
  type Header,
  type Hex,
  isMetered,
  type Plan,
  tickProofFromBytes,
  tickProofToBytes,
  ticksWithin,
  tickTotal,
} from "@weir/sdk/core";
import type { Database } from "../database.ts";
import { EPOCHS_AHEAD, MAX_EPOCHS_BEHIND } from "../limits.ts";
import { halfEntry } from "../seal/budget.ts";
import {
  type Account,
  type AccountRow,
  openAccount,
  type Purchased,
  type Range,
  type Ticks,
  type Voucher,
} from "./account.ts";
import { createLadder, passed } from "./ladder.ts";
import { createGrowing, createLivePlans } from "./live.ts";
import { createSums } from "./sums.ts";

export type Ledger = {
  /** The channel's account, from disk if need be. */
  account(channelId: Hex): Account | undefined;
  accounts(): Iterable<Account>;
  /** Opens an account for a purchase that was checked. Only inside a commit. */
  admit(purchased: Purchased): Account;
  /** Metered plans of open accounts of a listing: their prepayment bounds what an epoch may hold. */
  plans(listingId: bigint): Plan[];
  /** Accounts on this plan get nothing more: its entry no longer covers a single message of the listing. */
  giveUp(listingId: bigint, plan: Plan): void;
  /** A segment was stored. Only inside that commit. */
  stored(header: Header): void;
  /** Forgets sizes of at most `limit` segments sealed before this moment; accounts carry their sums forward. Only inside a commit. */
  carry(beforeMs: number, limit: number): void;
  /** Stored segments of the listing were given up. Only inside that commit. */
  recount(listingId: bigint): void;
  /** Σ price × units of everything opened to the channel before (generation, seq). */
  accruedBefore(account: Account, generation: number, seq: number): bigint;
  /** What is owed now, in the token's smallest unit. */
  owed(account: Account): bigint;
  isOpen(account: Account, generation: number, epoch: number): boolean;
  /** Keeps a better total, or the voucher for one that ticks have made. False if it is neither. Only inside a commit. */
  accept(account: Account, voucher: Voucher): boolean;
  /** Keeps the best tick of a chain that stands on the best voucher. False if it does not, or if the total does not rise. Only inside a commit. */
  acceptTicks(account: Account, ticks: Ticks): boolean;
  /** The buyer has signed that he received so much; an account that says less was put back from a copy. Only inside a commit. */
  lift(account: Account, received: bigint): void;
  /** The highest stored voucher that is owed in full, behind the last one of each relay before it, rising: what may be presented before a close. */
  claimable(account: Account): Voucher[];
  /** How many of the channel's ticks are owed in full, above those vouchers. */
  claimableTicks(account: Account): number;
  /** The highest total that may be presented before a close, by voucher or by ticks. */
  presentable(account: Account): bigint;
  /** Forgets the ticks: they were damaged. Only inside a commit. */
  dropTicks(account: Account): void;
  /** Forgets a kept voucher: it was claimed, or it cannot be. Only inside a commit. */
  drop(account: Account, voucher: Voucher): void;
  /** Takes a session number; false unless it is above the last. Only inside a commit. */
  begin(account: Account, sessionNo: bigint): boolean;
  /**
   * Opens what may be opened now from epoch `next` on and says which epochs' keys may leave, or undefined. What was opened earlier is given
   * again. Only inside a commit; the keys may leave after it.
   */
  release(
    account: Account,
    at: { generation: number; next: number; lowestOpen: number; current: number; deposit: bigint },
  ): Range | undefined;
  /** Ends all releases; the result is what the seller may keep, the same for every try in this epoch of the channel. Only inside a commit. */
  freeze(account: Account, epoch: number): bigint;
  /** The channel was closed on chain by this transaction. Only inside a commit. */
  closed(account: Account, transactionHash: Hex): void;
  /** The payer has put money in again after a close. Only inside a commit. */
  thaw(account: Account): void;
};

export function createLedger(db: Database): Ledger {
  const { valueIn, valueFrom } = createSums(db);
  const ladder = createLadder(db);
  const accounts = new Map<Hex, Account>();
  /** Accounts of a listing, so that a stored segment touches only its own. */
  const byListing = new Map<string, Set<Account>>();

  const growing = createGrowing();
  const livePlans = createLivePlans();

  for (const row of db.all<AccountRow>("SELECT * FROM channels")) remember(fromRow(row));

  function remember(account: Account): Account {
    accounts.set(account.channelId, account);
    const listing = String(account.listingId);
    byListing.set(listing, (byListing.get(listing) ?? new Set()).add(account));
    livePlans.set(account, isLive(account));
    const stream = db.get<{ generation: number; lastEpoch: number }>(
      "SELECT generation, lastEpoch FROM streams WHERE listingId = ?",
      listing,
    );
    // Epochs never fall, so what lies before the last one of the running generation is over.
    for (const { from, to } of account.opened.get(stream?.generation ?? -1) ?? [])
      for (let epoch = Math.max(from, stream!.lastEpoch); epoch <= to; epoch += 1)
        growing.add(account, stream!.generation, epoch);
    return account;
  }

  function isLive({ plan, frozenEpoch, hopeless }: Account): boolean {
    return isMetered(plan) && frozenEpoch === null && !hopeless;
  }

  function loadTicks(channelId: Hex): Ticks | undefined {
    const row = db.get<{ relay: Hex; proof: Uint8Array }>(
      "SELECT relay, proof FROM ticks WHERE channelId = ?",
      channelId,
    );
    return row && { ...tickProofFromBytes(row.proof), relay: row.relay };
  }

  function fromRow(row: AccountRow): Account {
    const account = openAccount(row, ladder.load(row.channelId), loadTicks(row.channelId));
    const intervals = db.all<{ generation: number; epochFrom: number; epochTo: number }>(
      "SELECT generation, epochFrom, epochTo FROM opened WHERE channelId = ? ORDER BY generation, epochFrom",
      row.channelId,
    );
    for (const { generation, epochFrom: from, epochTo: to } of intervals) {
      account.opened.set(generation, [...(account.opened.get(generation) ?? []), { from, to }]);
      account.accrued += valueIn(account, generation, from, to);
    }
    return account;
  }

  /** Whether any of these segments may lie in what the account has opened: most accounts are passed over by one comparison. */
  function hasOpened(
    { opened }: Account,
    segments: readonly { generation: number; epoch: number }[],
  ): boolean {
    const [first, last] = [segments[0]!, segments.at(-1)!];
    if (first.generation !== last.generation) return opened.size > 0;
    return (
      opened.get(first.generation)?.some(({ from, to }) => from <= last.epoch && first.epoch <= to) ?? false
    );
  }

  const isOpen = (account: Account, generation: number, epoch: number): boolean =>
    account.opened.get(generation)?.some(({ from, to }) => from <= epoch && epoch <= to) ?? false;

  /** The signed total that can be claimed at all. */
  const covered = (account: Account, deposit: bigint): bigint =>
    account.total < deposit ? account.total : deposit;

  /**
   * Whether the key of an epoch that is not open yet may be released. The total leads what is owed for all epochs that are over by the entry.
   * Epochs that can still grow, the running one and the next, count with the most they may hold instead of with what they hold so far:
   * half the entry each. So the next key leaves while the running epoch fills, although what a buyer has signed always lags
   * a little behind what is published, and still nobody can ever owe more than he has signed.
   */
  function mayOpen(
    account: Account,
    generation: number,
    epoch: number,
    lowestOpen: number,
    deposit: bigint,
  ): boolean {
    const { plan } = account;
    const total = covered(account, deposit);
    const half = halfEntry(plan);
    const value = (e: number): bigint => valueIn(account, generation, e, e);
    const atMost = (e: number): bigint => (e >= lowestOpen && value(e) < half ? half : value(e));
    let over = account.accrued;
    let growing = atMost(epoch);
    const highest = account.opened.get(generation)?.at(-1)?.to ?? -1;
    for (let e = lowestOpen; e <= highest; e += 1) {
      if (!isOpen(account, generation, e)) continue;
      over -= value(e);
      growing += atMost(e);
    }
    return total >= dueOf(plan, over) + plan.entry && total >= dueOf(plan, over + growing);
  }

  function open(account: Account, generation: number, epoch: number): void {
    const intervals = account.opened.get(generation) ?? [];
    const before = intervals.find(({ to }) => to === epoch - 1);
    if (before) {
      db.run(
        "UPDATE opened SET epochTo = ? WHERE channelId = ? AND generation = ? AND epochFrom = ?",
        epoch,
        account.channelId,
        generation,
        before.from,
      );
      before.to = epoch;
    } else {
      db.run(
        "INSERT INTO opened (channelId, generation, epochFrom, epochTo) VALUES (?, ?, ?, ?)",
        account.channelId,
        generation,
        epoch,
        epoch,
      );
      intervals.push({ from: epoch, to: epoch });
      intervals.sort((a, b) => a.from - b.from);
      account.opened.set(generation, intervals);
    }
    account.accrued += valueIn(account, generation, epoch, epoch);
    growing.add(account, generation, epoch);
  }

  const owed = (account: Account): bigint => dueOf(account.plan, account.accrued);

  function claimable(account: Account): Voucher[] {
    const amount = owed(account);
    return passed(account.kept, amount).filter(({ cumulative }) => cumulative <= amount);
  }

  const claimableTicks = (account: Account): number =>
    account.ticks ? ticksWithin(account.ticks, owed(account)) : 0;

  /** The highest total up to `amount` that a close can show: any below the best voucher, above it whole ticks. */
  function provable({ total, voucher, ticks }: Account, amount: bigint): bigint {
    if (amount >= total) return total;
    const base = voucher?.cumulative ?? 0n;
    return amount <= base || !ticks ? amount : tickTotal(ticks, ticksWithin(ticks, amount));
  }

  return {
    account: (channelId) => accounts.get(channelId),
    accounts: () => accounts.values(),
    admit(purchased) {
      const row: AccountRow = {
        channelId: purchased.channelId,
        listingId: String(purchased.listingId),
        grantId: purchased.grantId,
        version: purchased.version,
        plan: purchased.planIndex,
        purchase: JSON.stringify(purchased, (_key, value) =>
          typeof value === "bigint" ? `${value}n` : value,
        ),
        sessionNo: "0",
        total: "0",
        voucherRelay: null,
        voucherSignature: null,
        carried: "0",
        frozenEpoch: null,
        capture: null,
        closeHash: null,
      };
      db.run(
        `INSERT INTO channels (channelId, listingId, grantId, version, plan, purchase, sessionNo, total, carried) VALUES (?, ?, ?, ?, ?, ?, '0', '0', '0')`,
        row.channelId,
        row.listingId,
        row.grantId,
        row.version,
        row.plan,
        row.purchase,
      );
      return remember(fromRow(row));
    },
    plans: livePlans.of,
    giveUp(listingId, { entry }) {
      for (const account of byListing.get(String(listingId)) ?? []) {
        if (account.plan.entry !== entry) continue;
        account.hopeless = true;
        livePlans.set(account, false);
      }
    },
    stored(header) {
      for (const account of growing.at(header)) account.accrued += accrue(account.plan, header);
    },
    carry(beforeMs, limit) {
      // The last segment of a stream stays: sessions start behind it.
      const old = db.all<Omit<Header, "seq" | "listingId"> & { listingId: string; seq: number }>(
        `SELECT listingId, generation, seq, epoch, sealedAtMs, messageCount, bodyBytes FROM sealed AS s WHERE sealedAtMs < ?
         AND EXISTS (SELECT 1 FROM streams AS t WHERE t.listingId = s.listingId AND (t.generation > s.generation OR t.nextSeq > s.seq + 1)) LIMIT ?`,
        beforeMs,
        limit,
      );
      const grown = new Set<Account>();
      old.sort((a, b) => a.generation - b.generation || a.seq - b.seq); // within a listing; epochs never fall
      for (const [listing, rows] of Map.groupBy(old, ({ listingId }) => listingId)) {
        for (const account of byListing.get(listing) ?? []) {
          if (!hasOpened(account, rows)) continue;
          for (const row of rows)
            if (isOpen(account, row.generation, row.epoch)) {
              account.carried += accrue(account.plan, row);
              grown.add(account);
            }
        }
      }
      for (const row of old)
        db.run(
          "DELETE FROM sealed WHERE listingId = ? AND generation = ? AND seq = ?",
          row.listingId,
          row.generation,
          row.seq,
        );
      for (const { channelId, carried } of grown)
        db.run("UPDATE channels SET carried = ? WHERE channelId = ?", String(carried), channelId);
    },
    recount(listingId) {
      for (const account of byListing.get(String(listingId)) ?? []) {
        account.accrued = account.carried;
        for (const [generation, intervals] of account.opened)
          for (const { from, to } of intervals) account.accrued += valueIn(account, generation, from, to);
      }
    },
    accruedBefore(account, generation, seq) {
      let sum = account.accrued;
      for (const [g, intervals] of account.opened)
        for (const range of intervals)
          if (g >= generation) sum -= valueFrom(account, g, range, g === generation ? seq : 0);
      return sum;
    },
    owed,
    isOpen,
    accept(account, voucher) {
      if (voucher.cumulative < account.total) return false;
      if (voucher.cumulative === account.total && !account.ticks) return false;
      db.run(
        "UPDATE channels SET total = ?, voucherRelay = ?, voucherSignature = ? WHERE channelId = ?",
        String(voucher.cumulative),
        voucher.relay,
        voucher.signature,
        account.channelId,
      );
      account.kept = ladder.add(account.channelId, account.kept, voucher, owed(account));
      if (account.ticks) db.run("DELETE FROM ticks WHERE channelId = ?", account.channelId);
      Object.assign(account, { total: voucher.cumulative, voucher, ticks: undefined });
      return true;
    },
    acceptTicks(account, ticks) {
      const { channelId, voucher } = account;
      const total = tickTotal(ticks, ticks.ticks);
      if (total <= account.total || voucher?.cumulative !== ticks.base) return false;
      db.run("UPDATE channels SET total = ? WHERE channelId = ?", String(total), channelId);
      const proof = tickProofToBytes(ticks);
      db.run(
        "INSERT OR REPLACE INTO ticks (channelId, relay, proof) VALUES (?, ?, ?)",
        ...([channelId, ticks.relay, proof] as const),
      );
      Object.assign(account, { total, ticks });
      return true;
    },
    lift(account, received) {
      const amount = received < account.total ? received : account.total;
      if (account.frozenEpoch !== null || amount <= owed(account)) return;
      const lost = amount * account.plan.unit - account.accrued;
      account.carried += lost;
      account.accrued += lost;
      db.run(
        "UPDATE channels SET carried = ? WHERE channelId = ?",
        String(account.carried),
        account.channelId,
      );
    },
    claimable,
    claimableTicks,
    presentable(account) {
      const ticks = claimableTicks(account);
      return ticks > 0 ? tickTotal(account.ticks!, ticks) : (claimable(account).at(-1)?.cumulative ?? 0n);
    },
    dropTicks(account) {
      const total = account.voucher?.cumulative ?? 0n;
      db.run("DELETE FROM ticks WHERE channelId = ?", account.channelId);
      db.run("UPDATE channels SET total = ? WHERE channelId = ?", String(total), account.channelId);
      Object.assign(account, { total, ticks: undefined });
    },
    drop(account, voucher) {
      account.kept = ladder.drop(account.channelId, account.kept, voucher);
    },
    begin(account, sessionNo) {
      if (sessionNo <= account.sessionNo) return false;
      db.run("UPDATE channels SET sessionNo = ? WHERE channelId = ?", String(sessionNo), account.channelId);
      account.sessionNo = sessionNo;
      return true;
    },
    release(account, { generation, next, lowestOpen, current, deposit }) {
      if (account.frozenEpoch !== null || account.hopeless) return undefined;
      // What was opened is given again, however old. Otherwise a session too far behind jumps to the running epoch, and what it
      // jumps over stays shut.
      const tooOld = (epoch: number): boolean => epoch < current - MAX_EPOCHS_BEHIND;
      const from = tooOld(next) && !isOpen(account, generation, next) ? current : next;
      let to = from - 1;
      let opened = false;
      while (to < current + EPOCHS_AHEAD) {
        const epoch = to + 1;
        if (!isOpen(account, generation, epoch)) {
          if (tooOld(epoch)) break;
          const emptyForEver = epoch < lowestOpen && valueIn(account, generation, epoch, epoch) === 0n;
          if (!emptyForEver && !mayOpen(account, generation, epoch, lowestOpen, deposit)) break;
          open(account, generation, epoch);
          opened = true;
        }
        to = epoch;
      }
      // What was opened as over must stay over, even if the computer's clock is set back and the program starts again.
      if (opened)
        db.run(
          "UPDATE streams SET overBelow = ? WHERE listingId = ? AND generation = ? AND overBelow < ?",
          lowestOpen,
          String(account.listingId),
          generation,
          lowestOpen,
        );
      return to < from ? undefined : { from, to };
    },
    freeze(account, epoch) {
      // What was frozen for another end of the channel says nothing of this one: its payer may have put money in and read on.
      const before = account.frozenEpoch === epoch ? account.capture : null;
      const capture = before ?? provable(account, owed(account));
      db.run(
        "UPDATE channels SET frozenEpoch = ?, capture = ?, closeHash = NULL WHERE channelId = ?",
        epoch,
        String(capture),
        account.channelId,
      );
      Object.assign(account, { frozenEpoch: epoch, capture, closeHash: null });
      livePlans.set(account, false);
      return capture;
    },
    closed(account, transactionHash) {
      db.run("UPDATE channels SET closeHash = ? WHERE channelId = ?", transactionHash, account.channelId);
      account.closeHash = transactionHash;
    },
    thaw(account) {
      db.run(
        "UPDATE channels SET frozenEpoch = NULL, capture = NULL, closeHash = NULL WHERE channelId = ?",
        account.channelId,
      );
      account.frozenEpoch = null;
      account.capture = null;
      account.closeHash = null;
      livePlans.set(account, isLive(account));
    },
  };
}
