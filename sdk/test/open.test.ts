// Open listings: the pair that everybody has, the id that no grant has, and a root that opens every epoch.
import { expect, test } from "vitest";
import { publisherKey } from "../../test/support/market.ts";
import {
  coverKeys,
  createSealer,
  createUnsealer,
  type Delivery,
  epochKey,
  grantId,
  hex,
  isOpenListing,
  KeyRing,
  ListingFlags,
  OPEN_KEYS,
  openGrantId,
  openPurchaseOf,
  SESSION_ID_BYTES,
  SealPurpose,
  ZERO_HASH,
} from "../src/core/index.ts";
import { nativeCrypto } from "../src/core/native.ts";

const EVERYBODY = "0xbdd08dfa2638e2657f8e5e4f9cb4fd9bcdb151b44413b3d389f185c57a48801e";
const delivery: Delivery = {
  chainId: 31337,
  hubs: `0x${"11".repeat(20)}`,
  grants: `0x${"22".repeat(20)}`,
  channels: `0x${"33".repeat(20)}`,
};

test("the pair is fixed for ever: another one would lock out every reader there is", () => {
  expect(OPEN_KEYS.encryptionKey).toBe(EVERYBODY);
  expect(openGrantId(7n)).toBe(`0x${"00".repeat(31)}07`);
  expect(grantId(7n, openPurchaseOf(7n, 1).buyer, ZERO_HASH)).not.toBe(openGrantId(7n));
});

test("open, unless it is sold by approval", () => {
  expect(isOpenListing({ flags: ListingFlags.open })).toBe(true);
  expect(isOpenListing({ flags: 0 })).toBe(false);
  expect(isOpenListing({ flags: ListingFlags.open | ListingFlags.restricted })).toBe(false);
});

test("the root, sealed to everybody, opens any epoch of its generation", async () => {
  const { privateKey, ...point } = await publisherKey();
  const { d } = await crypto.subtle.exportKey("jwk", privateKey);
  const secret = new Uint8Array(32).fill(9);
  const { buyer, encryptionKey } = openPurchaseOf(7n, 1);
  const purpose = SealPurpose.cover;
  const sessionId = new Uint8Array(SESSION_ID_BYTES);
  const context = { delivery, listingId: 7n, generation: 5, buyer, encryptionKey, purpose, sessionId };
  const publisherPrivateKey = new Uint8Array(Buffer.from(d!, "base64url"));
  const sealer = await createSealer(nativeCrypto, { ...context, publisherKeyId: 0, publisherPrivateKey });
  const last = 2 ** 32 - 1;
  const seal = await sealer.seal(0, last, coverKeys(nativeCrypto, secret, 0, last));
  const unsealer = createUnsealer(nativeCrypto, { ...context, privateKey: OPEN_KEYS.encryptionPrivateKey });
  const ring = new KeyRing(nativeCrypto);
  ring.addCover(0, last, await unsealer.unseal(seal, point));
  for (const epoch of [0, 1_700_000_000, last])
    expect(hex(ring.keyFor(epoch)!)).toBe(hex(epochKey(nativeCrypto, secret, epoch)));
});
