// From journal to sealed bytes.
//
// when a segment closes: after flushMs · at maxMessages · at maxBytes · at the end of an epoch
// what goes in: the listing's devices and topics, in order, once, across restarts
// how much: an epoch takes half the smallest entry, the rest waits for the next
// padding: short and long values are as long in the store, and no segment grows beyond its limit
// keys: none seals twice, over kills and old copies that are put back
// generations: kept over a restart · renewed by other limits · above what a relay has seen
import {
  concat,
  decodeHeader,
  epochKey,
  HEADER_BYTES,
  hex,
  openSegment,
  parseSegment,
  segmentId,
  streamSecret,
} from "@weir/sdk/core";
import { nativeCrypto } from "@weir/sdk/native";
import { afterEach, describe, expect, test } from "vitest";
import { randomFrom } from "../../test/support/mutate.ts";
import { GatewayRefusal } from "../src/errors.ts";
import { delivery, HUB, LISTING, listingOf, MASTER_SEED, Parts, plan } from "./support/parts.ts";

const SEED = Number(process.env.WEIR_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`WEIR_SEED=${SEED}`);

let parts: Parts;
afterEach(() => parts?.stop());

const seal = async (...args: Parameters<typeof listingOf>) => {
  parts = await Parts.open(listingOf(...args));
};
const bytesOf = (seq: number) => parts.store.bytesOf(LISTING, parts.pipeline.generation, seq)!;
const counts = () => parts.sealed.map(({ messageCount }) => messageCount);
const rich = plan({ entry: 1_000_000n });

/** Opens a stored segment as a reader with the epoch's key would. */
async function read(seq: number) {
  const segment = parseSegment(bytesOf(seq));
  const { generation, epoch } = segment.header;
  const secret = streamSecret(MASTER_SEED, delivery, LISTING, generation);
  return (
    await openSegment(
      nativeCrypto,
      segment,
      { epochKey: epochKey(nativeCrypto, secret, epoch) },
      { deep: true },
    )
  ).messages;
}

describe("a segment closes", () => {
  test("after flushMs from when a message came, however long the disk took", async () => {
    await seal([rich]);
    const written = parts.publish([10]);
    parts.elapsedMs += 30; // while it waits for its commit
    await written;
    await parts.pass(19);
    expect(counts()).toEqual([]);
    await parts.pass(1);
    expect(counts()).toEqual([1]);
  });

  test("after flushMs, not before", async () => {
    await seal([rich]);
    await parts.publish([10, 10]);
    await parts.pass(49);
    expect(counts()).toEqual([]);
    await parts.pass(1);
    expect(counts()).toEqual([2]);
  });

  test("at maxMessages, and at maxBytes before a message too much", async () => {
    await seal([rich]);
    await parts.publish([1, 1, 1, 1, 1, 1, 1, 1, 1]);
    await parts.pipeline.idle();
    expect(counts()).toEqual([4, 4]);
    await parts.pass(50);
    expect(counts()).toEqual([4, 4, 1]);
    await parts.publish([3000, 3000]);
    await parts.pipeline.idle();
    await parts.pass(50);
    expect(counts()).toEqual([4, 4, 1, 1, 1]);
    for (const { bodyBytes } of parts.sealed) expect(bodyBytes).toBeLessThanOrEqual(4096);
  });

  test("when its epoch ends, so that none spans two", async () => {
    await seal([rich], { segment: { flushMs: 10_000, maxMessages: 100, maxBytes: 4096 } });
    const epoch = Math.floor(parts.nowMs / 1000);
    await parts.pass(900);
    await parts.publish([5, 5]);
    await parts.pass(97); // three milliseconds before the boundary
    expect(parts.sealed.map(({ epoch, messageCount }) => [epoch, messageCount])).toEqual([[epoch, 2]]);
  });
});

test("takes the feed's devices and topics in their order, once, across restarts", async () => {
  const metadata = JSON.stringify({ feed: { devices: ["probe"], topics: ["air/#", "+/in"] } });
  await seal([rich], {}, metadata);
  await parts.publish([1], "probe", "air");
  await parts.publish([2], "other", "air");
  await parts.publish([3], "probe", "soil/in");
  await parts.publish([4], "probe", "soil/out");
  await parts.restart();
  await parts.publish([5], "probe", "air/x/y");
  await parts.pass(50);
  await parts.restart();
  await parts.pass(50);
  expect(counts()).toEqual([3]);
  expect((await read(0)).map(({ topic, payload }) => [topic, payload.length])).toEqual([
    ["air", 1],
    ["soil/in", 3],
    ["air/x/y", 5],
  ]);
});

