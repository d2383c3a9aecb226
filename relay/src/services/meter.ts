/**
 * The meter of one metered session: which epochs are open to it, what it was charged, what its vouchers cover. Everything that
 * counts is in the ledger before anything leaves.
 */
import {
  accrue,
  type Bytes,
  dueOf,
  type Header,
  type Hex,
  type Plan,
  type TickProof,
  tickTotal,
} from "@weir/sdk/core";
import { RefusedError } from "@weir/sdk/wire";
import { MAX_RELEASED_RANGES } from "../limits.ts";
import type { Account, BoughtSegments, LedgerSession, LedgerStore } from "../store/ledger.ts";

/** Epochs from … to, inclusive, rising and apart. */
type Range = { from: number; to: number };

/** Why the next segment cannot be sent yet: its key is not released, or its price is not covered. */
export type Judgement =
  | { kind: "open"; accrued: bigint }
  | { kind: "skip" }
  | { kind: "key" }
  | { kind: "payment"; needed: bigint };

export type MeterInit = { account: Account; session: LedgerSession; plan: Plan; ledger: LedgerStore };

export class Meter {
  readonly account: Account;
  readonly session: LedgerSession;
  readonly #plan: Plan;
  readonly #ledger: LedgerStore;
  /** The chain whose ticks pay now, with the last one that was taken. It ends with the next voucher and with the session. */
  chain: TickProof | null = null;
  /** That of the newest chain, also when it has ended. */
  tip: Hex | null = null;
  /** Without those that the reader is past: segments come in the order of their epochs. The last one is the highest. */
  readonly #open: Range[] = [];
  /** Releases on their way to the disk, and where the newest one began. */
  #opening = 0;
  #newestFrom = 0;
  #accrued: bigint;
  /** While a close is under way: nothing beyond this is sent, whatever the vouchers would cover. */
  #ceiling: bigint | null = null;

  constructor({ account, session, plan, ledger }: MeterInit) {
    this.account = account;
    this.session = session;
    this.#plan = plan;
    this.#ledger = ledger;
    this.#accrued = session.baseAccrued;
  }

  /** Owed for everything up to the session's place, in the smallest token unit. */
  get due(): bigint {
    return dueOf(this.#plan, this.#accrued);
  }

  get entry(): bigint {
    return this.#plan.entry;
  }

  /** What may be due at most. */
  get limit(): bigint {
    return this.#ceiling ?? this.account.total;
  }

  set ceiling(amount: bigint) {
    this.#ceiling = amount;
  }

  judge(header: Header): Judgement {
    while (this.#open.length > 1 && this.#open[0]!.to < header.epoch) this.#open.shift();
    if (!this.#isOpen(header.epoch))
      return header.epoch < (this.#open.at(-1)?.to ?? -1) ? { kind: "skip" } : { kind: "key" };
    const accrued = this.#accrued + accrue(this.#plan, header);
    const needed = dueOf(this.#plan, accrued);
    return needed <= this.limit ? { kind: "open", accrued } : { kind: "payment", needed };
  }

  /** Counts a segment that `judge` found open. It is charged once `charge` has resolved. */
  count(judgement: { accrued: bigint }): void {
    this.#accrued = judgement.accrued;
  }

  /** Makes the counted segments durable. What was charged in an earlier session is not charged again: `accrued` never falls. */
  async charge(nextSeq: bigint, runs: readonly Omit<BoughtSegments, "generation">[]): Promise<void> {
    const { account, session } = this;
    if (this.#accrued > account.accrued) account.accrued = this.#accrued;
    if (account.session === session) account.nextSeq = nextSeq;
    await this.#ledger.save(account, {
      bought: runs.map((run) => ({ ...run, generation: session.generation })),
    });
  }

  /** The gateway released these epochs; durable when it resolves. @throws RefusedError BadFrame, Limit */
  async open(epochFrom: number, epochTo: number): Promise<void> {
    if (epochFrom < this.#newestFrom)
      throw new RefusedError("BadFrame", "The epochs of a session never fall.");
    if (this.#open.length + this.#opening >= MAX_RELEASED_RANGES)
      throw new RefusedError("Limit", "Too many keys were released ahead of this reader.", {
        limit: "released ranges",
      });
    this.#newestFrom = epochFrom;
    this.#opening += 1;
    try {
      await this.#ledger.save(this.account, {
        opened: [{ generation: this.session.generation, epochFrom, epochTo }],
      });
    } finally {
      this.#opening -= 1;
    }
    const last = this.#open.at(-1);
    if (last && epochFrom >= last.from && epochFrom <= last.to + 1) last.to = Math.max(last.to, epochTo);
    else this.#open.push({ from: epochFrom, to: epochTo });
  }

  /** A checked voucher above the best total, or of that total if ticks make it; durable when it resolves. */
  async pay(total: bigint, signature: Bytes): Promise<void> {
    this.chain = null;
    Object.assign(this.account, { total, signature, ticks: null });
    await this.#ledger.save(this.account);
  }

  /** A checked tick above the best total; durable when it resolves. */
  async tick(proof: TickProof): Promise<void> {
    this.chain = proof;
    Object.assign(this.account, { total: tickTotal(proof, proof.ticks), ticks: proof });
    await this.#ledger.save(this.account);
  }

  #isOpen(epoch: number): boolean {
    return this.#open.some(({ from, to }) => epoch >= from && epoch <= to);
  }
}
