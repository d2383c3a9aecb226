import {
  type Bytes,
  concat,
  HEADER_BYTES,
  MAX_SAMPLE_SEGMENTS,
  MAX_SEAL_BYTES,
  SEGMENT_KEY_BYTES,
  SIGNATURE_BYTES,
  TAG_BYTES,
} from "../core/index.ts";
import * as c from "./codec.ts";
import { RefusedError } from "./refusals.ts";

export const PROTOCOLS = {
  publish: "/weir/publish/1",
  subscribe: "/weir/subscribe/1",
  keys: "/weir/keys/1",
  vouchers: "/weir/vouchers/1",
  command: "/weir/command/1",
} as const;

/** A control frame's body is small; only a SEGMENT is large. */
export const MAX_CONTROL_BYTES = 16 * 1024;
/** Header, signature, a body of 1 MiB and its tag: the largest segment any listing may ask for. */
export const MAX_SEGMENT_BYTES = HEADER_BYTES + SIGNATURE_BYTES + (1 << 20) + TAG_BYTES;

/** Channels in one RECALLED: about 570 bytes each. */
export const MAX_RECALLED_ITEMS = 24;

const signature = c.bytes(SIGNATURE_BYTES);
const failure = c.nullable(c.object({ name: c.text(64), message: c.text(1024) }));
const seal = c.object({
  keyId: c.u32,
  generation: c.u32,
  purpose: c.u8,
  sessionId: c.bytes(16),
  n: c.u64,
  epochFrom: c.u32,
  epochTo: c.u32,
  enc: c.bytes(32),
  ct: c.blob(MAX_SEAL_BYTES),
  signature,
});
const tickChain = { base: c.amount, tip: c.hash, tickValue: c.amount, maxTicks: c.u16, signature };
const tick = { ticks: c.u16, preimage: c.bytes(32) };
const notice = { epoch: c.u24, deadline: c.u40, signature };

