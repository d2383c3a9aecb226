// What a buyer pays in one session: the session itself, and totals that lead what was received by the plan's entry, signed or by ticks.
// Longer than its neighbours because vouchers and ticks make one total: what leaves must be above all that left.
import {
  type Address,
  type Bytes,
  dueOf,
  type SignedTicks,
  sessionDigest,
  type TickProof,
  tickAt,
  tickVoucherDigest,
  voucherDigest,
} from "../core/index.ts";
import { RefusedError } from "../wire/index.ts";
import type { FeedContext } from "./session.ts";
import type { ChannelProgress } from "./store.ts";
import { newChain, type RunningChain, tickFor, tickValueOf } from "./ticks.ts";

/** A voucher at most ten times a second. */
const SIGN_INTERVAL_MS = 100;
/** A tick at most twenty times: each is a write to the disk. */
const TICK_INTERVAL_MS = 50;
/** After so many vouchers in a row that all had to wait for their turn, about a second, ticks take their place … */
const RUSH_VOUCHERS = 10;
/** … if together they paid for no more messages: for more, ten signatures are checked faster than their hashes. */
const RUSH_TICKS = 200n;
/** A chain that was used up sooner saved nothing. */
const CHAIN_LEAST_MS = 1000;
/** When nothing has come for so long, a voucher takes the ticks' place. */
const PAUSE_MS = 1000;
const SESSION_SECONDS = 3600;

export type PayerInit = {
  context: FeedContext;
  relay: Address;
  progress: ChannelProgress;
  /** Sends a voucher; called once it is on disk. */
  send(voucher: { cumulative: bigint; signature: Bytes }): void;
  /** Sends a chain, then its ticks, each once its total is on disk. */
  sendChain(chain: SignedTicks): void;
  sendTick(tick: Pick<TickProof, "ticks" | "preimage">): void;
  signed(total: bigint, signature: Bytes): void;
  /** So many ticks more have left, which make this total. */
  ticked(total: bigint, count: number): void;
  failed(error: Error): void;
};

