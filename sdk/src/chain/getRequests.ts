import type { Address, Hex } from "viem";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventsOf } from "./history.ts";
import type { ReadClient } from "./types.ts";

/** Of one listing, of one buyer, or both. */
export type GetRequestsParameters = {
  contracts: Contracts;
  listingId?: bigint | undefined;
  buyer?: Address | undefined;
  fromBlock?: bigint | undefined;
};

/** A buyer's newest request for a listing, and what became of it. */
export type AccessRequest = {
  listingId: bigint;
  buyer: Address;
  version: number;
  /** Sealed to the hub's key; `openNote` of core reads it. */
  note: Hex;
  state: "open" | "approved" | "declined";
  /** Of a declined one; "" otherwise. */
  reason: string;
  /** Of an approved one, unix seconds; 0 otherwise. */
  deadline: number;
  block: bigint;
  transactionHash: Hex;
};

/** Oldest first. */
export type GetRequestsReturnType = AccessRequest[];

export type GetRequestsErrorType = ContractError;

/**
 * Requests for restricted listings as they stand: the newest of each buyer and listing, with the answer that came after it.
 *
 * @throws ContractError
 * @example
 * const open = (await getRequests(client, { contracts, listingId: 7n })).filter(({ state }) => state === "open");
 */
export async function getRequests(
  client: ReadClient,
  { contracts, listingId, buyer, fromBlock }: GetRequestsParameters,
): Promise<GetRequestsReturnType> {
  const args = { ...(listingId === undefined ? {} : { listingId }), ...(buyer ? { buyer } : {}) };
  const from = { contracts, contract: "Grants", args, fromBlock } as const;
  const [asked, approved, declined] = await Promise.all([
    eventsOf(client, { ...from, eventName: "GrantRequested" }),
    eventsOf(client, { ...from, eventName: "RequestApproved" }),
    eventsOf(client, { ...from, eventName: "RequestDeclined" }),
  ]);
  const requests = new Map<string, AccessRequest>();
  const keyOf = (event: { args: { listingId: bigint; buyer: Address } }) =>
    `${event.args.listingId}/${event.args.buyer}`;
  const story = [...asked, ...approved, ...declined].sort(
    (a, b) => Number(a.blockNumber - b.blockNumber) || a.logIndex - b.logIndex,
  );
  for (const event of story) {
    if (event.eventName === "GrantRequested") {
      const { blockNumber: block, transactionHash } = event;
      const open = { ...event.args, state: "open", reason: "", deadline: 0, block, transactionHash } as const;
      requests.delete(keyOf(event)); // asked again: it goes to the end
      requests.set(keyOf(event), open);
      continue;
    }
    const request = requests.get(keyOf(event));
    if (!request) continue; // a seller may approve a buyer who never asked
    if (event.eventName === "RequestApproved")
      Object.assign(request, { state: "approved", deadline: event.args.deadline, reason: "" });
    else Object.assign(request, { state: "declined", reason: event.args.reason, deadline: 0 });
  }
  return [...requests.values()];
}
