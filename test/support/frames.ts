/** One honest frame of every type, with real signatures, and the situation in which they are said. */
import { p256 } from "@noble/curves/nist.js";
import {
  type Bytes,
  type Crypto,
  closeNoticeDigest,
  commandDigestOf,
  commandKeyMessage,
  connectMessage,
  type Delivery,
  epochKey,
  HEADER_BYTES,
  type Hex,
  headMessage,
  hex,
  receiptDigest,
  SIGNATURE_BYTES,
  sampleMessage,
  sealSegment,
  sessionAckMessage,
  sessionDigest,
  streamSecret,
  tickAt,
  tickChain,
  tickVoucherDigest,
  voucherDigest,
  ZERO_HASH,
} from "@weir/sdk/core";
import { nativeCrypto } from "@weir/sdk/native";
import { controlFrame, type Fields, type FrameName, segmentFrame } from "@weir/sdk/wire";
import { privateKeyToAddress } from "viem/accounts";
import type { Situation } from "./claims.ts";

const fill = (byte: number, length: number): Bytes => new Uint8Array(length).fill(byte);
const id = (byte: number, length = 32): Hex => hex(fill(byte, length));
const NOW = 1_800_000_000;

/** `crypto`: the portable one signs the same twice, as vectors need it. */
export async function honestFrames(
  crypto: Crypto = nativeCrypto,
): Promise<{ at: Situation; frames: Map<string, Uint8Array> }> {
  const secret = fill(11, 32);
  const publisherKey = fill(12, 32);
  const point = p256.getPublicKey(publisherKey, false);
  const delivery: Delivery = { chainId: 31337, hubs: id(1, 20), grants: id(2, 20), channels: id(3, 20) };
  const channelId = id(4);
  const relay = id(5, 20);
  const session = {
    sessionNo: 3n,
    generation: NOW,
    fromSeq: 9n,
    baseTotal: 10n ** 15n,
    expiry: NOW + 600,
  };
  const digest = sessionDigest(delivery, { ...session, channelId, relay });
  const ticks = tickChain(crypto, channelId, fill(26, 32), 40);
  const chain = { base: 2n * 10n ** 15n, tip: hex(ticks[0]!), tickValue: 10n ** 12n, maxTicks: 40 };
  const at: Situation = {
    delivery,
    signer: privateKeyToAddress(hex(secret)),
    publisher: { x: hex(point.subarray(1, 33)), y: hex(point.subarray(33)) },
    relay,
    relayPeer: fill(6, 38),
    ownPeer: fill(7, 38),
    relayNonce: fill(8, 32),
    listingId: 7n,
    channelId,
    sessionDigest: digest,
    tip: chain.tip,
  };
  const bySigner = (message: Bytes) => crypto.signSecp(secret, message);
  const byPublisher = (message: Bytes) => crypto.es256Sign(publisherKey, message);
  const connect = (contract: Hex, paymentId: Hex) =>
    connectMessage({ ...at, chainId: delivery.chainId, contract, paymentId, expiry: NOW });
  const voucher = (cumulative: bigint) => ({
    cumulative,
    signature: bySigner(voucherDigest(delivery, { channelId, cumulative, relay })),
  });
  const signedChain = {
    ...chain,
    signature: bySigner(tickVoucherDigest(delivery, { ...chain, channelId, relay })),
  };
  const tick = { ticks: 7, preimage: tickAt(ticks, 7) };
  const sealed = await sealSegment(crypto, {
    delivery,
    publisherPrivateKey: publisherKey,
    publisherKeyId: 2,
    epochKey: epochKey(crypto, streamSecret(fill(9, 32), delivery, 7n, NOW), NOW),
    listingId: 7n,
    generation: NOW,
    epoch: NOW,
    seq: 9n,
    sealedAtMs: NOW * 1000,
    prevHash: fill(10, 32),
    salt: fill(13, 16),
    messages: [{ device: "probe", topic: "air", timeMs: NOW * 1000, payload: fill(0x31, 40) }],
  });
  const statement = { generation: NOW, atMs: NOW * 1000, keyId: 2 };
  const head = { ...statement, nextSeq: 10n, segmentId: sealed.segmentId };
  const sample = { ...statement, fromSeq: 8n, keys: fill(14, 64) };
  const notice = { channelId, epoch: 1, deadline: NOW };
  const close = { epoch: 1, deadline: NOW, signature: bySigner(closeNoticeDigest(delivery, notice)) };
  const receipt = { segmentId: hex(sealed.segmentId), cumulative: 10n ** 15n };
  const signedReceipt = {
    ...receipt,
    signature: bySigner(receiptDigest(delivery, { ...receipt, channelId })),
  };
  const seal = {
    keyId: 2,
    generation: NOW,
    purpose: 1,
    sessionId: fill(15, 16),
    n: 0n,
    epochFrom: NOW,
    epochTo: NOW,
    enc: fill(16, 32),
    ct: fill(17, 48),
    signature: fill(18, 64),
  };
  const signedSession = { ...session, signature: bySigner(digest) };
  const ack = byPublisher(sessionAckMessage(digest));
  const paid = voucher(2n * 10n ** 15n);
  const commandKey = { listingId: 7n, generation: NOW, key: fill(23, 32) };
  const command = { listingId: 7n, grantId: id(19), generation: NOW, counter: 4n, expiry: NOW };
  const sealedCommand = { enc: fill(24, 32), ct: fill(25, 48) };
  const fields: { [N in FrameName]: Fields<N> } = {
    HELLO: { nonce: at.relayNonce, chainId: 31337, operator: relay },
    REFUSED: { name: "WrongBase", message: "starts elsewhere", detail: { fromSeq: "12" } },
    AUTH: {
      listingId: 7n,
      keyId: 2,
      generation: NOW,
      expiry: NOW,
      signature: byPublisher(connect(delivery.hubs, ZERO_HASH)),
    },
    HEAD: {
      generation: NOW,
      head: sealed.bytes.slice(0, HEADER_BYTES + SIGNATURE_BYTES),
      epochFirstSeq: 9n,
      next: { seq: 9n, epoch: NOW },
      gateway: true,
    },
    ACK: { generation: NOW, seq: 9n },
    NEED: { generation: NOW, seq: 9n },
    SIGNED_HEAD: { ...head, signature: byPublisher(headMessage(delivery, { ...head, listingId: 7n })) },
    SAMPLE: {
      ...sample,
      signature: byPublisher(sampleMessage(crypto, delivery, { ...sample, listingId: 7n })),
    },
    LOCATE: { listingId: 7n, position: { generation: NOW, seq: 9n } },
    OPEN: {
      listingId: 7n,
      version: 1,
      plan: 0,
      grantId: id(19),
      paymentId: channelId,
      expiry: NOW,
      signature: bySigner(crypto.sha256(connect(delivery.grants, channelId))),
      position: { generation: NOW, seq: 8n, segmentId: id(20) },
      fromStart: false,
      credit: 1 << 20,
      transactionHash: id(21),
      session: signedSession,
      voucher: paid,
    },
    OPENED: { generation: NOW, fromSeq: 9n, baseAccrued: 10n ** 15n, sessionAck: ack, keyId: 2 },
    PAY: paid,
    KEYS: { seal },
    BALANCE: { total: 3n * 10n ** 15n, due: 10n ** 15n, needed: 2n * 10n ** 15n },
    GAP: { generation: NOW, fromSeq: 3n, toSeq: 8n },
    CREDIT: { bytes: 1 << 20 },
    CLOSE: close,
    CLOSED: { capture: 10n ** 15n, transactionHash: id(22) },
    RECEIPT: signedReceipt,
    TICK_CHAIN: signedChain,
    TICK: tick,
    SESSION: {
      ...signedSession,
      channelId,
      grantId: id(19),
      relay,
      cumulative: paid.cumulative,
      voucherSignature: paid.signature,
      transactionHash: null,
    },
    SESSION_ACK: { channelId, sessionNo: 3n, signature: ack, baseAccrued: 10n ** 15n, keyId: 2 },
    SESSION_REFUSED: { channelId, sessionNo: 3n, name: "WrongBase", message: "elsewhere", detail: {} },
    VOUCHERS: { items: [paid, voucher(3n * 10n ** 15n)].map((item) => ({ channelId, ...item })) },
    TOTALS: { items: [{ channelId, total: 3n * 10n ** 15n, owed: 10n ** 15n }] },
    RELEASE: { channelId, sessionNo: 3n, seal },
    NOTICE: { channelId, ...close },
    NOTICE_DONE: { channelId, capture: 10n ** 15n, transactionHash: id(22), error: null },
    RECEIPTS: { items: [{ channelId, ...signedReceipt }] },
    TICKS: { items: [{ channelId, ...signedChain, ...tick }] },
    RECALL: { after: id(3) },
    RECALLED: {
      items: [
        {
          channelId,
          grantId: id(19),
          ...paid,
          ticks: { ...signedChain, ...tick },
          receipt: signedReceipt,
        },
      ],
      next: channelId,
    },
    KEY_REQUEST: {
      requestId: 1,
      listingId: 7n,
      grantId: id(19),
      generation: NOW,
      epochFrom: NOW,
      epochTo: NOW,
    },
    KEY_REPLY: { requestId: 1, seal, error: null },
    COMMAND_KEY_REQUEST: { listingId: 7n },
    COMMAND_KEY: { ...commandKey, keyId: 2, signature: byPublisher(commandKeyMessage(delivery, commandKey)) },
    COMMAND: {
      requestId: 1,
      ...command,
      ...sealedCommand,
      signature: bySigner(commandDigestOf(nativeCrypto, delivery, command, sealedCommand)),
    },
    COMMAND_RESULT: { requestId: 1, seal, error: null },
  };
  const frames = new Map(
    Object.entries(fields).map(([name, value]) => [name, controlFrame(name as FrameName, value as never)]),
  );
  frames.set("SEGMENT", segmentFrame(sealed.bytes));
  return { at, frames };
}
