import { getBlock, getChainId } from "viem/actions";
import {
  grantId as grantIdOf,
  mostTopUp,
  type SubscriptionTerms,
  subscriptionId as subscriptionIdOf,
  toppedUpUntil,
} from "../core/index.ts";
import type { Contracts } from "./deployments.ts";
import { ContractError, contractError } from "./errors.ts";
import { getGrant } from "./getGrant.ts";
import { getSubscription } from "./getSubscription.ts";
import { nowTag } from "./local.ts";
import type { ReadClient } from "./types.ts";

export type RequireWithinGrantParameters = {
  contracts: Contracts;
  terms: SubscriptionTerms;
  /** Smallest token unit; what is to be added. */
  amount: bigint;
};

export type RequireWithinGrantReturnType = undefined;

export type RequireWithinGrantErrorType = ContractError;

const refuse = (error: unknown): never => {
  throw contractError(error);
};

/**
 * Looks whether a top-up pays for no more time than its purchase lasts. Grants asks that at the purchase; a top-up goes to Subscriptions, which
 * knows no grants, and what it pays for beyond the end would vest to the seller for nothing. A subscription without a grant has no end.
 *
 * @throws ContractError `PaidBeyondWindow` with the stop it would have and the purchase's end; those of reading
 * @example
 * await requireWithinGrant(client, { contracts, terms, amount });
 */
export async function requireWithinGrant(
  client: ReadClient,
  { contracts, terms, amount }: RequireWithinGrantParameters,
): Promise<RequireWithinGrantReturnType> {
  const chainId = client.chain?.id ?? (await getChainId(client).catch(refuse));
  const subscriptionId = subscriptionIdOf({ chainId, subscriptions: contracts.Subscriptions }, terms);
  const grantId = grantIdOf(terms.listingId, terms.payer, subscriptionId);
  const { listingId, notAfter, revokedAt } = await getGrant(client, { contracts, grantId });
  if (listingId === 0n) return;
  const end = revokedAt === 0 ? notAfter : Math.min(revokedAt, notAfter);
  const slot = await getSubscription(client, { contracts, subscriptionId });
  const block = await getBlock(client, { blockTag: nowTag(client) }).catch(refuse);
  const time = Number(block.timestamp);
  const most = mostTopUp(terms, slot, { time, end });
  if (most === undefined || amount <= most) return;
  throw new ContractError(
    "PaidBeyondWindow",
    [toppedUpUntil(terms, slot, amount, time), end],
    `The purchase ends at ${end}, until when at most ${most} can be added.`,
  );
}
