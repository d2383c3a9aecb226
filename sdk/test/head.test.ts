// A relay's word on where a stream stands: what its publisher signed holds; any altered field, another key, another deployment and
// anything of a wrong type is refused by name.
import { p256 } from "@noble/curves/nist.js";
import { describe, expect, it } from "vitest";
import {
  checkHead,
  encodeHeader,
  headMessage,
  hex,
  portableCrypto,
  segmentMessage,
} from "../src/core/index.ts";

const delivery = {
  chainId: 31337,
  hubs: `0x${"11".repeat(20)}`,
  grants: `0x${"22".repeat(20)}`,
  channels: `0x${"33".repeat(20)}`,
} as const;
const keyPair = () => {
  const secret = p256.utils.randomSecretKey();
  const point = p256.getPublicKey(secret, false);
  return { secret, publicKey: { x: hex(point.subarray(1, 33)), y: hex(point.subarray(33)) } };
};
const publisher = keyPair();
const stranger = keyPair();
const SEALED_AT = 1_800_000_000_000;

/** As a relay's `/v1/heads` gives it, signed by `by`. */
function itemOf({ by = publisher, listingId = 7n, seq = 3n } = {}) {
  const header = encodeHeader({
    listingId,
    generation: 1,
    epoch: 1_800_000_000,
    seq,
    sealedAtMs: SEALED_AT,
    messageCount: 4,
    bodyBytes: 100,
    ciphertextBytes: 116,
    flags: 0,
    publisherKeyId: 2,
    salt: new Uint8Array(16),
    prevHash: new Uint8Array(32),
    plaintextRoot: new Uint8Array(32),
    keyCommit: new Uint8Array(32),
    ciphertextRoot: new Uint8Array(32),
  });
  const signed = segmentMessage(delivery, header);
  const said = {
    listingId,
    generation: 1,
    nextSeq: seq + 1n,
    segmentId: portableCrypto.sha256(signed),
    atMs: SEALED_AT + 15_000,
  };
  const sign = (message: Uint8Array) => hex(portableCrypto.es256Sign(by.secret, message));
  return {
    listingId: String(listingId),
    header: hex(header),
    signature: sign(signed),
    headAtMs: said.atMs as number | null,
    headGeneration: 1,
    headNextSeq: String(said.nextSeq),
    headSegmentId: hex(said.segmentId),
    headKeyId: 2,
    headSignature: sign(headMessage(delivery, said)),
  };
}

const check = (item: unknown, more: Partial<Parameters<typeof checkHead>[0]> = {}) =>
  checkHead({
    delivery,
    listingId: 7n,
    keyOf: (keyId) => (keyId === 2 ? publisher.publicKey : undefined),
    item,
    ...more,
  });
const flipped = (text: string) => text.slice(0, -1) + (text.endsWith("0") ? "1" : "0");

describe("a head", () => {
  it("holds as its publisher signed it, and gives the header's own time", async () => {
    expect(await check(itemOf())).toEqual({
      listingId: 7n,
      generation: 1,
      epoch: 1_800_000_000,
      seq: 3n,
      sealedAtMs: SEALED_AT,
      headAtMs: SEALED_AT + 15_000,
    });
  });

  it("holds without a statement, which says nothing of a quiet stream", async () => {
    expect(await check({ ...itemOf(), headAtMs: null })).toMatchObject({ headAtMs: null });
  });

  it.each([
    ["header", (item: ReturnType<typeof itemOf>) => ({ header: flipped(item.header) }), "signature"],
    ["signature", (item: ReturnType<typeof itemOf>) => ({ signature: flipped(item.signature) }), "signature"],
    ["headAtMs", () => ({ headAtMs: SEALED_AT + 3_600_000 }), "headSignature"],
    ["headGeneration", () => ({ headGeneration: 2 }), "headSignature"],
    ["headNextSeq", () => ({ headNextSeq: "5" }), "headSignature"],
    [
      "headSegmentId",
      (item: ReturnType<typeof itemOf>) => ({ headSegmentId: flipped(item.headSegmentId) }),
      "headSignature",
    ],
    ["headKeyId", () => ({ headKeyId: 0 }), "headKeyId"],
    [
      "headSignature",
      (item: ReturnType<typeof itemOf>) => ({ headSignature: flipped(item.headSignature) }),
      "headSignature",
    ],
    ["listingId", () => ({ listingId: "8" }), "listingId"],
  ] as const)("with another %s is refused", async (_, change, field) => {
    const item = itemOf();
    await expect(check({ ...item, ...change(item) })).rejects.toMatchObject({ name: "SegmentError", field });
  });

  it("of another listing, a stranger or another deployment is refused", async () => {
    await expect(check(itemOf({ listingId: 8n }))).rejects.toMatchObject({ field: "listingId" });
    await expect(check(itemOf({ by: stranger }))).rejects.toMatchObject({ field: "signature" });
    await expect(check(itemOf(), { delivery: { ...delivery, chainId: 1 } })).rejects.toMatchObject({
      field: "signature",
    });
  });

  it("asks for the key at the moment that was signed, so that a revoked one ends with its revocation", async () => {
    const revokedAt = SEALED_AT + 1;
    const keyOf = (_: number, atMs: number) => (atMs < revokedAt ? publisher.publicKey : undefined);
    await expect(check(itemOf(), { keyOf })).rejects.toMatchObject({ field: "headKeyId" });
    expect(await check({ ...itemOf(), headAtMs: null }, { keyOf })).toMatchObject({ seq: 3n });
  });

  it.each([
    [null, "head"],
    ["text", "head"],
    [{}, "header"],
    [{ ...itemOf(), header: "0x" }, "header"],
    [{ ...itemOf(), header: 7 }, "header"],
    [{ ...itemOf(), signature: `0x${"ZZ".repeat(64)}` }, "signature"],
    [{ ...itemOf(), headAtMs: "now" }, "headAtMs"],
    [{ ...itemOf(), headAtMs: -1 }, "headAtMs"],
    [{ ...itemOf(), headAtMs: undefined }, "headAtMs"],
    [{ ...itemOf(), headGeneration: 2 ** 32 }, "headGeneration"],
    [{ ...itemOf(), headNextSeq: String(1n << 64n) }, "headNextSeq"],
    [{ ...itemOf(), headSegmentId: null }, "headSegmentId"],
    [{ ...itemOf(), headKeyId: 1.5 }, "headKeyId"],
    [{ ...itemOf(), headSignature: [] }, "headSignature"],
  ])("of a wrong shape is refused by name (%#)", async (item, field) => {
    await expect(check(item)).rejects.toMatchObject({ name: "SegmentError", field });
  });
});