test("a message that fits into no segment is refused before anything is written", async () => {
  await seal([rich]);
  await expect(parts.publish([4090])).rejects.toThrow(GatewayRefusal);
  await expect(parts.publish([4090])).rejects.toMatchObject({ name: "TooLarge", field: "payload" });
  expect(parts.journal.last()).toBe(0);
});

test("the journal's size is what is in it, whatever a topic's letters: after a refused commit, a restart, a trim", async () => {
  await seal([rich]);
  for (const topic of ["air", "è", "室", "🌡/🌡"]) await parts.publish([10, 0], "probe", topic);
  const size = parts.journal.bytes();
  const message = {
    hubId: HUB,
    device: "probe",
    topic: "🌡",
    timeMs: parts.nowMs,
    payload: new Uint8Array(9),
  };
  const refused = parts.journal.append([message], () => {
    throw new Error("written along");
  });
  await expect(refused).rejects.toThrow("written along");
  expect(parts.journal.bytes()).toBe(size);
  await parts.restart();
  expect(parts.journal.bytes()).toBe(size);
  await parts.db.commit(() => parts.journal.trimOlder([HUB], parts.nowMs + 1));
  expect(parts.journal.bytes()).toBe(0);
});

describe("an epoch's budget", () => {
  test("is half the smallest entry; the rest waits for the next epoch", async () => {
    // Eight messages of value 10 make the entry: four a second.
    await seal([plan(), plan({ entry: 1_000n }), rich]);
    await parts.publish(Array(11).fill(3));
    await parts.pass(60);
    expect(counts()).toEqual([4]);
    await parts.pass(500);
    expect(counts()).toEqual([4]);
    await parts.pass(500);
    expect(counts()).toEqual([4, 4]);
    await parts.restart(); // what an epoch holds is remembered
    await parts.pass(60);
    expect(counts()).toEqual([4, 4]);
    await parts.pass(1000);
    expect(counts()).toEqual([4, 4, 3]);
    expect(new Set(parts.sealed.map(({ epoch }) => epoch)).size).toBe(3);
  });

  test("counts the bytes of a plan that sells bytes", async () => {
    await seal([plan({ kind: 1, price: 1n, unit: 1n, entry: 2n * 4096n })]);
    await parts.publish(Array(9).fill(1000));
    await parts.pass(60);
    const held = () =>
      parts.sealed
        .filter(({ epoch }) => epoch === parts.pipeline.currentEpoch())
        .reduce((sum, { bodyBytes }) => sum + bodyBytes, 0);
    expect(held()).toBeGreaterThan(2000);
    expect(held()).toBeLessThanOrEqual(4096);
    for (let second = 0; second < 5; second += 1) await parts.pass(1000);
    expect(counts().reduce((a, b) => a + b)).toBe(9);
  });
});

describe("after a restart", () => {
  test("the same bytes are there to be sent again, and the line goes on behind them", async () => {
    await seal([rich]);
    await parts.publish([1, 2, 3, 4]);
    await parts.pass(50);
    const [before, generation] = [bytesOf(0), parts.pipeline.generation];
    await parts.restart();
    await parts.publish([5]);
    await parts.pass(50);
    expect(parts.pipeline.generation).toBe(generation);
    expect(bytesOf(0)).toEqual(before);
    const [first, second] = [parseSegment(bytesOf(0)).header, parseSegment(bytesOf(1)).header];
    expect(second.seq).toBe(1n);
    expect(second.prevHash).toEqual(segmentId(nativeCrypto, delivery, parseSegment(bytesOf(0)).headerBytes));
    expect(second.sealedAtMs).toBeGreaterThanOrEqual(first.sealedAtMs);
  });

  test("time never falls, whatever the computer's clock does", async () => {
    await seal([rich]);
    await parts.publish([1]);
    await parts.pass(50);
    parts.nowMs -= 3_600_000;
    await parts.restart();
    await parts.publish([2]);
    await parts.pass(50);
    const [first, second] = parts.sealed;
    expect(second!.sealedAtMs).toBeGreaterThanOrEqual(first!.sealedAtMs);
    expect(second!.epoch).toBeGreaterThanOrEqual(first!.epoch);
  });
});

