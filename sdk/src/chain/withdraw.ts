import type { Terms } from "../core/index.ts";
import { channelsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type WithdrawParameters = {
  contracts: Contracts;
  /** What both sides accepted when the channel was opened. */
  terms: Terms;
};

export type WithdrawReturnType = Sent & {
  /** What went back to the payer. */
  refund: bigint;
};

export type WithdrawErrorType = ContractError;

/**
 * After the challenge, sends everything that was not claimed back to the payer. Anyone may do it.
 *
 * @throws ContractError named as in IChannels
 * @example
 * const { refund } = await withdraw(anyone, { contracts, terms });
 */
export async function withdraw(
  client: WriteClient,
  parameters: WithdrawParameters,
): Promise<WithdrawReturnType> {
  const { contracts, terms } = parameters;
  const { hash, receipt } = await write(client, {
    abi: channelsAbi,
    address: contracts.Channels,
    functionName: "withdraw",
    args: [terms],
  });
  const event = eventOf(receipt, contracts, "Channels", "ChannelWithdrawn");
  return { hash, receipt, refund: event.refund };
}
