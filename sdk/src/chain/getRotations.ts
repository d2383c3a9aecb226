import type { Address, Hex } from "viem";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventsOf } from "./history.ts";
import type { ReadClient } from "./types.ts";

export type GetRotationsParameters = { contracts: Contracts; grantId: Hex; fromBlock?: bigint | undefined };

/** Oldest first; the last one's keys hold now. Empty: those of the purchase do. */
export type GetRotationsReturnType = { encryptionKey: Hex; signer: Address; block: bigint }[];

export type GetRotationsErrorType = ContractError;

/**
 * The keys that a grant's buyer named after its purchase: keys are sealed to the last `encryptionKey`, sessions signed by the last
 * `signer`. The voucher signer of a channel stays what its terms say.
 *
 * @throws ContractError
 * @example
 * const current = (await getRotations(client, { contracts, grantId })).at(-1) ?? purchase;
 */
export async function getRotations(
  client: ReadClient,
  { contracts, grantId, fromBlock }: GetRotationsParameters,
): Promise<GetRotationsReturnType> {
  const query = {
    contracts,
    contract: "Grants",
    eventName: "KeysRotated",
    args: { grantId },
    fromBlock,
  } as const;
  const events = await eventsOf(client, query);
  return events.map(({ args, blockNumber }) => ({
    encryptionKey: args.encryptionKey,
    signer: args.signer,
    block: blockNumber,
  }));
}
