// What a disk, a kernel and a power switch can do to the relay's file. WEIR_STORAGE_POINTS asks for more of each than everyday runs have.
//
// - kill -9 at the N-th storage call: what was acknowledged is there, whole and alone; the store goes on
// - the log cut at every byte of its last record: that record is gone or there, never half; opened again by the store as well (everyday runs: at each byte of
//   the frames' headers, and at samples of the pages)
// - one bit flipped anywhere in the file: what it changed is found; nothing altered is ever given out
// - one bit flipped in the log that a kill leaves: the store does not open, or what it changed was never acknowledged; a lost sector before the last two commits
//   as well; in the last commit it is a torn tail
// - a full disk at the N-th write: refused, nothing acknowledged lost; through the relay: publisher and paying reader refused, others served, and on when
//   there is room · any failed flush ends the process, also one of those that fold the log back, and the relay's too
//
// Longer than most: everything here shares the writer, what it stores, and the same look at what is left of it.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { decodeHeader, HEADER_BYTES, hex, readUint } from "@weir/sdk/core";
import { DamagedLog } from "@weir/sdk/disk";
import { segmentFrame } from "@weir/sdk/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundle } from "../../test/support/bundle.ts";
import { makeGrant } from "../../test/support/market.ts";
import {
  expectFlushesToCount,
  flushesOf,
  hasStrace,
  strace,
  write,
  writeWithout,
} from "../../test/support/strace.ts";
import { openDatabase } from "../src/store/database.ts";
import { ledgerStore } from "../src/store/ledger.ts";
import { SCHEMA } from "../src/store/schema.ts";
import { scrub } from "../src/store/scrub.ts";
import { segmentStore } from "../src/store/segments.ts";
import { readSegments, ScriptedBuyer, untilRefused } from "./support/buyer.ts";
import { ScriptedGateway, type Sealed } from "./support/gateway.ts";
import { spawnRelay } from "./support/process.ts";
import { startScene } from "./support/scene.ts";
import { accountAt, CHANNEL, COUNT, GENERATION, LISTING, segmentAt } from "./support/stored.ts";
import { FREE, METERED, PRICE, startWorld, type World } from "./support/world.ts";

