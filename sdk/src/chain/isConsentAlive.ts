import { consentsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

export type IsConsentAliveParameters = { contracts: Contracts; listingId: bigint };

/** False for listings that never asked. */
export type IsConsentAliveReturnType = boolean;

export type IsConsentAliveErrorType = ContractError;

/**
 * Whether every subject has consented, nobody has withdrawn, and the window is open now.
 *
 * @throws ContractError
 * @example
 * const alive = await isConsentAlive(client, { contracts, listingId: 7n });
 */
export async function isConsentAlive(
  client: ReadClient,
  { contracts, listingId }: IsConsentAliveParameters,
): Promise<IsConsentAliveReturnType> {
  return read(client, {
    abi: consentsAbi,
    address: contracts.Consents,
    functionName: "isAlive",
    args: [listingId],
  });
}
