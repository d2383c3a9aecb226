import type { Terms } from "../core/index.ts";
import { channelsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type CancelCloseParameters = {
  contracts: Contracts;
  /** What both sides accepted when the channel was opened. */
  terms: Terms;
};

export type CancelCloseReturnType = Sent;

export type CancelCloseErrorType = ContractError;

/**
 * The payer takes his request to close back.
 *
 * @throws ContractError named as in IChannels
 * @example
 * await cancelClose(buyer, { contracts, terms });
 */
export async function cancelClose(
  client: WriteClient,
  parameters: CancelCloseParameters,
): Promise<CancelCloseReturnType> {
  const { contracts, terms } = parameters;
  const { hash, receipt } = await write(client, {
    abi: channelsAbi,
    address: contracts.Channels,
    functionName: "cancelClose",
    args: [terms],
  });
  return { hash, receipt };
}
