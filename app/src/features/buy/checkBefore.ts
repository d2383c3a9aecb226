import type { Address, PublicClient } from "viem";
import type { WeirConfig } from "@/lib/config.ts";
import { indexerGet, type ListingDetail } from "@/lib/indexer.ts";
import { fetchHeads } from "@/lib/relays.ts";
import { RpcUnreachable } from "@/lib/rpc.ts";

export class ListingNotForSale extends Error {
  override readonly name = "ListingNotForSale";
  readonly state: string;
  constructor(state: string) {
    super(`the listing is ${state}`);
    this.state = state;
  }
}

/** The seller has changed the terms since they were shown. */
export class ListingRevised extends Error {
  override readonly name = "ListingRevised";
  constructor(shown: number, version: number) {
    super(`version ${shown} of the listing was shown; it is at version ${version} now`);
  }
}

export class RelaysUnreachable extends Error {
  override readonly name = "RelaysUnreachable";
  readonly asked: number;
  constructor(asked: number) {
    super(`none of the listing's relays answered (${asked} known here)`);
    this.asked = asked;
  }
}

export class BalanceTooLow extends Error {
  override readonly name = "BalanceTooLow";
  readonly balance: bigint;
  readonly needed: bigint;
  constructor(balance: bigint, needed: bigint) {
    super(`the account holds ${balance}, the purchase needs ${needed} and the fee`);
    this.balance = balance;
    this.needed = needed;
  }
}

/** Everything that can be known to fail before the wallet is asked: no money is put into a dead stream. */
export async function checkBefore(parameters: {
  config: WeirConfig;
  publicClient: PublicClient;
  listing: ListingDetail;
  /** Of the listing, as the buyer saw it when he chose. */
  version: number;
  buyer: Address;
  amount: bigint;
}): Promise<ListingDetail> {
  const { config, publicClient, listing, version, buyer, amount } = parameters;
  const fresh = await indexerGet<ListingDetail>(config.indexers, `/v1/listings/${listing.id}`);
  if (fresh.state !== "open") throw new ListingNotForSale(fresh.state);
  if (fresh.version !== version) throw new ListingRevised(version, fresh.version);
  const named = new Set(fresh.relays.map((operator) => operator.toLowerCase()));
  const relays = config.relays.filter((relay) => named.has(relay.operator.toLowerCase()));
  const { answered } = await fetchHeads(relays);
  if (answered === 0) throw new RelaysUnreachable(relays.length);
  const balance = await publicClient.getBalance({ address: buyer }).catch((cause: unknown) => {
    throw new RpcUnreachable(config.rpc, cause instanceof Error ? cause.message : String(cause));
  });
  // A token's balance was looked at by the form; the fee is paid in the chain's own coin all the same.
  const needed = /^0x0{40}$/i.test(listing.token) ? amount : 0n;
  if (balance <= needed) throw new BalanceTooLow(balance, needed);
  return fresh;
}
