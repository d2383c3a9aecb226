// The byte layouts of docs/protocol as the code makes them, with fixed keys and values: test/vectors/delivery.json and frames.json. What a layout
// is put together from is written down here a second time; where the code makes other bytes of it, this throws.

import * as core from "@weir/sdk/core";
import { HEADER_BYTES, type Hex, hex, SIGNATURE_BYTES, TAG_BYTES } from "@weir/sdk/core";
import { decodeFrame, frameRules } from "@weir/sdk/wire";
import { honestFrames } from "../../test/support/frames.ts";

/** `sizes`: what the letters of the page's table stand for here. `gives`: what the bytes are hashed, keyed or signed to. */
export type Layout = {
  name: string;
  sizes: Record<string, number>;
  fields: [name: string, value: Hex][];
  bytes: Hex;
  gives?: Record<string, Hex>;
};

const crypto = core.portableCrypto;
const fill = (byte: number, length: number): core.Bytes => new Uint8Array(length).fill(byte);
const { uint, utf8, concat } = core;
const text = (value: string): core.Bytes => concat(Uint8Array.of(value.length), utf8(value));

const delivery: core.Delivery = {
  chainId: 31337,
  hubs: hex(fill(1, 20)),
  grants: hex(fill(2, 20)),
  channels: hex(fill(3, 20)),
};
const chainId = uint(31337, 32);
const hubs = fill(1, 20);
const grants = fill(2, 20);
const LISTING = 7n;
const NOW = 1_800_000_000;

function layout(
  name: string,
  fields: [string, Uint8Array][],
  made: Uint8Array,
  more: { sizes?: Record<string, number>; gives?: Record<string, Uint8Array> } = {},
): Layout {
  const bytes = concat(...fields.map(([, value]) => value));
  if (hex(bytes) !== hex(made)) throw new Error(`${name}: the code makes ${hex(made)}, not ${hex(bytes)}`);
  return {
    name,
    sizes: more.sizes ?? {},
    fields: fields.map(([field, value]) => [field, hex(value)]),
    bytes: hex(bytes),
    ...(more.gives
      ? { gives: Object.fromEntries(Object.entries(more.gives).map(([key, value]) => [key, hex(value)])) }
      : {}),
  };
}

/** Bytes that the code only hashes: what comes of them has to be what the code says. */
function hashed(
  name: string,
  fields: [string, Uint8Array][],
  of: (bytes: core.Bytes) => Uint8Array,
  gives: [string, Uint8Array],
  sizes: Record<string, number> = {},
): Layout {
  const bytes = concat(...fields.map(([, value]) => value));
  if (hex(of(bytes)) !== hex(gives[1])) throw new Error(`${name}: the code has another ${gives[0]}`);
  return layout(name, fields, bytes, { sizes, gives: { [gives[0]]: gives[1] } });
}

