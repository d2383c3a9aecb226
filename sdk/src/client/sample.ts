// A look before paying: segments whose keys the publisher has given away. A relay hands them out; that they are the seller's own, whole
// and in order is checked here, in a browser as in Node.
import { type Contracts, getListing, getPublisherKeys, type ReadClient } from "../chain/index.ts";
import {
  type Bytes,
  type Crypto,
  checkSegment,
  concat,
  type Delivery,
  equalBytes,
  type Hex,
  hex,
  type Message,
  openSegment,
  type PublicKey,
  parseSegment,
  SegmentError,
  sampleMessage,
  unhex,
} from "../core/index.ts";

export type Sample = {
  listingId: bigint;
  generation: number;
  /** When the publisher signed it, unix milliseconds. */
  atMs: number;
  /** From the first segment's time to the last one's, unix milliseconds. */
  fromMs: number;
  toMs: number;
  messages: (Message & { seq: bigint; json?: unknown })[];
  segmentIds: Hex[];
};

/** A relay's answer is larger than any sample. */
const MAX_ANSWER_BYTES = 1 << 20;
const PATIENCE_MS = 8_000;

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * The newest sample of a listing that one of the relays has, checked; null if none of them has one. Relays that do not answer, or answer
 * with what does not hold, are passed over.
 *
 * @throws what the last relay's answer broke, if no relay's answer holds; ContractError when the chain cannot be read
 * @example
 * const sample = await fetchSample({ client, contracts, delivery, crypto, listingId, relays: config.relays });
 */
export async function fetchSample(p: {
  client: ReadClient;
  contracts: Contracts;
  delivery: Delivery;
  crypto: Crypto;
  listingId: bigint;
  /** Addresses of the relays' HTTP side. */
  relays: readonly { http: string }[];
  signal?: AbortSignal;
}): Promise<Sample | null> {
  const { client, contracts, listingId } = p;
  const { terms } = await getListing(client, { contracts, listingId });
  const keys = await getPublisherKeys(client, { contracts, hubId: terms.hubId });
  const publisherKeys = new Map(
    keys.filter(({ revokedAt }) => !revokedAt).map((key): [number, PublicKey] => [key.keyId, key]),
  );
  let newest: Sample | null = null;
  let failure: unknown;
  const answers = await Promise.allSettled(p.relays.map(({ http }) => ask(http, listingId, p.signal)));
  for (const answer of answers) {
    if (answer.status === "rejected" || answer.value === null) continue; // absence is no fault of the sample
    try {
      const sample = await verifySample(p.crypto, { ...p, publisherKeys, answer: answer.value });
      if (newest === null || sample.atMs > newest.atMs) newest = sample;
    } catch (error) {
      failure = error;
    }
  }
  if (newest === null && failure !== undefined) throw failure;
  return newest;
}

async function ask(relay: string, listingId: bigint, signal?: AbortSignal): Promise<unknown> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const response = await fetch(new URL(`/v1/listings/${listingId}/sample`, relay), {
    signal: signal ? AbortSignal.any([signal, patience]) : patience,
  });
  if (!response.ok) return null;
  if (Number(response.headers.get("content-length") ?? 0) > MAX_ANSWER_BYTES)
    throw new SegmentError("sample", `has at most ${MAX_ANSWER_BYTES} bytes`);
  return response.json();
}

type Answer = {
  listingId: string;
  generation: number;
  fromSeq: string;
  atMs: number;
  keyId: number;
  signature: Hex;
  segments: { key: Hex; bytes: string }[];
};

/**
 * Checks what a relay answered to `/v1/listings/{id}/sample`: signed as a whole by a key of the hub, each segment signed, chained to the one
 * before and opened by its key.
 *
 * @throws SegmentError naming the field and the rule
 */
export async function verifySample(
  crypto: Crypto,
  p: {
    delivery: Delivery;
    listingId: bigint;
    /** Unrevoked keys of the listing's hub, by number. */
    publisherKeys: ReadonlyMap<number, PublicKey>;
    answer: unknown;
  },
): Promise<Sample> {
  const answer = shaped(p.answer);
  const { listingId, delivery } = p;
  if (answer.listingId !== String(listingId)) throw new SegmentError("listingId", `is ${listingId}`);
  const keyOf = (keyId: number): PublicKey => {
    const key = p.publisherKeys.get(keyId);
    if (!key) throw new SegmentError("publisherKeyId", "is an unrevoked key of the listing's hub");
    return key;
  };
  const { generation, atMs, keyId } = answer;
  const fromSeq = BigInt(answer.fromSeq);
  const keys = concat(...answer.segments.map(({ key }) => unhex(key)));
  const message = sampleMessage(crypto, delivery, { listingId, generation, fromSeq, keys, atMs });
  if (!(await crypto.es256Verify(keyOf(keyId), message, unhex(answer.signature))))
    throw new SegmentError("signature", "of the sample is the publisher's");

  const messages: Sample["messages"] = [];
  const segmentIds: Hex[] = [];
  const times: number[] = [];
  let before: Bytes | undefined;
  for (const [i, { key, bytes }] of answer.segments.entries()) {
    const segment = parseSegment(Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0)));
    const { header } = segment;
    if (header.listingId !== listingId || header.generation !== generation)
      throw new SegmentError("listingId", "and generation are those of the sample");
    if (header.seq !== fromSeq + BigInt(i)) throw new SegmentError("seq", `is ${fromSeq + BigInt(i)}`);
    const id = await checkSegment(crypto, delivery, segment, keyOf(header.publisherKeyId));
    if (before && !equalBytes(before, header.prevHash))
      throw new SegmentError("prevHash", "is the id of the segment before");
    before = id;
    const opened = await openSegment(crypto, segment, { segmentKey: unhex(key) }, { deep: true });
    messages.push(...opened.messages.map((one) => ({ ...decoded(one), seq: header.seq })));
    segmentIds.push(hex(id));
    times.push(header.sealedAtMs);
  }
  return { listingId, generation, atMs, fromMs: times[0]!, toMs: times.at(-1)!, messages, segmentIds };
}

function decoded(message: Message): Message & { json?: unknown } {
  try {
    return { ...message, json: JSON.parse(decoder.decode(message.payload)) };
  } catch {
    return message; // not JSON: the payload is shown raw
  }
}

const HEX_KEY = /^0x[0-9a-f]{64}$/;
const HEX_SIGNATURE = /^0x[0-9a-f]{128}$/;

/** The answer's fields, each of the type it has to have. @throws SegmentError */
function shaped(value: unknown): Answer {
  const need = (holds: boolean, field: string, rule: string): void => {
    if (!holds) throw new SegmentError(field, rule);
  };
  need(typeof value === "object" && value !== null, "sample", "is a JSON object");
  const answer = value as Answer;
  need(/^\d{1,20}$/.test(String(answer.listingId)), "listingId", "is a decimal number");
  need(/^\d{1,20}$/.test(String(answer.fromSeq)), "fromSeq", "is a decimal number");
  for (const field of ["generation", "atMs", "keyId"] as const)
    need(Number.isSafeInteger(answer[field]) && answer[field] >= 0, field, "is a whole number");
  need(HEX_SIGNATURE.test(String(answer.signature)), "signature", "has 64 bytes");
  need(Array.isArray(answer.segments) && answer.segments.length > 0, "segments", "is a list of one or more");
  for (const segment of answer.segments) {
    need(HEX_KEY.test(String(segment?.key)), "key", "has 32 bytes");
    need(/^[A-Za-z0-9+/]+={0,2}$/.test(String(segment?.bytes)), "bytes", "are base64");
  }
  return answer;
}
