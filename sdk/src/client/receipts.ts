// What a buyer says he has received: signed at most once a second and when he closes. Evidence for whoever settles a dispute; nobody waits for it.
import { type Bytes, dueOf, type Hex, receiptDigest } from "../core/index.ts";
import type { FeedContext } from "./session.ts";
import type { ChannelProgress } from "./store.ts";

const RECEIPT_INTERVAL_MS = 1000;

export type Receipt = { segmentId: Hex; cumulative: bigint; signature: Bytes };

export type ReceiptsInit = {
  context: FeedContext;
  progress: ChannelProgress;
  send(receipt: Receipt): void;
};

export class Receipts {
  readonly #init: ReceiptsInit;
  /** A session that begins counts like a signature: one that begins again and again signs no more often. */
  #signedAt = performance.now();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The segment that was signed for last. */
  #last: Hex | undefined;

  constructor(init: ReceiptsInit) {
    this.#init = init;
  }

  /** Something was received: it is signed for as soon as it may be. */
  received(): void {
    if (this.#timer !== undefined) return;
    const wait = Math.max(0, this.#signedAt + RECEIPT_INTERVAL_MS - performance.now());
    this.#timer = setTimeout(() => this.sign(), wait);
  }

  /** Signs for the last received segment now, unless that was done. */
  sign(): void {
    this.stop();
    const { context, progress, send } = this.#init;
    const { position } = progress;
    if (position === null || position.segmentId === this.#last) return;
    const { crypto, delivery, keys, voucherKeys = keys, plan, purchase } = context;
    const { segmentId } = position;
    const cumulative = dueOf(plan, progress.accrued);
    const digest = receiptDigest(delivery, { channelId: purchase.paymentId, segmentId, cumulative });
    this.#signedAt = performance.now();
    this.#last = segmentId;
    send({ segmentId, cumulative, signature: crypto.signSecp(voucherKeys.signerPrivateKey, digest) });
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
