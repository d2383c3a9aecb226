import { type Hex, zeroAddress } from "viem";
import type { Terms } from "../core/index.ts";
import { channelsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type FundChannelForParameters = {
  contracts: Contracts;
  /** What both sides accepted when the channel was opened. */
  terms: Terms;
  /** Smallest token unit; native coin is sent along. */
  amount: bigint;
  /** The least that must arrive; default `amount`. Lower it only for tokens that take a fee. */
  minCredited?: bigint | undefined;
};

export type FundChannelForReturnType = Sent & {
  channelId: Hex;
  /** What was added to the deposit. */
  credited: bigint;
  /** The channel's total afterwards. */
  deposit: bigint;
};

export type FundChannelForErrorType = ContractError;

/**
 * Tops up anybody's channel with the client account's own money, which then belongs to the payer. Never cancels a close.
 *
 * @throws ContractError named as in IChannels
 * @example
 * const { channelId, credited } = await fundChannelFor(buyer, { contracts, terms, amount: parseEther("0.01") });
 */
export async function fundChannelFor(
  client: WriteClient,
  parameters: FundChannelForParameters,
): Promise<FundChannelForReturnType> {
  const { contracts, terms, amount, minCredited } = parameters;
  const { hash, receipt } = await write(client, {
    abi: channelsAbi,
    address: contracts.Channels,
    functionName: "fundFor",
    args: [terms, amount, minCredited ?? amount],
    value: terms.token === zeroAddress ? amount : 0n,
  });
  const event = eventOf(receipt, contracts, "Channels", "ChannelFunded");
  return { hash, receipt, channelId: event.channelId, credited: event.amount, deposit: event.deposit };
}
