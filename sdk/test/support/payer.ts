/** A real payer without a relay: messages are received by a call, and what leaves is noted, with what was on disk by then. */

import { privateKeyToAddress } from "viem/accounts";
import { Payer } from "../../src/client/payer.ts";
import type { FeedContext } from "../../src/client/session.ts";
import { type BuyerStore, type ChannelProgress, freshProgress } from "../../src/client/store.ts";
import {
  type Address,
  type Bytes,
  hex,
  type Plan,
  PlanKind,
  randomSalt,
  signerOfTotal,
  tickTotal,
  ZERO_HASH,
} from "../../src/core/index.ts";
import { nativeCrypto } from "../../src/core/native.ts";
import type { Fields } from "../../src/wire/index.ts";

export const RELAY: Address = `0x${"44".repeat(20)}`;
const SIGNER = new Uint8Array(32).fill(21);
const zero: Address = `0x${"00".repeat(20)}`;
export const DELIVERY = {
  chainId: 31337,
  hubs: zero,
  grants: zero,
  channels: `0x${"03".repeat(20)}`,
} as const;

export const messagePlan = (more: Partial<Plan> = {}): Plan =>
  ({
    ...{ kind: PlanKind.message, rights: 1, price: 10n, unit: 1n, period: 0, upfront: 0n, entry: 1_000n },
    ...{ maxWindow: 0, notice: 0, promoPrice: 0n, promoUntil: 0 },
    ...more,
  }) as Plan;

/** `stored`: the total on disk at that moment. */
export type Left = Frame & { atMs: number; stored: bigint };
type Frame =
  | { type: "PAY"; total: bigint; signature: Uint8Array }
  | { type: "TICK_CHAIN"; chain: Fields<"TICK_CHAIN"> }
  | { type: "TICK"; total: bigint; tick: Fields<"TICK">; chain: Fields<"TICK_CHAIN"> };

export class TestPayer {
  readonly plan: Plan;
  readonly channelId = randomSalt();
  readonly progress: ChannelProgress;
  readonly left: Left[] = [];
  readonly payer: Payer;
  deposit: bigint;
  /** The total on disk. */
  stored = 0n;

  constructor(
    plan: Plan,
    options: { deposit?: bigint; save?: BuyerStore["save"]; onLeft?: (left: Left) => void } = {},
  ) {
    this.plan = plan;
    this.deposit = options.deposit ?? 10n ** 12n;
    this.progress = freshProgress(this.channelId);
    const store = {
      save: async (grantId: `0x${string}`, progress: ChannelProgress) => {
        await options.save?.(grantId, progress);
        this.stored = progress.signed;
      },
    };
    const context = {
      ...{ crypto: nativeCrypto, delivery: DELIVERY, plan, store, deposit: () => this.deposit },
      keys: { signerPrivateKey: SIGNER, signer: privateKeyToAddress(hex(SIGNER)) },
      purchase: { paymentId: this.channelId, grantId: ZERO_HASH },
    } as unknown as FeedContext;
    const note = (frame: Frame) => {
      const left = { ...frame, atMs: Date.now(), stored: this.stored };
      this.left.push(left);
      options.onLeft?.(left);
    };
    const chain = () => this.left.findLast((one) => one.type === "TICK_CHAIN")!.chain;
    this.payer = new Payer({
      context,
      relay: RELAY,
      progress: this.progress,
      send: ({ cumulative: total, signature }) => note({ type: "PAY", total, signature }),
      sendChain: (signed) => note({ type: "TICK_CHAIN", chain: signed }),
      sendTick: (tick) => note({ type: "TICK", total: tickTotal(chain(), tick.ticks), tick, chain: chain() }),
      signed: () => undefined,
      ticked: () => undefined,
      failed(error) {
        throw error;
      },
    });
  }

  get signer(): Address {
    return privateKeyToAddress(hex(SIGNER));
  }

  receive(messages = 1, price = this.plan.price): void {
    this.progress.accrued += price * BigInt(messages);
    this.payer.schedule();
  }

  /** Whether what left proves its total to whoever knows the buyer's signer. */
  proves(left: Left): boolean {
    const { channelId, signer } = this;
    if (left.type === "TICK_CHAIN") return left.chain.base === this.highest(this.left.indexOf(left));
    const plain = { total: left.total, relay: RELAY, signature: new Uint8Array(0) as Bytes };
    const proof =
      left.type === "PAY"
        ? { ...plain, signature: left.signature }
        : { ...plain, ticks: { ...left.chain, ...left.tick } };
    return signerOfTotal(nativeCrypto, DELIVERY, channelId, proof)?.toLowerCase() === signer.toLowerCase();
  }

  /** The highest total among the first so many that left. */
  highest(count = this.left.length): bigint {
    return this.left
      .slice(0, count)
      .reduce((best, one) => (one.type !== "TICK_CHAIN" && one.total > best ? one.total : best), 0n);
  }
}
