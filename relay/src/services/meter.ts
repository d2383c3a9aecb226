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
  readonly #open: Range[] = [];
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
    if (!this.#isOpen(header.epoch))
      return header.epoch < this.#highest() ? { kind: "skip" } : { kind: "key" };
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

  /** The gateway released these epochs; durable when it resolves. */
  async open(epochFrom: number, epochTo: number): Promise<void> {
    await this.#ledger.save(this.account, {
      opened: [{ generation: this.session.generation, epochFrom, epochTo }],
    });
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

  #highest(): number {
    return this.#open.reduce((highest, { to }) => Math.max(highest, to), -1);
  }
}
