import type { Hex } from "../core/index.ts";

/** Where a channel's buyer stands. Stored before any voucher leaves; a lost copy is rebuilt from the gateway's proof. */
export type ChannelProgress = {
  channelId: Hex;
  sessionNo: bigint; // highest ever signed
  signed: bigint; // highest total ever signed, or made by ticks
  accrued: bigint; // Σ price × units of everything received and opened
  messages: number;
  segments: number;
  generation: number;
  position: { seq: bigint; segmentId: Hex } | null; // last received in this generation
  openedThrough: number; // highest epoch whose key was received; -1 = none
  writtenOff: bigint; // owed to the seller's word, and never received
};

/** Durable buyer state: IndexedDB in a browser, one file per purchase in Node. `save` resolves once it is on disk. */
export interface BuyerStore {
  load(grantId: Hex): Promise<ChannelProgress | undefined>;
  save(grantId: Hex, progress: ChannelProgress): Promise<void>;
  remove(grantId: Hex): Promise<void>;
}

export const freshProgress = (channelId: Hex): ChannelProgress => ({
  channelId,
  sessionNo: 0n,
  signed: 0n,
  accrued: 0n,
  messages: 0,
  segments: 0,
  generation: 0,
  position: null,
  openedThrough: -1,
  writtenOff: 0n,
});

const BIGINT = /^(\d+)n$/;

/** Progress → text; bigints as "123n". */
export const progressToJson = (progress: ChannelProgress): string =>
  JSON.stringify(progress, (_, value) => (typeof value === "bigint" ? `${value}n` : value));

/** Text → progress; throws SyntaxError when it is not what progressToJson wrote. */
export const progressFromJson = (text: string): ChannelProgress =>
  JSON.parse(text, (_, value) => {
    const match = typeof value === "string" ? BIGINT.exec(value) : null;
    return match ? BigInt(match[1]!) : value;
  }) as ChannelProgress;

/** Numbers of a grant's commands, on disk before the command leaves; never one twice, also over two programs or a lost file. */
export interface CounterStore {
  /** Takes the next number: above every one before, and at least the clock's milliseconds. */
  next(grantId: Hex): Promise<bigint>;
}

/** The number behind `last`. The clock's part heals a store that was lost: it had been counting by the clock, too. */
export const counterAfter = (last: bigint): bigint => {
  const now = BigInt(Date.now());
  return last < now ? now : last + 1n;
};
