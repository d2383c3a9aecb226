/**
 * What a relay remembers: `npm run bench -- memory`. Resident memory of the relay program for each idle subscriber, each with a connection of
 * its own; and of the program with a million segments in its store, beside the same program with an empty one.
 */
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { openDatabase } from "../relay/src/store/database.ts";
import { SCHEMA } from "../relay/src/store/schema.ts";
import { segmentStore } from "../relay/src/store/segments.ts";
import { nativeCrypto } from "../sdk/src/client/node.ts";
import { concat, encodeHeader, HEADER_BYTES, parseSegment, sealSegment } from "../sdk/src/core/index.ts";
import { runBench } from "./support/bench.ts";
import { Inspector } from "./support/garbage.ts";
import { residentBytesOf } from "./support/machine.ts";
import { FREE, listing, type Market, openMarket } from "./support/market.ts";
import { type Measured, median, type Sample } from "./support/row.ts";

const DEVICE = "station";
/** Of a round; those of the rounds before stay. */
const READERS = 60;
const STORED = 1_000_000;
const BATCH = 10_000;
const LOOKS = 20;
const LOOK_MS = 100;

/** The middle of some looks, so that a collection that is due or just done does not decide. */
async function resident(pid: number): Promise<number> {
  const looks: number[] = [];
  while (looks.length < LOOKS) {
    looks.push(residentBytesOf(pid));
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return median(looks);
}

/** For each round what a reader adds, KiB: resident, and of the JavaScript heap. Garbage is collected before each look. */
async function idleReaders(
  market: Market,
  rounds: number,
  say: (line: string) => void,
): Promise<Record<"resident" | "heap", Sample[]>> {
  const bought = await market.grants(DEVICE, READERS * (rounds + 1));
  const samples: Record<"resident" | "heap", Sample[]> = { resident: [], heap: [] };
  const inspector = await Inspector.attach(market.relayPid);
  const look = async () => {
    const heap = await inspector.collect();
    return { resident: await resident(market.relayPid), heap };
  };
  try {
    let before: Awaited<ReturnType<typeof look>> | undefined;
    for (let round = 0; round <= rounds; round++) {
      await market.readers(bought.slice(round * READERS, (round + 1) * READERS), READERS / 2);
      const after = await look();
      // The first ones also load code and fill caches.
      if (before)
        for (const kind of ["resident", "heap"] as const)
          samples[kind].push({ value: (after[kind] - before[kind]) / READERS / 1024 });
      const told = Object.entries(samples).map(([kind, all]) => `${kind} ${all.at(-1)?.value.toFixed(0)}`);
      if (before) say(`${round}/${rounds}: KiB a reader: ${told.join(", ")}`);
      before = after;
    }
  } finally {
    inspector.close();
  }
  return samples;
}

/** A million single-message segments of one stream, written by the relay's own store. */
async function fill(file: string): Promise<void> {
  const zero = `0x${"00".repeat(20)}` as const;
  const { bytes } = await sealSegment(nativeCrypto, {
    delivery: { chainId: 31337, hubs: zero, grants: zero, channels: zero },
    publisherPrivateKey: new Uint8Array(32).fill(9),
    publisherKeyId: 0,
    epochKey: new Uint8Array(32),
    listingId: 1n << 40n, // nobody's
    generation: 1,
    epoch: 1,
    seq: 0n,
    sealedAtMs: 60_000,
    prevHash: new Uint8Array(32),
    salt: new Uint8Array(16),
    messages: [{ device: "d", topic: "t", timeMs: 60_000, payload: new Uint8Array(64) }],
  });
  const { header } = parseSegment(bytes);
  const database = openDatabase({
    file,
    schema: SCHEMA,
    onFatal: (error) => {
      throw error;
    },
  });
  const store = segmentStore(database, () => undefined);
  const segmentId = nativeCrypto.sha256(bytes);
  for (let at = 0; at < STORED; at += BATCH)
    await store.append(
      Array.from({ length: BATCH }, (_, i) => {
        const itsHeader = { ...header, seq: BigInt(at + i), epoch: 1 + Math.floor((at + i) / 1_000) };
        // The store reads a head's number from its bytes, and checks no signature.
        const itsBytes = concat(encodeHeader(itsHeader), bytes.subarray(HEADER_BYTES));
        return { header: itsHeader, segmentId, bytes: itsBytes, receivedAtMs: Date.now() };
      }),
    );
  database.close();
}

/** Resident MiB of a relay that was started on its folder and has said where it stands. */
async function started(market: Market, name: string): Promise<number> {
  await market.stack.restart(name);
  return (await resident(market.stack.programs.get(name)!.child.pid!)) / 2 ** 20;
}

async function measure(rounds: number, say: (line: string) => void): Promise<Measured[]> {
  const market = await openMarket([listing(DEVICE, FREE)]);
  try {
    const idle = await idleReaders(market, rounds, say);
    // The market's other relay has nothing to do: it is stopped, filled and started.
    const name = "relay2";
    const file = join(dirname(dirname(market.relayStore)), name, "relay.db");
    await market.stack.programs.get(name)!.stop();
    const empty = await started(market, name);
    await market.stack.programs.get(name)!.stop();
    await fill(file);
    say("a million segments are stored");
    const full = await started(market, name);
    await market.stack.programs.get(name)!.stop();
    rmSync(file, { force: true });
    return [
      {
        name: "relay memory per idle subscriber",
        unit: "KiB",
        peer: null,
        target: [{ of: "value", atMost: 100 }],
        samples: idle.resident,
      },
      {
        name: "of it, JavaScript objects",
        unit: "KiB",
        peer: null,
        target: [],
        samples: idle.heap,
      },
      {
        name: "relay memory with 1,000,000 stored segments",
        unit: "MiB",
        peer: "itself with none",
        // Flat: what a start's own chance is worth.
        target: [{ of: "ratio", atMost: 1.1 }],
        samples: [{ value: full, peerValue: empty }],
      },
    ];
  } finally {
    await market.stop();
  }
}

export const main = (args: string[]): Promise<number> =>
  runBench({ name: "memory", rounds: 4, measure }, args);
