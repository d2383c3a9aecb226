// How deep a purchase must lie before it is served. A block that is replaced takes the purchase with it, and what was delivered is not paid.
import { zeroAddress } from "viem";
import type { Address } from "../core/index.ts";
import { LOCAL_CHAIN_ID } from "./local.ts";

/**
 * Blocks on top of the purchase's own before first service, by chain id. About what replaces blocks on each in ordinary times, with a margin;
 * an operator who wants more says so in his configuration. The same table for people: docs/limits.md.
 */
export const CONFIRMATIONS: Readonly<Record<number, number>> = {
  1: 6, // Ethereum: 72 s
  10: 10, // OP Mainnet, one sequencer: 20 s
  100: 12, // Gnosis: 60 s
  137: 64, // Polygon: has replaced long runs of blocks; about 2 min
  8453: 10, // Base, one sequencer: 20 s
  42161: 20, // Arbitrum One, one sequencer: 5 s
  84532: 10, // Base Sepolia
  11155111: 6, // Sepolia
  [LOCAL_CHAIN_ID]: 0, // nobody replaces blocks but a test
};

/** Of a chain that the table does not know. */
export const UNKNOWN_CHAIN_CONFIRMATIONS = 12;
/** A purchase worth at most this part of the listing's bond is served at once: its loss is smaller than the wait is annoying. */
export const UNCONFIRMED_BPS = 100;

/** What the programs may be told in place of the table. */
export type ConfirmationRules = { confirmations?: number | undefined; unconfirmedBps?: number | undefined };

/**
 * Blocks that must lie on top of a purchase before first service.
 *
 * @param p.amount what the purchase's escrow holds, smallest token unit; 0 for free plans and gifts
 * @param p.bond of the listing, wei. A token's worth in it is unknown, so whatever is paid in a token waits
 * @example
 * confirmationsFor({ chainId: 1, token, amount: 10n ** 14n, bond: 10n ** 16n }); // 0: it is 1 % of the bond
 */
export function confirmationsFor(
  p: { chainId: number; token: Address; amount: bigint; bond: bigint } & ConfirmationRules,
): number {
  const { chainId, token, amount, bond, confirmations, unconfirmedBps = UNCONFIRMED_BPS } = p;
  const isSmall =
    amount === 0n || (token === zeroAddress && amount * 10_000n <= bond * BigInt(unconfirmedBps));
  return isSmall ? 0 : (confirmations ?? CONFIRMATIONS[chainId] ?? UNKNOWN_CHAIN_CONFIRMATIONS);
}

/**
 * Blocks that a purchase still waits for: never more than it needs, also where the reader's head is behind the purchase's own block.
 *
 * @param p.block the purchase's block
 * @param p.head the newest block that the reader knows
 */
export function missingConfirmations(p: { needed: number; block: bigint; head: bigint }): number {
  const on = p.head > p.block ? Number(p.head - p.block) : 0;
  return Math.max(p.needed - on, 0);
}
