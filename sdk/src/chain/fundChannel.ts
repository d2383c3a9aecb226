import { type Hex, zeroAddress } from "viem";
import type { Terms } from "../core/index.ts";
import { channelsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type FundChannelParameters = {
  contracts: Contracts;
  /** What both sides accepted when the channel was opened. */
  terms: Terms;
  /** Smallest token unit; native coin is sent along. */
  amount: bigint;
  /** The least that must arrive; default `amount`. Lower it only for tokens that take a fee. */
  minCredited?: bigint | undefined;
};

export type FundChannelReturnType = Sent & {
  channelId: Hex;
  /** What was added to the deposit. */
  credited: bigint;
  /** The channel's total afterwards. */
  deposit: bigint;
};

export type FundChannelErrorType = ContractError;

/**
 * Opens the client account's own channel, or tops it up. A pending close is cancelled. A token needs an allowance to Channels first.
 *
 * @throws ContractError named as in IChannels
 * @example
 * const { channelId, credited } = await fundChannel(buyer, { contracts, terms, amount: parseEther("0.01") });
 */
export async function fundChannel(
  client: WriteClient,
  parameters: FundChannelParameters,
): Promise<FundChannelReturnType> {
  const { contracts, terms, amount, minCredited } = parameters;
  const { hash, receipt } = await write(client, {
    abi: channelsAbi,
    address: contracts.Channels,
    functionName: "fund",
    args: [terms, amount, minCredited ?? amount],
    value: terms.token === zeroAddress ? amount : 0n,
  });
  const event = eventOf(receipt, contracts, "Channels", "ChannelFunded");
  return { hash, receipt, channelId: event.channelId, credited: event.amount, deposit: event.deposit };
}
