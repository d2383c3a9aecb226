import { type Address, type Hex, zeroAddress } from "viem";
import { channelsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { ClaimCommon, Sent, TickRow, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type ClaimTicksParameters = {
  contracts: Contracts;
  /** The seller's side of the terms. */
  common: ClaimCommon;
  /** The rest of the terms, the tick voucher, and the revealed preimage. */
  row: TickRow;
  /** How many times `row.preimage` hashes to `row.tip`. */
  ticks: number;
  /** Heeded only if the client's account is the payee; default: keep the payout in the contract. */
  to?: Address | undefined;
};

export type ClaimTicksReturnType = Sent & {
  channelId: Hex;
  /** The channel's new total. */
  claimed: bigint;
};

export type ClaimTicksErrorType = ContractError;

/**
 * Turns one tick voucher and its revealed ticks into money: `base + ticks * tickValue`, at most the deposit.
 *
 * @throws ContractError named as in IChannels
 * @example
 * const { claimed } = await claimTicks(operator, { contracts, common, row, ticks: 512 });
 */
export async function claimTicks(
  client: WriteClient,
  parameters: ClaimTicksParameters,
): Promise<ClaimTicksReturnType> {
  const { contracts, common, row, ticks, to } = parameters;
  const { hash, receipt } = await write(client, {
    abi: channelsAbi,
    address: contracts.Channels,
    functionName: "claimTicks",
    args: [common, row, ticks, to ?? zeroAddress],
  });
  const event = eventOf(receipt, contracts, "Channels", "ChannelClaimed");
  return { hash, receipt, channelId: event.channelId, claimed: event.claimed };
}
