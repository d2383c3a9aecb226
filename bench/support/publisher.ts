// A gateway that has sealed everything beforehand, a program of its own: it authenticates and publishes as the gateway does, over its own
// standing link. Orders: {prepare: {kind, seed, count}} seals; {send: true} publishes and is answered when the last one is acknowledged.
import { pino } from "pino";
import { MAX_UNACKED_BYTES } from "../../gateway/src/limits.ts";
import { keepLink } from "../../gateway/src/link.ts";
import { openSecrets } from "../../gateway/src/secrets.ts";
import { LOCAL_PASSPHRASE } from "../../scripts/stack/seed.ts";
import { type Contracts, getPublisherKeys } from "../../sdk/src/chain/index.ts";
import { deliveryOf, type RelayAddress } from "../../sdk/src/client/index.ts";
import { createNode, nativeCrypto } from "../../sdk/src/client/node.ts";
import { type Bytes, epochAt, epochKey, hex, sealSegment, streamSecret } from "../../sdk/src/core/index.ts";
import { type FrameStream, PROTOCOLS, segmentFrame } from "../../sdk/src/wire/index.ts";
import { buyerWallet } from "./accounts.ts";
import { onOrders, optionsOf, say } from "./child.ts";
import { type Kind, payloadsOf } from "./payloads.ts";

export type PublisherOptions = {
  rpc: string;
  contracts: Contracts;
  relays: readonly RelayAddress[];
  hubId: string;
  listingId: string;
  /** Path of the hub's secrets. */
  secrets: string;
  epochLength: number;
  maxMessages: number;
};
export type PublisherOrder = { prepare: { kind: Kind; seed: number; count: number } } | { send: true };

/** As the gateway writes. */
const MAX_WRITE_BYTES = 256 * 1024;

const o = optionsOf<PublisherOptions>();
const listingId = BigInt(o.listingId);
const wallet = buyerWallet(o.rpc, 0);
const delivery = deliveryOf(wallet.chain.id, o.contracts);
const secrets = await openSecrets({ path: o.secrets, passphrase: LOCAL_PASSPHRASE });
const { publisherPrivateKey, publisherKey, masterSeed } = secrets;
const keys = await getPublisherKeys(wallet, { contracts: o.contracts, hubId: BigInt(o.hubId) });
const { keyId } = keys.find(({ x }) => x.toLowerCase() === publisherKey.x.toLowerCase())!;
const generation = Math.floor(Date.now() / 1000);
const secret = streamSecret(masterSeed, delivery, listingId, generation);

let seq = 0n;
let prevHash: Bytes = new Uint8Array(32);
let frames: Uint8Array[] = [];

async function prepare({ kind, seed, count }: { kind: Kind; seed: number; count: number }): Promise<void> {
  const cpu = process.cpuUsage();
  const payloads = payloadsOf(kind, seed, count);
  frames = [];
  for (let at = 0; at < count; at += o.maxMessages) {
    const sealedAtMs = Date.now();
    const epoch = epochAt(sealedAtMs, o.epochLength);
    const messages = payloads
      .slice(at, at + o.maxMessages)
      .map((payload) => ({ device: "station", topic: "t", timeMs: sealedAtMs, payload }));
    const { bytes, segmentId } = await sealSegment(nativeCrypto, {
      delivery,
      publisherPrivateKey,
      publisherKeyId: keyId,
      epochKey: epochKey(nativeCrypto, secret, epoch),
      listingId,
      generation,
      epoch,
      seq: seq++,
      sealedAtMs,
      prevHash,
      salt: globalThis.crypto.getRandomValues(new Uint8Array(16)),
      messages,
    });
    prevHash = segmentId;
    frames.push(segmentFrame(bytes));
  }
  const { user, system } = process.cpuUsage(cpu);
  say({ event: "prepared", segmentId: hex(prevHash), cpuSeconds: (user + system) / 1e6 });
}

const connected = Promise.withResolvers<FrameStream>();
void keepLink({
  node: await createNode(),
  relay: o.relays[0]!,
  protocol: PROTOCOLS.publish,
  listingId,
  delivery,
  crypto: nativeCrypto,
  log: pino({ level: "silent" }),
  signal: new AbortController().signal,
  identity: () => ({ keyId, generation, publisherPrivateKey }),
  maxStreams: 8,
  async attend(stream) {
    await stream.expect("HEAD");
    connected.resolve(stream);
    await new Promise<void>((resolve) => stream.onClose(resolve));
    say({ event: "lost" });
  },
});
const stream = await connected.promise;

async function send(): Promise<void> {
  const startedAt = performance.now();
  const last = seq - 1n;
  const sizes = frames.map(({ length }) => length);
  let acknowledged = seq - BigInt(frames.length) - 1n;
  let unacked = 0;
  let next = 0;
  let settled = 0;
  while (acknowledged < last) {
    const run: Uint8Array[] = [];
    for (
      let bytes = 0;
      next < frames.length && bytes < MAX_WRITE_BYTES && unacked < MAX_UNACKED_BYTES;
      next++
    ) {
      run.push(frames[next]!);
      bytes += sizes[next]!;
      unacked += sizes[next]!;
    }
    if (run.length > 0) {
      if (!stream.write(...run)) await stream.drained();
      continue;
    }
    const ack = await stream.expect("ACK");
    while (acknowledged < ack.seq) {
      acknowledged += 1n;
      unacked -= sizes[settled++]!;
    }
  }
  say({ event: "sent", seconds: (performance.now() - startedAt) / 1000 });
}

onOrders<PublisherOrder>((order) => ("send" in order ? send() : prepare(order.prepare)));
say({ event: "ready", generation });