/** Every control frame: its type byte and the fields of its body. docs/protocol/wire.md says who sends it when. */
const FRAMES = {
  HELLO: [0x01, { nonce: c.bytes(32), chainId: c.int, operator: c.address }],
  REFUSED: [0x02, { name: c.text(64), message: c.text(1024), detail: c.details }],
  AUTH: [0x10, { listingId: c.u64, keyId: c.u32, generation: c.u32, expiry: c.u40, signature }],
  HEAD: [
    0x11,
    {
      generation: c.u32,
      head: c.nullable(c.bytes(HEADER_BYTES + SIGNATURE_BYTES)),
      epochFirstSeq: c.u64,
      next: c.nullable(c.object({ seq: c.u64, epoch: c.u32 })),
      gateway: c.bool,
    },
  ],
  ACK: [0x13, { generation: c.u32, seq: c.u64 }],
  NEED: [0x14, { generation: c.u32, seq: c.u64 }],
  SIGNED_HEAD: [
    0x15,
    { generation: c.u32, nextSeq: c.u64, segmentId: c.bytes(32), atMs: c.int, keyId: c.u32, signature },
  ],
  SAMPLE: [
    0x16,
    {
      generation: c.u32,
      fromSeq: c.u64,
      keys: c.blob(MAX_SAMPLE_SEGMENTS * SEGMENT_KEY_BYTES),
      atMs: c.int,
      keyId: c.u32,
      signature,
    },
  ],
  LOCATE: [0x1f, { listingId: c.u64, position: c.nullable(c.object({ generation: c.u32, seq: c.u64 })) }],
  OPEN: [
    0x20,
    {
      listingId: c.u64,
      version: c.int,
      plan: c.int,
      grantId: c.hash,
      paymentId: c.hash,
      expiry: c.u40,
      signature,
      position: c.nullable(c.object({ generation: c.u32, seq: c.u64, segmentId: c.hash })),
      fromStart: c.bool,
      credit: c.int,
      transactionHash: c.nullable(c.hash),
      session: c.nullable(
        c.object({
          sessionNo: c.u64,
          generation: c.u32,
          fromSeq: c.u64,
          baseTotal: c.amount,
          expiry: c.u40,
          signature,
        }),
      ),
      voucher: c.nullable(c.object({ cumulative: c.amount, signature })),
    },
  ],
  OPENED: [
    0x21,
    {
      generation: c.u32,
      fromSeq: c.u64,
      baseAccrued: c.accrued,
      sessionAck: c.nullable(signature),
      keyId: c.u32,
    },
  ],
  PAY: [0x22, { cumulative: c.amount, signature }],
  KEYS: [0x23, { seal }],
  BALANCE: [0x24, { total: c.amount, due: c.amount, needed: c.amount }],
  GAP: [0x25, { generation: c.u32, fromSeq: c.u64, toSeq: c.u64 }],
  CREDIT: [0x26, { bytes: c.int }],
  CLOSE: [0x27, notice],
  CLOSED: [0x28, { capture: c.amount, transactionHash: c.hash }],
  RECEIPT: [0x29, { segmentId: c.hash, cumulative: c.amount, signature }],
  TICK_CHAIN: [0x2a, tickChain],
  TICK: [0x2b, tick],
  SESSION: [
    0x30,
    {
      channelId: c.hash,
      grantId: c.hash,
      sessionNo: c.u64,
      relay: c.address,
      generation: c.u32,
      fromSeq: c.u64,
      baseTotal: c.amount,
      expiry: c.u40,
      signature,
      cumulative: c.amount,
      voucherSignature: signature,
      transactionHash: c.nullable(c.hash),
    },
  ],
  SESSION_ACK: [
    0x31,
    { channelId: c.hash, sessionNo: c.u64, signature, baseAccrued: c.accrued, keyId: c.u32 },
  ],
  SESSION_REFUSED: [
    0x32,
    { channelId: c.hash, sessionNo: c.u64, name: c.text(64), message: c.text(1024), detail: c.details },
  ],
  VOUCHERS: [0x33, { items: c.list(c.object({ channelId: c.hash, cumulative: c.amount, signature }), 64) }],
  TOTALS: [0x34, { items: c.list(c.object({ channelId: c.hash, total: c.amount, owed: c.amount }), 64) }],
  RELEASE: [0x35, { channelId: c.hash, sessionNo: c.u64, seal }],
  NOTICE: [0x36, { channelId: c.hash, ...notice }],
  NOTICE_DONE: [
    0x37,
    { channelId: c.hash, capture: c.amount, transactionHash: c.nullable(c.hash), error: failure },
  ],
  RECEIPTS: [
    0x38,
    {
      items: c.list(c.object({ channelId: c.hash, segmentId: c.hash, cumulative: c.amount, signature }), 64),
    },
  ],
  // Fewer in a frame than of vouchers: each is 290 bytes.
  TICKS: [0x39, { items: c.list(c.object({ channelId: c.hash, ...tickChain, ...tick }), 32) }],
  RECALL: [0x3c, { after: c.nullable(c.hash) }],
  RECALLED: [
    0x3d,
    {
      items: c.list(
        c.object({
          channelId: c.hash,
          grantId: c.hash,
          cumulative: c.amount,
          signature,
          ticks: c.nullable(c.object({ ...tickChain, ...tick })),
          receipt: c.nullable(c.object({ segmentId: c.hash, cumulative: c.amount, signature })),
        }),
        MAX_RECALLED_ITEMS,
      ),
      next: c.nullable(c.hash),
    },
  ],
  KEY_REQUEST: [
    0x40,
    {
      requestId: c.int,
      listingId: c.u64,
      grantId: c.hash,
      generation: c.u32,
      epochFrom: c.u32,
      epochTo: c.u32,
    },
  ],
  KEY_REPLY: [0x41, { requestId: c.int, seal: c.nullable(seal), error: failure }],
  COMMAND_KEY_REQUEST: [0x50, { listingId: c.u64 }],
  COMMAND_KEY: [0x51, { listingId: c.u64, generation: c.u32, key: c.bytes(32), keyId: c.u32, signature }],
  COMMAND: [
    0x52,
    {
      requestId: c.int,
      listingId: c.u64,
      grantId: c.hash,
      generation: c.u32,
      counter: c.u64,
      expiry: c.u40,
      enc: c.bytes(32),
      ct: c.blob(MAX_CONTROL_BYTES - 1024),
      signature,
    },
  ],
  COMMAND_RESULT: [0x53, { requestId: c.int, seal: c.nullable(seal), error: failure }],
} as const satisfies Record<string, readonly [number, Record<string, c.Field<never>> | object]>;

