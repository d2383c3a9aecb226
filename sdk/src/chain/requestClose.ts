import type { Terms } from "../core/index.ts";
import { channelsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type RequestCloseParameters = {
  contracts: Contracts;
  /** What both sides accepted when the channel was opened. */
  terms: Terms;
};

export type RequestCloseReturnType = Sent & {
  /** Unix seconds from which `withdraw` works. */
  closeAt: number;
};

export type RequestCloseErrorType = ContractError;

/**
 * The payer begins to leave a channel: after the challenge the rest is his again.
 *
 * @throws ContractError named as in IChannels
 * @example
 * const { closeAt } = await requestClose(buyer, { contracts, terms });
 */
export async function requestClose(
  client: WriteClient,
  parameters: RequestCloseParameters,
): Promise<RequestCloseReturnType> {
  const { contracts, terms } = parameters;
  const { hash, receipt } = await write(client, {
    abi: channelsAbi,
    address: contracts.Channels,
    functionName: "requestClose",
    args: [terms],
  });
  const event = eventOf(receipt, contracts, "Channels", "ChannelClosing");
  return { hash, receipt, closeAt: event.closeAt };
}
