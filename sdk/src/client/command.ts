// Commands to a listing's devices, by a buyer whose grant has the right WRITE: sealed past the relay, signed, numbered, answered.
import type { Libp2p } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import {
  type Address,
  type Bytes,
  CommandError,
  type CommandResult,
  type Crypto,
  commandDigestOf,
  commandKeyMessage,
  commandSessionId,
  createUnsealer,
  type Delivery,
  decodeResult,
  type Hex,
  type PublicKey,
  SealPurpose,
  sealCommand,
} from "../core/index.ts";
import { type FrameOf, FrameStream, PROTOCOLS, RefusedError, refusedError } from "../wire/index.ts";
import { sealOf } from "./cover.ts";
import type { RelayAddress } from "./session.ts";
import type { CounterStore } from "./store.ts";

/** Seconds that a command is good for unless told otherwise: most of the thirty, the rest is for clocks that differ. */
const COMMAND_SECONDS = 20;
const HANDSHAKE_MS = 15_000;
/** Longer than the relay waits for the gateway. */
const RESULT_MS = 30_000;

export type SendCommandParameters = {
  node: Libp2p;
  crypto: Crypto;
  delivery: Delivery;
  /** Those of the listing, tried in this order. */
  relays: readonly RelayAddress[];
  listing: { id: bigint /** By key number, unrevoked. */; publisherKeys: ReadonlyMap<number, PublicKey> };
  /** The grant, bought or given; a gift's signer is its buyer's account. */
  grant: { grantId: Hex; buyer: Address; encryptionKey: Hex };
  /** `sign`: 64 bytes (r ‖ vs) over a digest of 32, by the grant's signer; see `commandDigest` for what it is the digest of. */
  keys: { encryptionPrivateKey: Uint8Array; sign: (digest: Bytes) => Bytes | Promise<Bytes> };
  counters: CounterStore;
  device: string;
  /** At most 4,096 bytes; JSON reaches the device as such. */
  payload: Uint8Array;
  /** Up to 30. */
  seconds?: number;
  signal?: AbortSignal;
};

/** `counter`: the command's number, as the gateway keeps it. */
export type SendCommandReturnType = CommandResult & { counter: bigint };

/** RefusedError `NoAnswer` and `Replayed`, TimeoutError and ClosedError: it may have been carried out. */
export type SendCommandErrorType = RefusedError | CommandError;

/**
 * Sends one command and waits for its result. The number is on disk before the command leaves, and is used once: nothing here is ever
 * carried out twice, and what fails is not repeated. Commands of one grant are sent one after the other.
 *
 * @throws RefusedError: what relay or gateway refuses with; CommandError: a field breaks its rule; SealError: the result's seal
 * @example
 * const { outcome, payload } = await sendCommand({
 *   node, crypto, delivery, relays, listing, grant, keys, counters, device: "valve-3", payload: utf8('{"open":true}'),
 * });
 */
export function sendCommand(p: SendCommandParameters): Promise<SendCommandReturnType> {
  const lines = queues.get(p.counters) ?? new Map<Hex, Promise<unknown>>();
  queues.set(p.counters, lines);
  const { grantId } = p.grant;
  // A number that overtakes another one on the way would make that one a replay.
  const sent = (lines.get(grantId) ?? Promise.resolve()).then(() => attempt(p));
  lines.set(
    grantId,
    sent.catch(() => undefined),
  );
  return sent;
}

const queues = new WeakMap<CounterStore, Map<Hex, Promise<unknown>>>();

async function attempt(p: SendCommandParameters): Promise<SendCommandReturnType> {
  let failure: Error = new RefusedError("NotServed", "no relay of the listing is known");
  for (const relay of p.relays) {
    const asked = await open(p, relay).catch((error: Error) => error);
    if (asked instanceof Error) {
      failure = asked; // nothing was sent: another relay may have the gateway
      continue;
    }
    try {
      return await send(p, asked);
    } finally {
      await asked.frames.close();
      asked.frames.abort(new Error("the command is over"));
    }
  }
  throw failure;
}

type Asked = { frames: FrameStream; key: FrameOf<"COMMAND_KEY"> };

/** A stream to a relay that has the gateway, and the gateway's key, checked. */
async function open(p: SendCommandParameters, relay: RelayAddress): Promise<Asked> {
  const signal = withPatience(p.signal, HANDSHAKE_MS);
  const connection = await p.node.dial(
    relay.multiaddrs.map((address) => multiaddr(address)),
    { signal },
  );
  const frames = new FrameStream(await connection.newStream(PROTOCOLS.command, { signal }));
  try {
    const hello = await frames.expect("HELLO", { signal });
    if (hello.chainId !== p.delivery.chainId || hello.operator.toLowerCase() !== relay.operator.toLowerCase())
      throw new RefusedError("NotServed", "the relay is another operator's, or serves another chain");
    frames.send("COMMAND_KEY_REQUEST", { listingId: p.listing.id });
    const key = await frames.expect("COMMAND_KEY", { signal });
    if (key.listingId !== p.listing.id) throw new CommandError("key", "is that of the listing");
    const message = commandKeyMessage(p.delivery, key);
    if (!(await p.crypto.es256Verify(publisherKey(p, key.keyId), message, key.signature)))
      throw new CommandError("key", "is signed by the publisher");
    return { frames, key };
  } catch (error) {
    frames.abort(error as Error);
    throw error;
  }
}

async function send(p: SendCommandParameters, { frames, key }: Asked): Promise<SendCommandReturnType> {
  const { crypto, delivery, listing, grant, device, payload } = p;
  const { generation } = key;
  const counter = await p.counters.next(grant.grantId);
  const expiry = Math.floor(Date.now() / 1000) + (p.seconds ?? COMMAND_SECONDS);
  const context = { listingId: listing.id, grantId: grant.grantId, generation, counter, expiry };
  const sealed = await sealCommand(delivery, context, key.key, { device, payload });
  const digest = commandDigestOf(crypto, delivery, context, sealed);
  const signature = await p.keys.sign(digest);
  frames.send("COMMAND", { requestId: 1, ...context, ...sealed, signature });
  const result = await frames.expect("COMMAND_RESULT", { signal: withPatience(p.signal, RESULT_MS) });
  if (result.error) throw refusedError({ ...result.error, detail: {} });
  if (!result.seal) throw new RefusedError("NoAnswer", "the relay gave no result");
  const seal = sealOf(result.seal);
  const unsealer = createUnsealer(crypto, {
    delivery,
    listingId: listing.id,
    generation,
    buyer: grant.buyer,
    encryptionKey: grant.encryptionKey,
    purpose: SealPurpose.command,
    sessionId: commandSessionId(counter),
    privateKey: p.keys.encryptionPrivateKey,
  });
  const plain = await unsealer.unseal(seal, publisherKey(p, seal.keyId));
  return { ...decodeResult(plain, digest), counter };
}

function publisherKey({ listing }: SendCommandParameters, keyId: number): PublicKey {
  const key = listing.publisherKeys.get(keyId);
  if (!key) throw new RefusedError("BadKey", `the hub has no key ${keyId}, or it was revoked`);
  return key;
}

const withPatience = (signal: AbortSignal | undefined, ms: number): AbortSignal =>
  signal ? AbortSignal.any([signal, AbortSignal.timeout(ms)]) : AbortSignal.timeout(ms);
