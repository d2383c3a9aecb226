import { type Address, parseEventLogs, zeroAddress } from "viem";
import { channelsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import type { ClaimCommon, ClaimRow, Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type ClaimParameters = {
  contracts: Contracts;
  /** The seller's side of the terms, the same for all rows. */
  common: ClaimCommon;
  /** One voucher each. Rows of one channel in rising order. */
  rows: readonly ClaimRow[];
  /** Heeded only if the client's account is the payee; default: keep the payout in the contract. */
  to?: Address | undefined;
};

export type ClaimReturnType = Sent & {
  /** New total of each channel that paid, in the order of the rows. */
  claimed: { channelId: `0x${string}`; claimed: bigint }[];
  /** Rows that moved nothing. Reason 0: nothing new, 1: wrong signature. */
  skipped: { channelId: `0x${string}`; reason: number }[];
};

export type ClaimErrorType = ContractError;

/**
 * Turns vouchers of many channels of one seller into one payout. A row that is wrong or stale is skipped.
 *
 * @throws ContractError named as in IChannels
 * @example
 * const { claimed, skipped } = await claim(operator, { contracts, common, rows });
 */
export async function claim(client: WriteClient, parameters: ClaimParameters): Promise<ClaimReturnType> {
  const { contracts, common, rows, to } = parameters;
  const { hash, receipt } = await write(client, {
    abi: channelsAbi,
    address: contracts.Channels,
    functionName: "claim",
    args: [common, rows, to ?? zeroAddress],
  });
  const logs = receipt.logs.filter((log) => log.address.toLowerCase() === contracts.Channels.toLowerCase());
  const events = parseEventLogs({ abi: channelsAbi, logs, eventName: ["ChannelClaimed", "ClaimSkipped"] });
  return {
    hash,
    receipt,
    claimed: events.flatMap((event) => (event.eventName === "ChannelClaimed" ? [event.args] : [])),
    skipped: events.flatMap((event) => (event.eventName === "ClaimSkipped" ? [event.args] : [])),
  };
}
