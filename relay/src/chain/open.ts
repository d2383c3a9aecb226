/** Open listings: what stands in the place of a grant while everybody may read. */
import { isOpenListing, ListingFlags, openGrantId, openPurchaseOf, Rights } from "@weir/sdk/core";
import { RefusedError } from "@weir/sdk/wire";
import type { Admission } from "./admission.ts";
import { GIVEN_KIND, type Grant } from "./load.ts";

export const isOpenGrant = ({ grantId, listingId }: Pick<Grant, "grantId" | "listingId">): boolean =>
  grantId.toLowerCase() === openGrantId(listingId);

/** The grant that nobody has to buy, as long as the listing is open. @throws RefusedError NoGrant, UnknownListing, ChainUnreachable */
export async function openGrant(admission: Admission, listingId: bigint): Promise<Grant> {
  const { terms, version } = await admission.listing(listingId);
  if (!isOpenListing(terms)) throw new RefusedError("NoGrant", "The listing is not open.");
  const { signer, ...stand } = openPurchaseOf(listingId, version);
  return {
    ...stand,
    signer,
    voucherSigner: signer,
    kind: GIVEN_KIND,
    rights: Rights.read,
    revokedAt: 0,
    personal: (terms.flags & ListingFlags.personalData) !== 0,
    block: 0n,
  };
}
