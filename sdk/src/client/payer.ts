// What a buyer signs in one session: the session itself, and totals that lead what was received by the plan's entry.
import { type Address, type Bytes, dueOf, sessionDigest, voucherDigest } from "../core/index.ts";
import { RefusedError } from "../wire/index.ts";
import type { FeedContext } from "./session.ts";
import type { ChannelProgress } from "./store.ts";

/** A voucher at most ten times a second. */
const SIGN_INTERVAL_MS = 100;
const SESSION_SECONDS = 3600;

export type PayerInit = {
  context: FeedContext;
  relay: Address;
  progress: ChannelProgress;
  /** Sends a voucher; called once it is on disk. */
  send(voucher: { cumulative: bigint; signature: Bytes }): void;
  signed(total: bigint, signature: Bytes): void;
  failed(error: Error): void;
};

export class Payer {
  readonly #init: PayerInit;
  #signedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(init: PayerInit) {
    this.#init = init;
  }

  get due(): bigint {
    return dueOf(this.#init.context.plan, this.#init.progress.accrued);
  }

  /** Signs the session and its first voucher, and stores both before they leave. @throws RefusedError OutOfMoney */
  async begin(fromSeq: bigint, base: bigint | undefined) {
    const { context, progress, relay } = this.#init;
    const { plan, delivery, crypto, keys, purchase, deposit } = context;
    const baseTotal = base ?? this.due;
    const needed = baseTotal + plan.entry;
    if (needed > deposit()) {
      throw new RefusedError("OutOfMoney", "the channel holds less than what is due and the entry", {
        needed: String(needed),
        deposit: String(deposit()),
      });
    }
    progress.sessionNo += 1n;
    if (progress.signed < needed) progress.signed = needed;
    await this.save();
    const { sessionNo, generation } = progress;
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
    return {
      digest,
      session: { sessionNo, generation, fromSeq, baseTotal, expiry, signature },
      voucher: this.#voucher(progress.signed),
    };
  }

  /** Signs again as soon as it may, if anything was received since the last signature. */
  schedule(): void {
    if (this.#timer !== undefined || this.#stopped || this.#init.progress.signed >= this.#want()) return;
    const wait = Math.max(0, this.#signedAt + SIGN_INTERVAL_MS - Date.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#pay();
    }, wait);
  }

  /** Signs nothing more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
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
    const { progress, send, failed } = this.#init;
    const total = this.#want();
    if (this.#stopped || total <= progress.signed) return;
    this.#signedAt = Date.now();
    progress.signed = total;
    try {
      // On disk before it leaves: a crash may forget a voucher that was never sent, not one that was.
      await this.save();
      if (!this.#stopped) send(this.#voucher(total));
    } catch (error) {
      failed(error instanceof Error ? error : new Error(String(error)));
    }
    this.schedule();
  }
}
