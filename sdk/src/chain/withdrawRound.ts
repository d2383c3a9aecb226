import { consentsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type WithdrawRoundParameters = {
  contracts: Contracts;
  listingId: bigint;
};

export type WithdrawRoundReturnType = Sent & {
  round: number;
};

export type WithdrawRoundErrorType = ContractError;

/**
 * Withdraws the newest round as a whole. The listing is suspended until another one is complete.
 *
 * @throws ContractError named as in IConsents
 * @example
 * await withdrawRound(manager, { contracts, listingId: 7n });
 */
export async function withdrawRound(
  client: WriteClient,
  parameters: WithdrawRoundParameters,
): Promise<WithdrawRoundReturnType> {
  const { contracts, listingId } = parameters;
  const { hash, receipt } = await write(client, {
    abi: consentsAbi,
    address: contracts.Consents,
    functionName: "withdrawRound",
    args: [listingId],
  });
  const event = eventOf(receipt, contracts, "Consents", "RoundWithdrawn");
  return { hash, receipt, round: event.round };
}