/** @throws Error where the code and what is written here disagree */
export async function deliveryVectors(): Promise<Layout[]> {
  const publisherKey = fill(12, 32);
  const salt = fill(13, 16);
  const prevHash = fill(10, 32);
  const secret = core.streamSecret(fill(9, 32), delivery, LISTING, NOW);
  const epochKey = core.epochKey(crypto, secret, NOW);
  const payload = utf8('{"pm25":11.5}');
  const messages = [{ device: "probe", topic: "air", timeMs: NOW * 1000, payload }];
  const sealed = await core.sealSegment(crypto, {
    delivery,
    publisherPrivateKey: publisherKey,
    publisherKeyId: 2,
    epochKey,
    listingId: LISTING,
    generation: NOW,
    epoch: NOW,
    seq: 9n,
    sealedAtMs: NOW * 1000,
    prevHash,
    salt,
    messages,
    pad: true,
  });
  const { header } = sealed;
  const headerBytes = core.encodeHeader(header);
  const signature = sealed.bytes.slice(HEADER_BYTES, HEADER_BYTES + SIGNATURE_BYTES);
  const sealedBody = sealed.bytes.slice(HEADER_BYTES + SIGNATURE_BYTES);
  const ciphertext = sealedBody.slice(0, -TAG_BYTES);
  const tag = sealedBody.slice(-TAG_BYTES);
  const { body } = core.encodeBody(crypto, messages, { pad: true });
  const item = core.encodeBody(crypto, messages).body.slice(12);
  const segmentKey = core.segmentKeyOf(crypto, epochKey, header);
  const segmentMessage = core.segmentMessage(delivery, headerBytes);
  const leafSalt = crypto.hmac(segmentKey, concat(text("weir/leaf"), uint(0, 4)));

  const buyer = fill(20, 20);
  const encryptionKey = fill(21, 32);
  const sessionId = fill(22, 16);
  const info = core.sealInfo(crypto, {
    delivery,
    listingId: LISTING,
    generation: NOW,
    buyer: hex(buyer),
    encryptionKey: hex(encryptionKey),
    purpose: core.SealPurpose.session,
    sessionId,
  });
  const aad = core.sealAad(4n, NOW, NOW + 1);
  const enc = fill(23, 32);
  const ct = fill(24, 48);
  const peer = (byte: number) => concat(Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20), fill(byte, 32));
  const paymentId = fill(26, 32);
  const connect = {
    chainId: 31337,
    contract: delivery.grants,
    relayPeer: peer(27),
    ownPeer: peer(28),
    relayNonce: fill(29, 32),
    listingId: LISTING,
    paymentId: hex(paymentId),
    expiry: NOW,
  };
  const sessionDigest = core.sessionDigest(delivery, {
    channelId: hex(paymentId),
    sessionNo: 3n,
    relay: hex(fill(5, 20)),
    generation: NOW,
    fromSeq: 9n,
    baseTotal: 10n ** 15n,
    expiry: NOW,
  });
  const wrongBase = core.wrongBaseMessage(sessionDigest, {
    ...{ generation: NOW, fromSeq: 9n, baseTotal: 10n ** 15n },
  });
  const keys = concat(fill(14, 32), fill(15, 32));
  const leaves = [crypto.sha256(fill(1, 1)), crypto.sha256(fill(2, 1))];
  const publisher = (message: Uint8Array) => ({
    signature: crypto.es256Sign(publisherKey, message),
  });
  const { listingId, generation } = { listingId: uint(LISTING, 8), generation: uint(NOW, 4) };

  return [
    layout(
      "header",
      [
        ["version", uint(1, 1)],
        ["listingId", listingId],
        ["generation", generation],
        ["epoch", uint(NOW, 4)],
        ["seq", uint(9, 8)],
        ["sealedAtMs", uint(NOW * 1000, 8)],
        ["messageCount", uint(1, 4)],
        ["bodyBytes", uint(body.length, 4)],
        ["ciphertextBytes", uint(body.length + 16, 4)],
        ["flags", uint(2, 2)],
        ["publisherKeyId", uint(2, 4)],
        ["salt", salt],
        ["prevHash", prevHash],
        ["plaintextRoot", core.plaintextRoot(crypto, body, segmentKey)],
        ["keyCommit", core.keyCommitOf(crypto, segmentKey)],
        ["ciphertextRoot", core.ciphertextRoot(crypto, sealedBody)],
      ],
      headerBytes,
    ),
    layout(
      "segment",
      [
        ["header", headerBytes],
        ["signature", signature],
        ["ciphertext", ciphertext],
        ["tag", tag],
      ],
      sealed.bytes,
      { sizes: { b: body.length } },
    ),
    layout(
      "segment message",
      [
        ["label", text("weir/segment/1")],
        ["chainId", chainId],
        ["hubs", hubs],
        ["header", headerBytes],
      ],
      segmentMessage,
      { gives: { segmentId: sealed.segmentId, signature } },
    ),
    layout(
      "body",
      [
        ["magic", utf8("WEIR")],
        ["messageCount", uint(1, 4)],
        ["inflatedBytes", uint(item.length, 4)],
        ["messages", item],
        ["padding", fill(0, 256 - 12 - item.length)],
      ],
      body,
      { sizes: { m: item.length, p: 256 - 12 - item.length } },
    ),
    hashed(
      "segment key",
      [
        ["label", text("weir/key")],
        ["generation", generation],
        ["seq", uint(9, 8)],
        ["salt", salt],
      ],
      (bytes) => crypto.hmac(epochKey, bytes),
      ["segmentKey", segmentKey],
    ),
    hashed(
      "key commitment",
      [
        ["label", text("weir/commit")],
        ["segmentKey", segmentKey],
      ],
      (bytes) => crypto.sha256(bytes),
      ["keyCommit", header.keyCommit],
    ),
    hashed(
      "leaf",
      [
        ["kind", uint(0, 1)],
        ["index", uint(0, 4)],
        ["length", uint(body.length, 2)],
        ["salt", leafSalt],
        ["chunk", body],
      ],
      (bytes) => crypto.sha256(bytes),
      ["plaintextRoot", header.plaintextRoot], // a body of one chunk is its own root
      { s: 32, c: body.length },
    ),
    hashed(
      "leaf salt",
      [
        ["label", text("weir/leaf")],
        ["index", uint(0, 4)],
      ],
      (bytes) => crypto.hmac(segmentKey, bytes),
      ["salt", leafSalt],
    ),
    hashed(
      "node",
      [
        ["kind", uint(1, 1)],
        ["left", leaves[0]!],
        ["right", leaves[1]!],
      ],
      (bytes) => crypto.sha256(bytes),
      ["root", core.merkleRoot(crypto, leaves)],
    ),
    layout(
      "stream secret",
      [
        ["label", text("weir/stream/1")],
        ["chainId", chainId],
        ["hubs", hubs],
        ["listingId", listingId],
        ["generation", generation],
      ],
      core.streamSecretInfo(delivery, LISTING, NOW),
      { gives: { streamSecret: secret, epochKey } },
    ),
    layout(
      "seal info",
      [
        ["kem", uint(0x20, 2)],
        ["kdf", uint(1, 2)],
        ["aead", uint(2, 2)],
        ["chainId", chainId],
        ["grants", grants],
        ["listingId", listingId],
        ["generation", generation],
        ["buyer", buyer],
        ["encryptionKeyHash", crypto.sha256(encryptionKey)],
        ["purpose", uint(1, 1)],
        ["sessionId", sessionId],
      ],
      info,
    ),
    layout(
      "seal aad",
      [
        ["n", uint(4, 8)],
        ["epochFrom", uint(NOW, 4)],
        ["epochTo", uint(NOW + 1, 4)],
      ],
      aad,
    ),
    layout(
      "seal message",
      [
        ["label", text("weir/seal/1")],
        ["infoBytes", uint(info.length, 4)],
        ["info", info],
        ["encBytes", uint(32, 4)],
        ["enc", enc],
        ["aadBytes", uint(16, 4)],
        ["aad", aad],
        ["ctBytes", uint(ct.length, 4)],
        ["ct", ct],
      ],
      core.sealMessage(info, enc, aad, ct),
      { sizes: { c: ct.length }, gives: publisher(core.sealMessage(info, enc, aad, ct)) },
    ),
    layout(
      "connect",
      [
        ["label", text("weir/connect/1")],
        ["chainId", chainId],
        ["contract", grants],
        ["relayPeerBytes", uint(38, 4)],
        ["relayPeer", peer(27)],
        ["ownPeerBytes", uint(38, 4)],
        ["ownPeer", peer(28)],
        ["relayNonce", fill(29, 32)],
        ["listingId", listingId],
        ["paymentId", paymentId],
        ["expiry", uint(NOW, 5)],
      ],
      core.connectMessage(connect),
      {
        sizes: { p: 38, q: 38 },
        gives: {
          buyersSignature: crypto.signSecp(fill(11, 32), crypto.sha256(core.connectMessage(connect))),
        },
      },
    ),
    layout(
      "session-ack",
      [
        ["label", text("weir/session-ack/1")],
        ["sessionDigest", sessionDigest],
      ],
      core.sessionAckMessage(sessionDigest),
      { gives: publisher(core.sessionAckMessage(sessionDigest)) },
    ),
    layout(
      "wrong-base",
      [
        ["label", text("weir/wrong-base/1")],
        ["sessionDigest", sessionDigest],
        ["generation", uint(NOW, 4)],
        ["fromSeq", uint(9, 8)],
        ["baseTotal", uint(10n ** 15n, 12)],
      ],
      wrongBase,
      { gives: publisher(wrongBase) },
    ),
    statement("head", "weir/head/1", [
      ["nextSeq", uint(10, 8)],
      ["segmentId", sealed.segmentId],
    ]),
    statement("sample", "weir/sample/1", [
      ["fromSeq", uint(8, 8)],
      ["keysHash", crypto.sha256(keys)],
    ]),
  ];

  function statement(name: "head" | "sample", label: string, middle: [string, Uint8Array][]): Layout {
    const said = { listingId: LISTING, generation: NOW, atMs: NOW * 1000 };
    const message =
      name === "head"
        ? core.headMessage(delivery, { ...said, nextSeq: 10n, segmentId: sealed.segmentId })
        : core.sampleMessage(crypto, delivery, { ...said, fromSeq: 8n, keys });
    return layout(
      name,
      [
        ["label", text(label)],
        ["chainId", chainId],
        ["hubs", hubs],
        ["listingId", listingId],
        ["generation", generation],
        ...middle,
        ["atMs", uint(NOW * 1000, 8)],
      ],
      message,
      { gives: publisher(message) },
    );
  }
}

export type FrameVector = { name: string; type: number; lengthBytes: number; bytes: Hex; fields: unknown };

/** One frame of every type, with its length in front. */
export async function frameVectors(): Promise<FrameVector[]> {
  const { frames } = await honestFrames(crypto);
  return [...frames]
    .map(([name, bytes]) => {
      const lengthBytes = bytes.findIndex((byte) => byte < 0x80) + 1;
      const { type: _, ...fields } = decodeFrame(bytes.subarray(lengthBytes));
      const plain = JSON.stringify(fields, (_key, value) =>
        typeof value === "bigint" ? String(value) : value instanceof Uint8Array ? hex(value) : value,
      );
      return { name, type: bytes[lengthBytes]!, lengthBytes, bytes: hex(bytes), fields: JSON.parse(plain) };
    })
    .sort((a, b) => a.type - b.type);
}

/** The table of all control frames' fields in docs/protocol/wire.md, between its two marks. */
export const frameTable = (): string =>
  frameRules()
    .toSorted((a, b) => a.type - b.type)
    .flatMap(({ type, name, fields }) =>
      fields.map(
        ({ path, kind }) => `| 0x${type.toString(16).padStart(2, "0")} | ${name} | ${path} | ${kind} |`,
      ),
    )
    .join("\n");