const SEGMENT_TYPE = 0x12;

type Frames = typeof FRAMES;
export type FrameName = keyof Frames;
/** The fields of one control frame. */
export type Fields<N extends FrameName> = c.ValueOf<Frames[N][1]>;
/** A received frame: a control frame with its fields, or a segment as stored. */
export type Frame =
  | { [N in FrameName]: { type: N } & Fields<N> }[FrameName]
  | { type: "SEGMENT"; bytes: Bytes };
export type FrameOf<N extends Frame["type"]> = Extract<Frame, { type: N }>;

type Codec = { name: FrameName; field: c.Field<Record<string, unknown>> };
const byName = new Map<FrameName, { type: number; field: c.Field<Record<string, unknown>> }>();
const byType = new Map<number, Codec>();
for (const [name, [type, shape]] of Object.entries(FRAMES)) {
  const field = c.object(shape as never) as unknown as c.Field<Record<string, unknown>>;
  byName.set(name as FrameName, { type, field });
  byType.set(type, { name: name as FrameName, field });
}

/** What a field of a frame holds: its path ("session.expiry") and its kind. */
export type FieldRule = { path: string; kind: string };

/** Every control frame with its type byte and its fields, those of maps in it after the map: the table of docs/protocol/wire.md. */
export const frameRules = (): { type: number; name: FrameName; fields: FieldRule[] }[] =>
  [...byName].map(([name, { type, field }]) => ({ type, name, fields: rulesOf(field.parts!, "") }));

const rulesOf = (parts: NonNullable<c.Field<unknown>["parts"]>, prefix: string): FieldRule[] =>
  Object.entries(parts).flatMap(([name, { kind, parts: inner }]) => [
    { path: `${prefix}${name}`, kind },
    ...(inner ? rulesOf(inner, `${prefix}${name}.`) : []),
  ]);

/** Control frame → type byte ‖ CBOR body, without the length in front. Throws TypeError naming a field that is wrong. */
export function encodeFrame<N extends FrameName>(name: N, fields: Fields<N>): Bytes {
  const { type, field } = byName.get(name)!;
  return concat(Uint8Array.of(type), c.toCbor(field, fields as Record<string, unknown>));
}

/** The type byte that goes in front of a stored segment. */
export const SEGMENT_PREFIX = Uint8Array.of(SEGMENT_TYPE);

/** Type byte ‖ body → frame; throws RefusedError("BadFrame") that names the field and the rule. */
export function decodeFrame(frame: Uint8Array): Frame {
  const type = frame[0];
  if (type === undefined) throw new RefusedError("BadFrame", "a frame has a type");
  const body = frame.subarray(1);
  if (type === SEGMENT_TYPE) return { type: "SEGMENT", bytes: body as Bytes };
  const known = byType.get(type);
  if (known === undefined) throw new RefusedError("BadFrame", `no frame has type ${type}`);
  if (body.length > MAX_CONTROL_BYTES) {
    throw new RefusedError("BadFrame", `${known.name} has at most ${MAX_CONTROL_BYTES} bytes`);
  }
  try {
    return { type: known.name, ...c.fromCbor(known.field, body) } as Frame;
  } catch (error) {
    throw new RefusedError("BadFrame", `${known.name}: ${error instanceof Error ? error.message : error}`);
  }
}
