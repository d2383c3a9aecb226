import { type Contracts, getListing, getPurchase, getSubscription, type WriteClient } from "@weir/sdk/chain";
import { deriveSubscriptionTerms, isTimed, type SubscriptionTerms } from "@weir/sdk/core";
import type { Address, Hex } from "viem";
import { getBlock } from "viem/actions";

/**
 * What revokeGrant needs to stop and refund a running subscription in the same call: its terms, derived from the purchase as the contract
 * derived them. undefined for channels, free grants, gifts, and subscriptions that are over.
 */
export async function runningSubscription(
  client: WriteClient,
  contracts: Contracts,
  grant: { grantId: Hex; given: boolean },
): Promise<{ terms: SubscriptionTerms; relays: readonly Address[] } | undefined> {
  if (grant.given) return undefined;
  const bought = await getPurchase(client, { contracts, grantId: grant.grantId });
  const { listingId, version } = bought;
  const { terms } = await getListing(client, { contracts, listingId, version });
  const plan = terms.plans[bought.plan];
  if (!plan || !isTimed(plan)) return undefined;
  const [block, slot] = await Promise.all([
    getBlock(client, { blockNumber: bought.block }),
    getSubscription(client, { contracts, subscriptionId: bought.paymentId }),
  ]);
  const { timestamp } = await getBlock(client);
  if (slot.stop <= Number(timestamp)) return undefined;
  const time = Number(block.timestamp);
  return {
    terms: deriveSubscriptionTerms(terms, bought, { time, grants: contracts.Grants }),
    relays: terms.relays,
  };
}
