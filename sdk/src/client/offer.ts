// A seller's listing with everything usual filled in: who says only what he sells and for how much gets terms that the chain takes.
import {
  ContractError,
  type Contracts,
  type CreateListingReturnType,
  createListing,
  getHub,
  getPublisherKeys,
  type WriteClient,
} from "../chain/index.ts";
import {
  type Address,
  agreementHash,
  agreementText,
  FOREVER,
  isMetered,
  type ListingDescription,
  type ListingTerms,
  listingMetadata,
  metadataHash,
  type Plan,
  PlanKind,
  Rights,
  ZERO_ADDRESS,
  ZERO_HASH,
} from "../core/index.ts";

const SEGMENT = { flushMs: 50, maxMessages: 256, maxBytes: 64 * 1024 };
const CHALLENGE_SECONDS = 86_400;
/** Of metered plans, whose keys go out epoch by epoch, and of all others. */
const METERED_EPOCH_SECONDS = 1;
const OTHER_EPOCH_SECONDS = 60;

/**
 * A plan that sells single messages; `price` in the smallest token unit. The entry is the least that the chain takes: two of the largest
 * segments.
 */
export const messagePlan = (price: bigint, segment: ListingTerms["segment"] = SEGMENT): Plan => ({
  kind: PlanKind.message,
  rights: Rights.read,
  price,
  unit: 1n,
  period: 0,
  upfront: 0n,
  entry: 2n * price * BigInt(segment.maxMessages),
  maxWindow: FOREVER,
  notice: 0,
  promoPrice: 0n,
  promoUntil: 0,
});

export type OfferListingParameters = {
  contracts: Contracts;
  hubId: bigint;
  /** What is sold. Its agreement follows from the flags in `terms`. */
  description: Omit<ListingDescription, "agreement">;
  plans: readonly Plan[];
  /** Operators of the relays that carry it. */
  relays: readonly Address[];
  /** Whatever is not to be as usual. */
  terms?: Partial<ListingTerms>;
};

/**
 * Puts a stream of a hub on sale. Payee and operator are the hub's payout and its newest gateway.
 *
 * @throws ContractError named as in IListings; `PublisherKeyUnknown` for a hub without a gateway
 * @example
 * const { listingId } = await offerListing(manager, { contracts, hubId: 1n, description, plans: [messagePlan(10n ** 11n)], relays });
 */
export async function offerListing(
  wallet: WriteClient,
  p: OfferListingParameters,
): Promise<CreateListingReturnType & { terms: ListingTerms; metadata: string }> {
  const { contracts, hubId, plans } = p;
  const [{ payout }, keys] = await Promise.all([
    getHub(wallet, { contracts, hubId }),
    getPublisherKeys(wallet, { contracts, hubId }),
  ]);
  const key = keys.findLast(({ revokedAt }) => revokedAt === 0);
  if (key === undefined)
    throw new ContractError("PublisherKeyUnknown", [hubId], `Hub ${hubId} has no gateway.`);
  const agreement = agreementText(p.terms?.flags ?? 0);
  const metadata = listingMetadata({ ...p.description, agreement });
  const terms: ListingTerms = {
    hubId,
    payee: payout,
    operator: key.account,
    token: ZERO_ADDRESS,
    plans,
    relays: p.relays,
    relayBps: 0,
    markets: [],
    marketBps: 0,
    challenge: CHALLENGE_SECONDS,
    epochLength: plans.some(isMetered) ? METERED_EPOCH_SECONDS : OTHER_EPOCH_SECONDS,
    segment: SEGMENT,
    historyDepth: 0,
    saleUntil: 0,
    termsHash: agreementHash(agreement),
    flags: 0,
    attestationSchema: ZERO_HASH,
    attester: ZERO_ADDRESS,
    arbiter: ZERO_ADDRESS,
    metadataHash: metadataHash(metadata),
    ...p.terms,
  };
  return { ...(await createListing(wallet, { contracts, hubId, terms, metadata })), terms, metadata };
}
