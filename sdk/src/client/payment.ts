// How a purchase is paid for, from the chain alone: the escrow's terms, which every call on it needs, and how it stands.
import { getChainId } from "viem/actions";
import {
  type ChannelState,
  type Contracts,
  type GetPurchaseReturnType,
  getChannel,
  getListing,
  getSubscription,
  type ReadClient,
} from "../chain/index.ts";
import {
  deriveTerms,
  isMetered,
  isTimed,
  type ListingTerms,
  type Plan,
  type SubscriptionSlot,
  type SubscriptionTerms,
  subscriptionTermsOf,
  type Terms,
} from "../core/index.ts";

/** Amounts in the smallest token unit, times in unix seconds. */
export type Payment = { listing: ListingTerms; plan: Plan } & (
  | { kind: "channel"; terms: Terms; slot: ChannelState }
  | { kind: "subscription"; terms: SubscriptionTerms; slot: SubscriptionSlot }
  | { kind: "free" }
);

/**
 * The payment behind a purchase.
 *
 * @throws ContractError
 * @example
 * const payment = await paymentOf(client, { contracts, purchase: await getPurchase(client, { contracts, grantId }) });
 * if (payment.kind === "channel") await requestClose(buyer, { contracts, terms: payment.terms });
 */
export async function paymentOf(
  client: ReadClient,
  p: { contracts: Contracts; purchase: GetPurchaseReturnType; fromBlock?: bigint | undefined },
): Promise<Payment> {
  const { contracts, purchase, fromBlock } = p;
  const { listingId, version, paymentId } = purchase;
  const { terms: listing } = await getListing(client, { contracts, listingId, version, fromBlock });
  const plan = listing.plans[purchase.plan]!;
  if (isMetered(plan)) {
    const slot = await getChannel(client, { contracts, channelId: paymentId });
    return { kind: "channel", listing, plan, terms: deriveTerms(listing, purchase), slot };
  }
  if (!isTimed(plan)) return { kind: "free", listing, plan };
  const terms = subscriptionTermsOf(listing, purchase, {
    chainId: client.chain?.id ?? (await getChainId(client)),
    subscriptions: contracts.Subscriptions,
    grants: contracts.Grants,
  });
  const slot = await getSubscription(client, { contracts, subscriptionId: paymentId });
  return { kind: "subscription", listing, plan, terms, slot };
}