export class Payer {
  readonly #init: PayerInit;
  #paidAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pause: ReturnType<typeof setTimeout> | undefined;
  /** The highest total that has left. */
  #sent = 0n;
  /** The chain whose ticks pay now. */
  #chain: RunningChain | undefined;
  /** The next payment could have left earlier, were it not for the pace. */
  #held = false;
  /** Vouchers in a row that were held, and the total before them. */
  #rush = { vouchers: 0, from: 0n };
  #saving: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(init: PayerInit) {
    this.#init = init;
  }

  get due(): bigint {
    return dueOf(this.#init.context.plan, this.#init.progress.accrued);
  }

  /** Signs the session and its first voucher, and stores both before they leave. @throws RefusedError OutOfMoney */
  async begin(fromSeq: bigint, base: bigint | undefined, generation = this.#init.progress.generation) {
    const { context, progress, relay } = this.#init;
    const { plan, delivery, crypto, keys, purchase, deposit } = context;
    const baseTotal = base ?? this.due;
    const lead = baseTotal + plan.entry;
    // Totals never fall: what was signed before a close that gave a part of it back has to be there again, too.
    const needed = progress.signed > lead ? progress.signed : lead;
    if (needed > deposit()) {
      throw new RefusedError("OutOfMoney", "the channel holds less than what is due and the entry", {
        needed: String(needed),
        deposit: String(deposit()),
      });
    }
    progress.sessionNo += 1n;
    progress.signed = needed;
    await this.save();
    const { sessionNo } = progress;
    const expiry = Math.floor(Date.now() / 1000) + SESSION_SECONDS;
    const channelId = purchase.paymentId;
    const digest = sessionDigest(delivery, {
      channelId,
      sessionNo,
      relay,
      generation,
      fromSeq,
      baseTotal,
      expiry,
    });
    const signature = crypto.signSecp(keys.signerPrivateKey, digest);
    this.#sent = progress.signed;
    return {
      digest,
      session: { sessionNo, generation, fromSeq, baseTotal, expiry, signature },
      voucher: this.#voucher(progress.signed),
    };
  }

  /** Pays again as soon as it may, if anything was received since the last time. */
  schedule(): void {
    if (this.#stopped) return;
    this.#cover();
    if (this.#timer !== undefined || this.#init.progress.signed >= this.#want()) return;
    const interval = this.#chain ? TICK_INTERVAL_MS : SIGN_INTERVAL_MS;
    const wait = Math.max(0, this.#paidAt + interval - Date.now());
    this.#held = wait > 0;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#pay();
    }, wait);
  }

  /** Puts a voucher in the place of the ticks that have left: whoever closes or claims needs nothing else. */
  settle(): void {
    const chain = this.#chain;
    this.#chain = undefined;
    this.#rush = { vouchers: 0, from: this.#sent };
    clearTimeout(this.#pause);
    if (chain && chain.revealed > 0) this.#init.send(this.#voucher(this.#sent));
  }

  /** Signs and reveals nothing more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#pause);
  }

  /** Resolves when everything that was to be stored is. */
  saved(): Promise<void> {
    return this.#saving;
  }

  save(): Promise<void> {
    const { context, progress } = this.#init;
    this.#saving = context.store.save(context.purchase.grantId, structuredClone(progress));
    return this.#saving;
  }

  /** The total that leads what was received by the entry, as far as the deposit goes. */
  #want(): bigint {
    const { plan, deposit } = this.#init.context;
    const want = this.due + plan.entry;
    const held = deposit();
    return want < held ? want : held;
  }

  #voucher(cumulative: bigint): { cumulative: bigint; signature: Bytes } {
    const { context, relay, signed } = this.#init;
    const { delivery, crypto, keys, voucherKeys = keys, purchase } = context;
    const digest = voucherDigest(delivery, { channelId: purchase.paymentId, cumulative, relay });
    const signature = crypto.signSecp(voucherKeys.signerPrivateKey, digest);
    signed(cumulative, signature);
    return { cumulative, signature };
  }

  async #pay(): Promise<void> {
    const { progress, failed } = this.#init;
    const total = this.#want();
    if (this.#stopped || total <= progress.signed) return;
    const held = this.#held;
    this.#paidAt = Date.now();
    progress.signed = total;
    try {
      // On disk before it leaves: a crash may forget a payment that was never sent, not one that was.
      await this.save();
      if (!this.#stopped && total > this.#sent) this.#send(total, held);
    } catch (error) {
      failed(error instanceof Error ? error : new Error(String(error)));
    }
    this.schedule();
  }

  /** By a tick of the running chain, if one makes exactly this total; otherwise by a voucher, which ends the chain. */
  #send(total: bigint, held: boolean): void {
    const { send, sendTick, ticked } = this.#init;
    const before = this.#sent;
    this.#sent = total;
    const chain = this.#chain;
    const ticks = chain && tickFor(chain, total);
    if (chain && ticks !== undefined) {
      const count = ticks - chain.revealed;
      chain.revealed = ticks;
      sendTick({ ticks, preimage: tickAt(chain.links, ticks) });
      ticked(total, count);
      clearTimeout(this.#pause);
      this.#pause = setTimeout(() => this.settle(), PAUSE_MS);
      return;
    }
    this.#chain = undefined;
    clearTimeout(this.#pause);
    send(this.#voucher(total));
    if (!held) this.#rush = { vouchers: 0, from: before };
    this.#rush.vouchers += 1;
    const { plan, ticksAfter = RUSH_VOUCHERS } = this.#init.context;
    if (this.#rush.vouchers < ticksAfter) return;
    const value = tickValueOf(plan, Date.now());
    if (value !== undefined && total - this.#rush.from <= RUSH_TICKS * value) this.#begin();
    this.#rush = { vouchers: 0, from: total };
  }

  /** Signs a chain on top of the voucher that has just left. */
  #begin(): void {
    const { context, relay, sendChain } = this.#init;
    const { plan, delivery, crypto, keys, voucherKeys = keys, purchase, deposit } = context;
    const channelId = purchase.paymentId;
    const base = this.#sent;
    const chain = newChain(crypto, { channelId, plan, base, deposit: deposit(), nowMs: Date.now() });
    if (!chain) return;
    const { tip, tickValue, maxTicks } = chain;
    const digest = tickVoucherDigest(delivery, { channelId, base, tip, tickValue, maxTicks, relay });
    const signature = crypto.signSecp(voucherKeys.signerPrivateKey, digest);
    this.#chain = { ...chain, signature };
    sendChain({ base, tip, tickValue, maxTicks, signature });
  }

  /** A voucher covers all that was received, or an export could not show it: when the chain's own does no longer, a new pair follows. */
  #cover(): void {
    const chain = this.#chain;
    if (!chain || chain.revealed === 0 || this.due <= chain.base) return;
    this.settle();
    if (Date.now() - chain.atMs >= CHAIN_LEAST_MS) this.#begin();
  }
}