test("no key seals two segments, over kills at any moment and old copies that are put back", async () => {
  const keys: string[] = [];
  const places: string[] = [];
  parts = await Parts.open(listingOf([rich]), undefined, {
    ...nativeCrypto,
    gcmSeal(key, plaintext, header) {
      // AES-GCM's nonce is always the same: only the key may not be.
      keys.push(hex(key));
      const { generation, seq } = decodeHeader(concat(header, new Uint8Array(HEADER_BYTES - header.length)));
      places.push(`${generation}/${seq}`);
      return nativeCrypto.gcmSeal(key, plaintext, header);
    },
  });
  const random = randomFrom(SEED);
  const images: string[] = [];
  for (let round = 0; round < 60; round += 1) {
    for (let n = random(4); n > 0; n -= 1) {
      await parts.publish([1 + random(50), 1 + random(50)]);
      await parts.pass(20 + random(400));
    }
    await parts.publish([1, 1, 1, 1]); // a full segment: it is being sealed at once
    for (let turns = random(6); turns > 0; turns -= 1) await new Promise(setImmediate);
    images.push(parts.image());
    if (random(3) === 0) await parts.pass(60); // after the copy
    // The newest is what a kill leaves; an older one was put back.
    await parts.restore(images[random(2) === 0 ? images.length - 1 : random(images.length)]!);
  }
  expect(new Set(keys).size).toBe(keys.length);
  // Numbers were sealed again, or nothing here could have gone wrong.
  expect(new Set(places).size).toBeLessThan(places.length);
});

describe("a padded listing", () => {
  const stored = () => parts.sealed.map(({ bodyBytes }) => bodyBytes);

  const padded = async (...args: Parameters<typeof listingOf>) => {
    parts = await Parts.open(listingOf(...args), undefined, undefined, true);
  };

  test("shows nobody how long its values are", async () => {
    await padded([rich]);
    for (const size of [2, 3, 180]) {
      await parts.publish([size]);
      await parts.pass(50);
    }
    expect(stored()).toEqual([256, 256, 256]);
    const messages = (await Promise.all([0, 1, 2].map(read))).flat();
    expect(messages.map(({ payload }) => payload.length)).toEqual([2, 3, 180]);
  });

  test("stays within its listing's limit", async () => {
    const segment = { flushMs: 50, maxMessages: 256, maxBytes: 1_000 };
    await padded([rich], { segment });
    // Three of them would fit, and not with what fills them up.
    await parts.publish([280, 280, 280]);
    await parts.pass(50);
    expect(counts()).toEqual([2, 1]);
    expect(stored()).toEqual([768, 512]);
    // One alone that leaves no room for it.
    await parts.publish([900]);
    await parts.pass(50);
    expect(stored()[2]).toBeLessThanOrEqual(1_000);
    expect(stored()[2]! % 256).not.toBe(0);
  });
});

describe("a new generation", () => {
  test("begins with other epochs or segment limits, at number 0, and never lower", async () => {
    await seal([rich]);
    await parts.publish([1]);
    await parts.pass(50);
    const before = parts.pipeline.generation;
    parts.listing = listingOf([rich], { epochLength: 10 });
    parts.pipeline.revise(parts.listing);
    await parts.publish([2]);
    await parts.pass(50);
    const last = parts.sealed.at(-1)!;
    expect(parts.generations).toEqual([last.generation]);
    expect(last).toMatchObject({ seq: 0n, messageCount: 1, epoch: Math.floor(last.sealedAtMs / 10_000) });
    expect(last.generation).toBeGreaterThan(before);
    expect(last.prevHash).toEqual(new Uint8Array(32));
  });

  test("that is asked for while another one is being written follows it", async () => {
    await seal([rich]);
    const { pipeline, db } = parts;
    const later = pipeline.generation + 1000;
    pipeline.renew();
    await db.commit(() => pipeline.renew(later, true));
    await pipeline.idle();
    expect(parts.generations).toHaveLength(2);
    expect(parts.generations[1]).toBeGreaterThanOrEqual(later);
    expect(pipeline.generation).toBe(parts.generations[1]);
    // One that names no number takes the next.
    pipeline.renew();
    await db.commit(() => pipeline.renew());
    await pipeline.idle();
    expect(parts.generations.slice(2)).toEqual([pipeline.generation - 1, pipeline.generation]);
    expect(pipeline.generation).toBe(parts.generations[1]! + 2);
  });

  test("lies above what a relay has seen", async () => {
    await seal([rich]);
    parts.pipeline.renew(parts.pipeline.generation + 1000);
    await parts.pipeline.idle();
    await parts.publish([1]);
    await parts.pass(50);
    expect(parts.sealed[0]!.generation).toBe(parts.generations[0]);
    expect(parts.generations[0]).toBeGreaterThanOrEqual(Math.floor(parts.nowMs / 1000) + 1000);
  });

  test("is waited for until the pipeline ends, and not after it has ended", async () => {
    await seal([rich]);
    const { pipeline } = parts;
    await pipeline.stop();
    await pipeline.turn();
    expect(parts.generations).toEqual([]);
  });
});
