import type { Address } from "viem";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventsOf } from "./history.ts";
import type { Purchase, ReadClient } from "./types.ts";

export type GetApprovalParameters = {
  contracts: Contracts;
  listingId: bigint;
  buyer: Address;
  /** Of the listing, to be bought. */
  version: number;
  fromBlock?: bigint | undefined;
};

/** As a purchase carries it; null if none was published. It may have lapsed: compare `deadline`. */
export type GetApprovalReturnType = Purchase["approval"] | null;

export type GetApprovalErrorType = ContractError;

/**
 * The newest approval that was published for a buyer of a restricted listing.
 *
 * @throws ContractError
 * @example
 * const approval = await getApproval(client, { contracts, listingId: 7n, buyer, version: 1 });
 * if (approval) await buy(wallet, { contracts, purchase: { ...purchase, approval } });
 */
export async function getApproval(
  client: ReadClient,
  { contracts, listingId, buyer, version, fromBlock }: GetApprovalParameters,
): Promise<GetApprovalReturnType> {
  const query = {
    contracts,
    contract: "Grants",
    eventName: "RequestApproved",
    args: { listingId, buyer },
    fromBlock,
  } as const;
  const found = (await eventsOf(client, query)).findLast(({ args }) => args.version === version);
  if (!found) return null;
  const { manager, deadline, signature } = found.args;
  return { manager, deadline, signature };
}
