// Open listings: read by everybody, without a purchase, on the path of every other reader. Their root is sealed to a key that everybody has.
import { x25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { type Bytes, type Hex, hex, label, uint } from "./bytes.ts";
import {
  FOREVER,
  ListingFlags,
  type ListingTerms,
  type Plan,
  PlanKind,
  Rights,
  ZERO_ADDRESS,
  ZERO_HASH,
} from "./listing.ts";

/** The pair that everybody has: sealing to it is publishing, with the publisher's signature under it. */
const encryptionPrivateKey = sha256(label("weir/open/1")) as Bytes;
export const OPEN_KEYS: { encryptionPrivateKey: Bytes; encryptionKey: Hex } = {
  encryptionPrivateKey,
  encryptionKey: hex(x25519.getPublicKey(encryptionPrivateKey)),
};

/** Stands where a grant's id stands. No grant has it: theirs are hashes. */
export const openGrantId = (listingId: bigint): Hex => hex(uint(listingId, 32));

/** Whether everybody may read. A listing that sells by approval says no to somebody, so it is not open whatever else it says. */
export const isOpenListing = ({ flags }: Pick<ListingTerms, "flags">): boolean =>
  (flags & ListingFlags.open) !== 0 && (flags & ListingFlags.restricted) === 0;

/** Nothing is paid, whatever the listing's plans say. */
export const OPEN_PLAN: Plan = {
  kind: PlanKind.free,
  rights: Rights.read,
  price: 0n,
  unit: 1n,
  period: 0,
  upfront: 0n,
  entry: 0n,
  maxWindow: FOREVER,
  notice: 0,
  promoPrice: 0n,
  promoUntil: 0,
};

/** What stands in the place of a purchase. */
export const openPurchaseOf = (listingId: bigint, version: number) => ({
  listingId,
  version,
  plan: 0,
  buyer: ZERO_ADDRESS,
  signer: ZERO_ADDRESS,
  encryptionKey: OPEN_KEYS.encryptionKey,
  buyerSalt: ZERO_HASH,
  notBefore: 0,
  notAfter: FOREVER,
  market: ZERO_ADDRESS,
  grantId: openGrantId(listingId),
  paymentId: ZERO_HASH,
});
