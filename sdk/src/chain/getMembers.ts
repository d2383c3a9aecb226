import type { Address } from "viem";
import { hubsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventsOf, inBatches } from "./history.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

export type GetMembersParameters = { contracts: Contracts; hubId: bigint; fromBlock?: bigint | undefined };

/** Accounts with a role now, in the order in which they first got one; `roles` is a bitmap of `ROLES`. */
export type GetMembersReturnType = { account: Address; roles: number }[];

export type GetMembersErrorType = ContractError;

/**
 * Who holds a role in a hub. The owner appears only if he gave himself one.
 *
 * @throws ContractError
 * @example
 * const managers = (await getMembers(client, { contracts, hubId: 1n })).filter(({ roles }) => (roles & ROLES.MANAGER) !== 0);
 */
export async function getMembers(
  client: ReadClient,
  { contracts, hubId, fromBlock }: GetMembersParameters,
): Promise<GetMembersReturnType> {
  const query = { contracts, contract: "Hubs", eventName: "RolesSet", args: { hubId }, fromBlock } as const;
  const accounts = [...new Set((await eventsOf(client, query)).map(({ args }) => args.account))];
  const members = await inBatches(accounts, async (account) => {
    const call = { abi: hubsAbi, address: contracts.Hubs, args: [hubId, account] } as const;
    return { account, roles: await read(client, { ...call, functionName: "rolesOf" }) };
  });
  return members.filter(({ roles }) => roles !== 0);
}
