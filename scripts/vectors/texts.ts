// The text formats of docs/protocol, made with fixed values: what a listing says of itself, and an export of two segments with a gap between them.
import { p256 } from "@noble/curves/nist.js";
import * as core from "@weir/sdk/core";
import { privateKeyToAddress } from "viem/accounts";

const crypto = core.portableCrypto;
const fill = (byte: number, length: number): core.Bytes => new Uint8Array(length).fill(byte);
const id = (byte: number, length = 32): core.Hex => core.hex(fill(byte, length));
const NOW = 1_800_000_000;

const FLAGS = core.licenceBit("store") | core.licenceBit("process") | core.purposeBit("research");
const AGREEMENT = core.agreementText(FLAGS, "Ask before you publish.");

const description: core.ListingDescription = {
  title: "Air of the harbour",
  description: "Particles and temperature at three quays, ü and 風 included.",
  category: "environment",
  keywords: ["air", "PM2.5"],
  place: { name: "Harbour", latitude: 53.54, longitude: 9.97 },
  licence: "CC-BY-4.0",
  source: { kind: "live", rate: "5 messages a second", origin: "our own probes" },
  feed: { devices: ["probe"], topics: ["air/#"] },
  fields: {
    pm25: { type: "number", unit: "ug/m3", title: "PM2.5" },
    at: { type: "string", title: "Time" },
  },
  timeField: "at",
  agreement: AGREEMENT,
};

export type ListingVector = {
  description: core.ListingDescription;
  flags: number;
  termsHash: core.Hex;
  text: string;
  bytes: number;
  metadataHash: core.Hex;
};

/** A listing's description, its flags, and the text that goes on chain. */
export function listingVector(): ListingVector {
  const text = core.listingMetadata(description);
  return {
    description,
    flags: FLAGS,
    termsHash: core.agreementHash(AGREEMENT),
    text,
    bytes: core.metadataBytes(text),
    metadataHash: core.metadataHash(text),
  };
}

const signerKey = fill(11, 32);
const publisherKey = fill(12, 32);
const point = p256.getPublicKey(publisherKey, false);
const delivery: core.Delivery = { chainId: 31337, hubs: id(1, 20), grants: id(2, 20), channels: id(3, 20) };
const PRICE = 10n ** 11n;

/** The export's lines: a metered purchase, segments 4 and 6 of three messages and one, the voucher, the sums. */
export async function exportVector(): Promise<string[]> {
  const relay = id(5, 20);
  const text = core.listingMetadata(description);
  const terms: core.ListingTerms = {
    hubId: 1n,
    payee: id(30, 20),
    operator: id(31, 20),
    token: core.ZERO_ADDRESS,
    plans: [
      {
        kind: core.PlanKind.message,
        rights: core.Rights.read,
        price: PRICE,
        unit: 1n,
        period: 0,
        upfront: 0n,
        entry: 512n * PRICE,
        maxWindow: core.FOREVER,
        notice: 0,
        promoPrice: 0n,
        promoUntil: 0,
      },
    ],
    relays: [relay],
    relayBps: 500,
    markets: [],
    marketBps: 0,
    challenge: 86_400,
    epochLength: 1,
    segment: { flushMs: 50, maxMessages: 256, maxBytes: 65_536 },
    historyDepth: 0,
    saleUntil: 0,
    termsHash: core.agreementHash(AGREEMENT),
    flags: FLAGS,
    attestationSchema: core.ZERO_HASH,
    attester: core.ZERO_ADDRESS,
    arbiter: core.ZERO_ADDRESS,
    metadataHash: core.metadataHash(text),
  };
  const purchase: core.PurchaseChoice = {
    listingId: 7n,
    version: 1,
    plan: 0,
    buyer: id(32, 20),
    signer: privateKeyToAddress(core.hex(signerKey)),
    encryptionKey: id(33),
    buyerSalt: id(34),
    notBefore: NOW,
    notAfter: core.FOREVER,
    market: core.ZERO_ADDRESS,
  };
  const paymentId = core.channelId(delivery, core.deriveTerms(terms, purchase));
  const writer = new core.ExportWriter(crypto, {
    delivery,
    terms,
    purchase,
    grantId: core.grantId(7n, purchase.buyer, paymentId),
    paymentId,
    publisherKeys: [{ keyId: 0, x: core.hex(point.subarray(1, 33)), y: core.hex(point.subarray(33)) }],
    complete: false,
  });
  const epochKey = core.epochKey(crypto, core.streamSecret(fill(9, 32), delivery, 7n, NOW), NOW);
  const segment = async (seq: bigint, payloads: Uint8Array[]) => {
    const sealed = await core.sealSegment(crypto, {
      delivery,
      publisherPrivateKey: publisherKey,
      publisherKeyId: 0,
      epochKey,
      listingId: 7n,
      generation: NOW,
      epoch: NOW,
      seq,
      sealedAtMs: NOW * 1000,
      prevHash: fill(10, 32),
      salt: fill(13, 16),
      messages: payloads.map((payload) => ({ device: "probe", topic: "air", timeMs: NOW * 1000, payload })),
    });
    const parsed = core.parseSegment(sealed.bytes);
    return writer.segment({ ...parsed, ...(await core.openSegment(crypto, parsed, { epochKey })) });
  };
  const cumulative = 516n * PRICE;
  const digest = core.voucherDigest(delivery, { channelId: paymentId, cumulative, relay });
  return [
    writer.head(),
    ...(await segment(4n, [core.utf8('{"pm25":11.5}'), core.utf8("ü 風"), Uint8Array.of(0xff, 0)])),
    ...(await segment(6n, [core.utf8('{"pm25":11.6}')])),
    ...writer.end({ cumulative, relay, signature: core.hex(crypto.signSecp(signerKey, digest)) }),
  ];
}