const WRITER = new URL("support/store-writer.ts", import.meta.url).pathname;
const POINTS = Number(process.env.WEIR_STORAGE_POINTS ?? 100);
/** The disk fills up less often than a program is killed. */
const FULL_POINTS = Math.ceil(POINTS / 12);
const SEED = Number(process.env.WEIR_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Bytes of a body where every byte or bit of the file is tried. */
const SMALL = 300;
/** SQLite's write-ahead log: a header, then frames of a header of 24 bytes and a page (https://www.sqlite.org/fileformat.html#walformat). */
const LOG_HEADER_BYTES = 32;
const FRAME_BYTES = 24 + 4096;
const FILES = ["relay.db", "relay.db-wal"] as const;
/** With fewer points, pages are cut at every 37th byte only. */
const EVERY_BYTE_FROM = 1000;
/** The relay's disk is full from this write on, for so many: up to the first charge it writes 70 times, and each segment takes two at least. */
const FULL_FROM = 120;
const FULL_WRITES = 12;
/** Segments that are to be published meanwhile, and how many at once. */
const MADE = 60;
const RUN = 20;
/** Thousands of points take their time. */
const AT_LENGTH = { timeout: 3_600_000 };
const PLACE = { listingId: LISTING, generation: GENERATION, seq: 0n };

let folder: string;
/** The writer in one file: starting it is most of what a point costs. */
let writer: string;
let folders = 0;
const fresh = (): string => {
  const path = join(folder, String(folders++));
  mkdirSync(path);
  return path;
};

beforeAll(async () => {
  // Nothing here depends on the disk itself: memory is enough, and thousands of flushes cost nothing.
  folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "weir-storage-"));
  writer = await bundle(WRITER, folder);
  console.log(`WEIR_SEED=${SEED}`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Numbers from 0 below `bound`, the same for the same seed (mulberry32). */
function randomFrom(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}

function openStores(path: string) {
  const damaged: bigint[] = [];
  const database = openDatabase({
    file: join(path, "relay.db"),
    schema: SCHEMA,
    onFatal() {
      // The error is thrown as well, and each test judges it.
    },
  });
  const segments = segmentStore(database, ({ seq }) => void damaged.push(seq));
  return { database, segments, ledger: ledgerStore(database), damaged };
}

/** Everything that was promised is there, byte by byte, and nothing half; then one more record can be stored. */
async function expectSound(path: string, promised: number): Promise<number> {
  const { database, segments, ledger } = openStores(path);
  try {
    expect([...scrub(database)]).toEqual([]);
    const found = await segments.read(PLACE, Number.MAX_SAFE_INTEGER);
    expect(found.length).toBeGreaterThanOrEqual(promised);
    for (const [n, { bytes, segmentId, receivedAtMs }] of found.entries()) {
      const wanted = segmentAt(n);
      expect(Buffer.compare(bytes, wanted.bytes), `segment ${n}`).toBe(0);
      expect([hex(segmentId), receivedAtMs]).toEqual([hex(wanted.segmentId), wanted.receivedAtMs]);
    }
    const account = await ledger.get(CHANNEL);
    if (found.length === 0) expect(account).toBeNull();
    // Segment and charge were one group: both or neither.
    else
      expect(account).toEqual({
        ...accountAt(found.length - 1),
        revision: BigInt(found.length),
        confirmed: 0n,
      });
    await segments.append([segmentAt(found.length)]);
    expect((await segments.head(LISTING))?.header.seq).toBe(BigInt(found.length));
    return found.length;
  } finally {
    database.close();
  }
}

describe.skipIf(!hasStrace)("under strace", () => {
  test(`kill -9 at ${POINTS} storage calls: 0 acknowledged lost`, AT_LENGTH, async () => {
    const calls = ["pwrite64", "fsync,fdatasync", "ftruncate", "unlink"];
    const log = join(folder, "trace");
    const whole = await write(writer, fresh(), "-o", log, "-e", `trace=${calls}`);
    expect(whole).toMatchObject({ kept: COUNT, code: 0 });
    const counts = new Map<string, number>();
    for (const [, name] of readFileSync(log, "utf8").matchAll(/^(\w+)\(/gm))
      counts.set(name!, (counts.get(name!) ?? 0) + 1);
    // SQLite writes, flushes, cuts and removes; without each of them this test would look past something.
    expect([...counts.keys()].sort()).toEqual(expect.arrayContaining(["ftruncate", "pwrite64", "unlink"]));
    const random = randomFrom(SEED);
    const rare = [...counts].filter(([name]) => name !== "pwrite64");
    const pointAt = (i: number) => {
      const [name, count] =
        i % 3 === 0 ? rare[random(rare.length)]! : (["pwrite64", counts.get("pwrite64")!] as const);
      return { name, at: 1 + random(count) };
    };
    let tried = 0;
    let killed = 0;
    // A count may be one off from run to run: a point that was not reached is made up for.
    const worker = async () => {
      while (killed < POINTS && tried < 2 * POINTS) {
        const point = pointAt(tried++);
        const path = fresh();
        const inject = `inject=${point.name}:signal=SIGKILL:when=${point.at}`;
        const { kept, signal, code } = await write(
          writer,
          path,
          "-o",
          "/dev/null",
          "-e",
          `trace=${point.name}`,
          "-e",
          inject,
        );
        if (signal === "SIGKILL" || code === 137) killed += 1;
        await expectSound(path, kept);
        rmSync(path, { recursive: true });
      }
    };
    await Promise.all([worker(), worker()]);
    expect(killed).toBeGreaterThanOrEqual(POINTS);
  });

  test("a full disk at any write: refused, and nothing acknowledged is lost", AT_LENGTH, async () => {
    const random = randomFrom(SEED + 1);
    for (let i = 0; i < FULL_POINTS; i += 1) {
      const path = fresh();
      const at = 200 + random(3000);
      const { kept, refused } = await write(
        writer,
        path,
        "-o",
        "/dev/null",
        "-e",
        "trace=pwrite64",
        "-e",
        `inject=pwrite64:error=ENOSPC:when=${at}+`,
      );
      expect(refused, `at write ${at}`).toBe("DiskFull");
      expect(await expectSound(path, kept)).toBeLessThan(COUNT);
    }
  });

  test("any failed flush ends the process, and nothing acknowledged is lost", AT_LENGTH, async () => {
    const flushes = await flushesOf(writer, fresh(), join(folder, "flushes"));
    // One that folds the log back meanwhile, beside those of the beginning and the end.
    expect(flushes.filter(({ file }) => file === "relay.db").length).toBeGreaterThanOrEqual(3);
    await expectFlushesToCount(flushes, POINTS >= EVERY_BYTE_FROM, async (flush) => {
      const path = fresh();
      const written = await writeWithout(writer, path, flush);
      await expectSound(path, written.kept);
      rmSync(path, { recursive: true });
      return written;
    });
  });

  describe("the relay as a program", () => {
    let world: World;
    beforeAll(async () => {
      world = await startWorld();
    });
    afterAll(() => world.stop());

    /** strace's words for a relay to which its calls of these names fail. */
    const failing = (names: readonly string[], error: string, when: string) =>
      strace(
        ...["-o", "/dev/null", "-e", `trace=${names}`],
        ...names.flatMap((name) => ["-e", `inject=${name}:error=${error}:when=${when}`]),
      );

    test("a failed flush ends it before it acknowledges", async () => {
      const { listingId } = await world.listing("bad disk");
      const generation = Math.floor(Date.now() / 1000);
      const under = failing(["fsync", "fdatasync"], "EIO", "30+");
      const relay = await spawnRelay(world, fresh(), {}, under);
      const ended = once(relay.child, "exit");
      const gateway = await ScriptedGateway.start(world, relay, { listingId, generation });
      try {
        const { frames } = await gateway.publish();
        let acknowledged = 0;
        const publishing = (async () => {
          for (;;) {
            frames.write(segmentFrame((await gateway.seal()).bytes));
            await frames.expect("ACK");
            acknowledged += 1;
          }
        })();
        await expect(publishing).rejects.toThrow();
        const [code] = (await ended) as [number];
        expect(code).not.toBe(0);
        expect(acknowledged).toBeLessThan(30);
      } finally {
        await gateway.stop();
      }
    });

    test(
      "a full disk: publisher and paying reader are refused, nothing acknowledged or paid is lost, others read on",
      AT_LENGTH,
      async () => {
        const path = fresh();
        const under = failing(["pwrite64"], "ENOSPC", `${FULL_FROM}..${FULL_FROM + FULL_WRITES}`);
        const relay = await spawnRelay(world, path, { WEIR_PARENT_WATCH: "1" }, under);
        const ended = once(relay.child, "exit");
        const listing = await world.listing("full disk");
        // Before the scene's epoch begins.
        const free = await makeGrant(world.chain, listing, { plan: FREE, amount: 0n });
        const reader = await ScriptedBuyer.start(world, relay, free);
        const scene = await startScene(world, relay, "full disk", METERED, listing);
        const { gateway } = scene;
        try {
          const made = await scene.segments(1, 1, 1);
          const paying = await scene.session({ ahead: MADE, credit: 1 });
          expect(await readSegments(paying, 1)).toEqual([0n]);
          const sealedAtMs = scene.epoch * 1000 + 999;
          while (made.length < MADE) made.push(await gateway.seal({ sealedAtMs, text: randomText() }));

          let acknowledged = 2;
          const refusals: string[] = [];
          while (refusals.length === 0 && acknowledged < MADE - 1)
            acknowledged = await publish(gateway, made, acknowledged, refusals);
          expect(acknowledged).toBeLessThan(MADE - 1);
          paying.send("CREDIT", { bytes: 1 << 20 });
          expect(await untilRefused(paying)).toMatchObject({ name: "DiskFull", segments: 0 });
          const frames = await reader.open({ fromStart: true });
          expect(await readSegments(frames, acknowledged + 1)).toEqual(numbers(0, acknowledged));

          while (acknowledged < MADE - 1) acknowledged = await publish(gateway, made, acknowledged, refusals);
          expect(new Set(refusals)).toEqual(new Set(["DiskFull"]));
          const again = await scene.session({ sessionNo: 2n, fromSeq: 1n, before: 1, ahead: MADE });
          expect(await readSegments(again, MADE - 1)).toEqual(numbers(1, MADE - 1));
          relay.child.stdin.end();
          expect((await ended)[0]).toBe(0);

          await expectStored(path, gateway, made);
          const { database, ledger } = openStores(path);
          const account = await ledger.get(scene.buyer.channelId);
          const bought = await ledger.bought(scene.buyer.channelId);
          database.close();
          expect(account).toMatchObject({ accrued: BigInt(MADE) * PRICE, nextSeq: BigInt(MADE) });
          expect(bought).toMatchObject([{ fromSeq: 0n, toSeq: BigInt(MADE - 1) }]);
        } finally {
          relay.child.stdin.end();
          await reader.stop();
          await scene.stop();
        }
      },
    );

    /** A run at once, so that some are still being judged while an earlier one finds no room. Gives the number of the last that was acknowledged. */
    async function publish(
      gateway: ScriptedGateway,
      made: readonly Sealed[],
      acknowledged: number,
      refusals: string[],
    ): Promise<number> {
      const { frames, head } = await gateway.publish();
      const stored = head.head ? Number(decodeHeader(head.head.subarray(0, HEADER_BYTES)).seq) : -1;
      expect(stored).toBeGreaterThanOrEqual(acknowledged);
      const run = made.slice(stored + 1, stored + 1 + RUN);
      for (const { bytes } of run) frames.write(segmentFrame(bytes));
      let last = stored;
      while (last < stored + run.length) {
        const said = await frames.read();
        if (said?.type === "REFUSED") {
          refusals.push(said.name);
          return last;
        }
        if (said?.type !== "ACK") throw new Error(`${said?.type ?? "an end"} came in place of ACK`);
        last = Number(said.seq);
      }
      frames.abort(new Error("enough"));
      return last;
    }

    /** All of it, in order and byte by byte. */
    async function expectStored(
      path: string,
      { listingId, generation }: ScriptedGateway,
      made: readonly Sealed[],
    ) {
      const { database, segments } = openStores(path);
      const found = await segments.read({ listingId, generation, seq: 0n }, Number.MAX_SAFE_INTEGER);
      database.close();
      expect(found.map(({ bytes }) => hex(bytes))).toEqual(made.map(({ bytes }) => hex(bytes)));
    }
  });
});

/** What deflates little: a segment of it fills a page. */
const randomText = (): string => randomBytes(2_700).toString("base64");

/** Segment numbers, inclusive. */
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => BigInt(from + i));

test(
  "the log cut anywhere in its last record: the record is gone, the others are whole",
  AT_LENGTH,
  async () => {
    const path = fresh();
    const { database, segments, ledger } = openStores(path);
    const account = accountAt(-1);
    const store = (n: number) => {
      Object.assign(account, { ...accountAt(n), revision: account.revision });
      return Promise.all([segments.append([segmentAt(n, SMALL)]), ledger.save(account)]);
    };
    const log = join(path, "relay.db-wal");
    for (let n = 0; n < 3; n += 1) await store(n);
    const before = statSync(log).size;
    await store(3);
    const after = statSync(log).size;
    const image = fresh();
    for (const name of ["relay.db", "relay.db-wal"]) copyFileSync(join(path, name), join(image, name));
    database.close();

    const wrong = (size: number, what: string) =>
      new Error(`cut at ${size} of ${before} to ${after}: ${what}`);
    // Every byte, by a reader of the file that leaves it as it is: cut shorter and shorter.
    const read = fresh();
    for (const name of ["relay.db", "relay.db-wal"]) copyFileSync(join(image, name), join(read, name));
    for (let size = after; size >= before; size -= 1) {
      rmSync(join(read, "relay.db-shm"), { force: true });
      truncateSync(join(read, "relay.db-wal"), size);
      const raw = new DatabaseSync(join(read, "relay.db"), { readOnly: true });
      const row = raw.prepare(
        "SELECT (SELECT count(*) FROM segments) AS n, (SELECT total FROM accounts) AS total",
      );
      const { n, total } = row.get() as { n: number; total: Uint8Array };
      raw.close();
      const whole = size === after ? 4 : 3;
      if (n !== whole || readUint(total) !== accountAt(whole - 1).total)
        throw wrong(size, `${n} segments, total ${readUint(total)}`);
    }
    // And by the store itself, which writes when it opens: all of the frames' headers, and of their pages some, or with many points each byte.
    const cut = fresh();
    for (let size = before; size <= after; size += 1) {
      const inFrame = (size - LOG_HEADER_BYTES) % FRAME_BYTES;
      if (POINTS < EVERY_BYTE_FROM && inFrame > 32 && inFrame % 37 !== 0 && size !== after) continue;
      for (const name of ["relay.db", "relay.db-wal"]) copyFileSync(join(image, name), join(cut, name));
      rmSync(join(cut, "relay.db-shm"), { force: true });
      truncateSync(join(cut, "relay.db-wal"), size);
      const raw = openStores(cut);
      const found = await raw.segments.read(PLACE, Number.MAX_SAFE_INTEGER);
      const paid = (await raw.ledger.get(CHANNEL))?.total;
      raw.database.close();
      const whole = size === after ? 4 : 3;
      if (found.length !== whole || paid !== accountAt(whole - 1).total)
        throw wrong(size, `${found.length} segments, total ${paid}`);
    }
    expect(after - before).toBeGreaterThan(8_000);
  },
);

test(
  "one flipped bit anywhere is found where it changed anything, and is never served",
  AT_LENGTH,
  async () => {
    const path = fresh();
    const made = openStores(path);
    for (let n = 0; n < 12; n += 1) await made.segments.append([segmentAt(n, SMALL)]);
    const account = accountAt(11);
    await made.ledger.save(account, {
      opened: [{ generation: GENERATION, epochFrom: 10, epochTo: 11 }],
      bought: [{ generation: GENERATION, fromSeq: 0n, toSeq: 11n }],
    });
    await made.segments.keepEvidence({ ...segmentAt(3, SMALL), segmentId: segmentAt(4).segmentId });
    made.database.close();
    const sound = readFileSync(join(path, "relay.db"));
    const wanted = await contents(path);

    const random = randomFrom(SEED + 2);
    const flips = POINTS * 10;
    let found = 0;
    for (let i = 0; i < flips; i += 1) {
      const damaged = Buffer.from(sound);
      const at = random(damaged.length);
      const bit = random(8);
      damaged[at]! ^= 1 << bit;
      const place = fresh();
      writeFileSync(join(place, "relay.db"), damaged);
      const seen = await contents(place).catch((error: Error) => error);
      rmSync(place, { recursive: true });
      if (seen instanceof Error) {
        found += 1;
        continue;
      }
      for (const [n, bytes] of seen.served)
        if (wanted.served.get(n) !== bytes)
          throw new Error(`byte ${at}, bit ${bit}: altered segment ${n} served`);
      if (seen.damage.length > 0) found += 1;
      else if (seen.all !== wanted.all)
        throw new Error(`byte ${at}, bit ${bit}: changed something unnoticed`);
    }
    console.log(`${found} of ${flips} flips found; the others changed nothing that is stored`);
    // Most of a small file is room that nothing uses.
    expect(found).toBeGreaterThan(flips / 20);
  },
);

describe("one flipped bit of the log", () => {
  /** The files of a store as a kill leaves them, and what is in them. */
  async function lived(records: number) {
    const path = fresh();
    const { database, segments, ledger } = openStores(path);
    const account = accountAt(-1);
    for (let n = 0; n < records; n += 1) {
      Object.assign(account, { ...accountAt(n), revision: account.revision });
      await Promise.all([segments.append([segmentAt(n, SMALL)]), ledger.save(account)]);
    }
    const [file, log] = FILES.map((name) => readFileSync(join(path, name))) as [Buffer, Buffer];
    database.close();
    return { file, log };
  }

  async function opened(file: Buffer, log: Buffer) {
    const place = fresh();
    writeFileSync(join(place, FILES[0]), file);
    writeFileSync(join(place, FILES[1]), log);
    const seen = await contents(place).catch((error: Error) => error);
    rmSync(place, { recursive: true });
    return seen;
  }

  test("is found wherever it is, the last commit with it", AT_LENGTH, async () => {
    const { file, log } = await lived(5);
    const random = randomFrom(SEED + 3);
    expect(await opened(file, log)).not.toBeInstanceOf(Error);
    for (let i = 0; i < POINTS * 3; i += 1) {
      const damaged = Buffer.from(log);
      // A third of them in headers, which are less than a hundredth of it.
      const frame = LOG_HEADER_BYTES + FRAME_BYTES * random(Math.floor(log.length / FRAME_BYTES));
      const at = [
        random(log.length),
        random(log.length),
        i % 2 ? random(LOG_HEADER_BYTES) : frame + random(24),
      ][i % 3]!;
      const bit = random(8);
      damaged[at]! ^= 1 << bit;
      const seen = await opened(file, damaged);
      if (!(seen instanceof DamagedLog)) throw new Error(`byte ${at}, bit ${bit}: ${seen}`);
    }
  });

  test.skipIf(!hasStrace)(
    "of a program that was killed is found, or was never acknowledged",
    AT_LENGTH,
    async () => {
      const random = randomFrom(SEED + 4);
      let found = 0;
      for (let i = 0; i < FULL_POINTS; i += 1) {
        const path = fresh();
        const kill = `inject=pwrite64:signal=SIGKILL:when=${200 + random(3000)}`;
        const { kept } = await write(writer, path, "-o", "/dev/null", "-e", "trace=pwrite64", "-e", kill);
        const [file, log] = FILES.map((name) => readFileSync(join(path, name))) as [Buffer, Buffer];
        for (let j = 0; j < 8; j += 1) {
          const damaged = Buffer.from(log);
          const at = random(log.length);
          damaged[at]! ^= 1 << random(8);
          const seen = await opened(file, damaged);
          if (seen instanceof DamagedLog) found += 1;
          else if (seen instanceof Error) throw seen;
          else {
            expect(seen.damage).toEqual([]);
            expect(seen.served.size, `byte ${at}`).toBeGreaterThanOrEqual(kept);
          }
        }
      }
      expect(found).toBeGreaterThan(0);
    },
  );

  test("a sector that was lost is found where another commit stands behind, and is a torn tail in the last one", async () => {
    const { file, log } = await lived(5);
    const commits = Array.from({ length: Math.floor(log.length / FRAME_BYTES) }, (_, n) => n).filter(
      (n) => log.readUInt32BE(LOG_HEADER_BYTES + n * FRAME_BYTES + 4) !== 0,
    );
    const [, third, second, last] = commits.slice(-4) as [number, number, number, number];
    for (let n = 0; n <= last; n += 1) {
      const damaged = Buffer.from(log);
      const at = LOG_HEADER_BYTES + n * FRAME_BYTES;
      damaged.fill(0, at, at + 512);
      const seen = await opened(file, damaged);
      if (n <= third) expect(seen, `frame ${n}`).toBeInstanceOf(DamagedLog);
      // Frames reach the disk in any order: those of the last commit that did say nothing about the one that did not.
      else if (n > second) expect(seen, `frame ${n}`).toMatchObject({ damage: [], served: { size: 4 } });
    }
  });
});

/** What is served, all rows as text, and what is reported as damaged. Throws where the store refuses. */
async function contents(path: string) {
  const { database, segments, ledger, damaged } = openStores(path);
  try {
    const found = await segments.read(PLACE, Number.MAX_SAFE_INTEGER);
    const served = new Map(found.map(({ header, bytes }) => [header.seq, hex(bytes)]));
    const head = await segments.head(LISTING);
    const account = await ledger.get(CHANNEL);
    const damage = [...damaged.map(String), ...scrub(database)];
    const tables = ["segments", "heads", "evidence", "accounts", "opened", "bought", "covers"];
    // Without the columns' names: one whose letters a flip has made capitals is the same column.
    const rows = tables.map((table) =>
      database
        .prepare(`SELECT * FROM ${table}`)
        .all()
        .map((row) => Object.values(row)),
    );
    const all = JSON.stringify([rows, head, account], (_, value) =>
      typeof value === "bigint" ? String(value) : value instanceof Uint8Array ? hex(value) : value,
    );
    return { served, all, damage };
  } finally {
    database.close();
  }
}
