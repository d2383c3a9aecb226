import type { Hex } from "viem";
import { channelsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ChannelState, ReadClient } from "./types.ts";

export type GetChannelParameters = { contracts: Contracts; channelId: Hex };

/** All zero if nobody ever funded it. */
export type GetChannelReturnType = ChannelState;

export type GetChannelErrorType = ContractError;

/**
 * A channel's slot: claimed, deposit, closeAt (0 = open), epoch.
 *
 * @throws ContractError
 * @example
 * const { claimed, deposit, closeAt } = await getChannel(client, { contracts, channelId });
 */
export async function getChannel(
  client: ReadClient,
  { contracts, channelId }: GetChannelParameters,
): Promise<GetChannelReturnType> {
  return read(client, {
    abi: channelsAbi,
    address: contracts.Channels,
    functionName: "channels",
    args: [channelId],
  });
}
