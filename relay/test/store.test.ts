// The stores on a real file.
//
// - a group is all or nothing for each job: a job that throws undoes itself and nothing else
// - a full disk refuses by name, keeps serving, and takes writes again when there is room
// - segments: order, no hole, runs by bytes, epochs, heads across generations and after a trim, which a flooding listing pays for itself; a damaged record is a gap, and is named by a look through
// - ledger: compare-and-set, amounts of 96 bits, joined intervals, unconfirmed vouchers, damaged rows, one that is read again
// - covers: the one that reaches furthest; narrower ones make room; a grant that has very many drops its own

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Bytes, encodeHeader, type Header, type Hex, hex } from "@weir/sdk/core";
import { lockFolder } from "@weir/sdk/disk";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkStore } from "../src/check.ts";
import { MAX_COVERS } from "../src/limits.ts";
import { accounts } from "../src/services/accounts.ts";
import { coverStore } from "../src/store/covers.ts";
import { type Database, openDatabase } from "../src/store/database.ts";
import { LedgerConflict, ledgerStore, newAccount } from "../src/store/ledger.ts";
import { SCHEMA } from "../src/store/schema.ts";
import { type Segment, segmentStore } from "../src/store/segments.ts";

let folder: string;
let database: Database;
const file = () => join(folder, "relay.db");
const damaged: bigint[] = [];

function open(): Database {
  return openDatabase({
    file: file(),
    schema: SCHEMA,
    onFatal(error) {
      throw error;
    },
  });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "weir-store-"));
  database = open();
  damaged.length = 0;
});

afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

const store = () => segmentStore(database, ({ seq }) => void damaged.push(seq));
const random = (length: number) => globalThis.crypto.getRandomValues(new Uint8Array(length)) as Bytes;

function segment(seq: bigint, more: Partial<Header> = {}, bodyBytes = 100): Segment {
  const header: Header = {
    listingId: 7n,
    generation: 1,
    epoch: 10,
    seq,
    sealedAtMs: 1000,
    messageCount: 1,
    bodyBytes,
    ciphertextBytes: bodyBytes + 16,
    flags: 0,
    publisherKeyId: 0,
    salt: random(16),
    prevHash: random(32),
    plaintextRoot: random(32),
    keyCommit: random(32),
    ciphertextRoot: random(32),
    ...more,
  };
  const bytes = new Uint8Array(195 + 64 + bodyBytes + 16);
  bytes.set(encodeHeader(header));
  return { header, segmentId: random(32), bytes, receivedAtMs: 5 };
}

const numbers = (segments: readonly Segment[]) => segments.map(({ header }) => header.seq);

test("a job that throws undoes itself and nothing else of its group", async () => {
  const insert = database.prepare("INSERT INTO covers VALUES (?, 0, ?, 0, 0, x'00', 0)");
  const fine = (n: number) => database.write(() => void insert.run(new Uint8Array(32), n));
  const results = await Promise.allSettled([
    fine(1),
    database.write(() => {
      insert.run(new Uint8Array(32), 2);
      throw new RangeError("no");
    }),
    database.write(() => void insert.run(new Uint8Array(32), 1)), // breaks the primary key
    fine(3),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
  expect(
    database
      .prepare("SELECT epoch_from AS e FROM covers ORDER BY e")
      .all()
      .map(({ e }) => e),
  ).toEqual([1n, 3n]);
});

test("a file of another layout is refused, and left as it is", () => {
  database.close();
  const raw = new DatabaseSync(file());
  raw.exec("PRAGMA user_version = 1");
  raw.close();
  expect(() => open()).toThrow(/relay\.db was written by another version/);
  rmSync(file());
  database = open();
});

test("a full disk refuses by name, keeps serving, and recovers", async () => {
  const segments = store();
  await segments.append([segment(0n)]);
  database.limitPages(1);
  await expect(segments.append([segment(1n, {}, 60_000)])).rejects.toMatchObject({ name: "DiskFull" });
  expect(numbers(await segments.read({ listingId: 7n, generation: 1, seq: 0n }, 1e6))).toEqual([0n]);
  expect((await segments.head(7n))?.header.seq).toBe(0n);
  database.limitPages(1_000_000);
  await segments.append([segment(1n, {}, 60_000)]);
  expect((await segments.head(7n))?.header.seq).toBe(1n);
});

test("segments are read in order, by bytes and by epoch", async () => {
  const segments = store();
  const huge = 2n ** 64n - 1n; // the highest listing id there can be
  await segments.append([segment(0n, { listingId: huge }), segment(1n, { epoch: 11, listingId: huge })]);
  await segments.append([segment(0n), segment(1n), segment(2n, { epoch: 12 }), segment(3n, { epoch: 12 })]);
  const size = segment(0n).bytes.length;
  expect(numbers(await segments.read({ listingId: 7n, generation: 1, seq: 1n }, size * 2))).toEqual([1n, 2n]);
  expect(numbers(await segments.read({ listingId: 7n, generation: 1, seq: 1n }, 1))).toEqual([1n]);
  expect(numbers(await segments.read({ listingId: huge, generation: 1, seq: 1n }, 1e6))).toEqual([1n]);
  expect(await segments.firstInEpoch(7n, 1, 11)).toEqual({ seq: 2n, epoch: 12 });
  expect(await segments.head(7n)).toMatchObject({ header: { seq: 3n }, epochFirstSeq: 2n });
  expect((await segments.heads()).map(({ header }) => header.listingId)).toEqual([huge, 7n]);
});

test("a number is stored once, and the first stays", async () => {
  const segments = store();
  const first = segment(0n);
  await segments.append([first]);
  await expect(segments.append([segment(0n)])).rejects.toMatchObject({ name: "OutOfLine" });
  const [kept] = await segments.read({ listingId: 7n, generation: 1, seq: 0n }, 1);
  expect(hex(kept!.segmentId)).toBe(hex(first.segmentId));
});

test("nothing is stored behind a hole, wherever the line began", async () => {
  const segments = store();
  await segments.append([segment(40n)]);
  // One group: what was to be in between finds no room, what comes behind it does.
  const attempts = await Promise.allSettled([
    segments.append([segment(42n)]),
    segments.append([segment(41n), segment(43n)]),
    segments.append([segment(41n)]),
    segments.append([segment(43n)]),
    segments.append([segment(0n, { generation: 2 })]),
  ]);
  expect(attempts.map(({ status }) => status)).toEqual([
    ...["rejected", "rejected"],
    "fulfilled",
    "rejected",
    "fulfilled",
  ]);
  expect(numbers(await segments.read({ listingId: 7n, generation: 1, seq: 0n }, 1e6))).toEqual([40n, 41n]);
  await segments.trim({ beforeMs: 6, maxBytes: 1e9 });
  await expect(segments.append([segment(43n)])).rejects.toThrow(/segment 43 .* does not follow .* 41/);
});

test("a trim drops the oldest and keeps heads; generations follow each other", async () => {
  const segments = store();
  const size = segment(0n).bytes.length;
  for (let seq = 0n; seq < 10n; seq += 1n) await segments.append([segment(seq)]);
  expect(await segments.trim({ beforeMs: 0, maxBytes: 4 * size })).toBe(6);
  expect(numbers(await segments.read({ listingId: 7n, generation: 1, seq: 0n }, 1e6))).toEqual([
    6n,
    7n,
    8n,
    9n,
  ]);
  expect(await segments.trim({ beforeMs: 6, maxBytes: 1e9 })).toBe(4);
  expect((await segments.head(7n))?.header.seq).toBe(9n);
  await segments.append([segment(0n, { generation: 4 })]);
  expect(await segments.generationAfter(7n, 1)).toBe(4);
  expect(await segments.generationAfter(7n, 4)).toBeNull();
  expect((await segments.head(7n))?.header.generation).toBe(4);
  expect((await segments.head(7n, 1))?.header.seq).toBe(9n);
});

test("a listing that floods the store drops its own segments, also behind a restart", async () => {
  const stored = async (listingId: bigint) =>
    numbers(await store().read({ listingId, generation: 1, seq: 0n }, 1e6));
  const flooding = 2n ** 64n - 1n;
  const flood = (from: bigint, to: bigint) =>
    Array.from({ length: Number(to - from) }, (_, n) => segment(from + BigInt(n), { listingId: flooding }));
  const size = segment(0n).bytes.length;
  const first = store();
  await first.append([segment(0n), segment(1n)]);
  await first.append(flood(0n, 600n));
  expect(await first.trim({ beforeMs: 0, maxBytes: 42 * size })).toBe(560);
  expect(await stored(7n)).toEqual([0n, 1n]);
  expect(await stored(flooding)).toHaveLength(40);
  const again = store();
  await again.append(flood(600n, 610n));
  expect(await again.trim({ beforeMs: 0, maxBytes: 12 * size })).toBe(40);
  expect(await stored(7n)).toEqual([0n, 1n]);
  expect((await stored(flooding)).at(0)).toBe(600n);
  // With age it is as ever, and what is gone counts no more.
  expect(await again.trim({ beforeMs: 6, maxBytes: 1e9 })).toBe(12);
  expect(await again.trim({ beforeMs: 0, maxBytes: 0 })).toBe(0);
});

test("a flipped bit on the disk is a gap, and is told", async () => {
  await store().append([segment(0n), segment(1n), segment(2n)]);
  database.close();
  const raw = new DatabaseSync(file());
  raw.exec(
    "UPDATE segments SET bytes = CAST(substr(bytes, 1, 300) || x'ff' || substr(bytes, 302) AS BLOB) WHERE seq = 1",
  );
  raw.close();
  database = open();
  expect(numbers(await store().read({ listingId: 7n, generation: 1, seq: 0n }, 1e6))).toEqual([0n, 2n]);
  expect(damaged).toEqual([1n]);
});

test("a flipped bit in a head: it is made anew from its newest segment, and otherwise keeps no other listing back", async () => {
  const inNext = (seq: bigint) => segment(seq, { epoch: 11 });
  await store().append([segment(0n), segment(1n, { epoch: 11 }), inNext(2n), segment(0n, { listingId: 8n })]);
  const sound = await store().head(7n, 1);
  const damage = async (sql: string) => {
    database.close();
    const raw = new DatabaseSync(file());
    raw.exec(sql);
    raw.close();
    damaged.length = 0;
    database = open();
  };
  await damage("UPDATE heads SET epoch_first_seq = 0 WHERE listing_id = 7");
  expect(await store().head(7n)).toEqual(sound);
  expect(await store().heads()).toHaveLength(2);
  expect(damaged).toEqual([2n, 2n]);
  // What is stored next does not begin a hole, and its head is whole again.
  await expect(store().append([inNext(4n)])).rejects.toThrow("does not follow");
  await store().append([inNext(3n)]);
  damaged.length = 0;
  expect(await store().head(7n)).toMatchObject({ header: { seq: 3n }, epochFirstSeq: 1n });
  expect(damaged).toEqual([]);

  await damage("UPDATE heads SET generation = 3 WHERE listing_id = 7");
  expect(await store().head(7n, 1)).toMatchObject({ header: { seq: 3n }, epochFirstSeq: 1n });
  await expect(store().append([inNext(5n)])).rejects.toThrow("does not follow");

  await damage("DELETE FROM segments WHERE listing_id = 7");
  await expect(store().head(7n)).rejects.toThrow("a record of heads was changed");
  expect(await store().heads()).toMatchObject([{ header: { listingId: 8n } }]);
  expect(damaged).toEqual([3n, 3n]);
});

test("a look through the store names each record that the disk has changed, and a folder that is in use or empty", async () => {
  const look = () => {
    const said: string[] = [];
    return { code: checkStore(folder, (line) => said.push(line)), said };
  };
  await store().append([segment(0n), segment(1n)]);
  database.close();
  expect(look()).toEqual({ code: 0, said: [`${file()} is whole`] });
  const unlock = lockFolder(folder, "relay");
  expect(look()).toMatchObject({ code: 3, said: [expect.stringContaining(`the folder ${folder}`)] });
  unlock();
  const raw = new DatabaseSync(file());
  raw.exec("UPDATE segments SET received_at_ms = received_at_ms + 1");
  raw.close();
  const changed = (seq: number) =>
    expect.stringMatching(new RegExp(`segments was changed .* listing_id 7, generation 1, seq ${seq}$`));
  expect(look()).toEqual({ code: 3, said: [changed(0), changed(1)] });
  rmSync(file());
  expect(look()).toMatchObject({ code: 2, said: [expect.stringMatching(/^WEIR_DATA_DIR: /)] });
  database = open();
});

const channel: Hex = `0x${"ab".repeat(32)}`;
const grant: Hex = `0x${"cd".repeat(32)}`;

test("a ledger row is written by compare-and-set", async () => {
  const ledger = ledgerStore(database);
  const account = newAccount(channel, 7n, grant);
  account.total = 2n ** 96n - 1n;
  account.signature = random(64);
  account.accrued = 2n ** 128n - 1n;
  const saved = [ledger.save(account), ledger.save(account)]; // one group
  await Promise.all(saved);
  const read = (await ledger.get(channel))!;
  expect(read).toEqual(account);
  expect(read.revision).toBe(2n);
  read.accrued = 5n;
  await ledger.save(read);
  account.accrued = 6n;
  await expect(ledger.save(account)).rejects.toBeInstanceOf(LedgerConflict);
  await expect(ledger.save(newAccount(channel, 7n, grant))).rejects.toBeInstanceOf(LedgerConflict);
  expect((await ledger.get(channel))!.accrued).toBe(5n);
});

test("a rolled back write leaves the account as it was", async () => {
  const ledger = ledgerStore(database);
  const account = newAccount(channel, 7n, grant);
  await ledger.save(account);
  database.limitPages(1);
  const saves = [1, 2].map(() => ledger.save(account, { bought: manyRuns() }));
  for (const save of saves) await expect(save).rejects.toMatchObject({ name: "DiskFull" });
  expect(account.revision).toBe(1n);
  database.limitPages(1_000_000);
  await ledger.save(account, { bought: manyRuns() });
  expect((await ledger.get(channel))!.revision).toBe(2n);
});

const manyRuns = () =>
  Array.from({ length: 2_000 }, (_, index) => ({
    generation: 1,
    fromSeq: BigInt(3 * index),
    toSeq: BigInt(3 * index),
  }));

test("intervals that touch are joined", async () => {
  const ledger = ledgerStore(database);
  const account = newAccount(channel, 7n, grant);
  const bought = (fromSeq: bigint, toSeq: bigint) =>
    ledger.save(account, { bought: [{ generation: 1, fromSeq, toSeq }] });
  await bought(0n, 4n);
  await bought(5n, 9n);
  await bought(3n, 6n); // again, in a later session
  await bought(20n, 21n);
  expect(await ledger.bought(channel)).toEqual([
    { generation: 1, fromSeq: 0n, toSeq: 9n },
    { generation: 1, fromSeq: 20n, toSeq: 21n },
  ]);
  await ledger.save(account, {
    opened: [
      { generation: 1, epochFrom: 5, epochTo: 5 },
      { generation: 1, epochFrom: 6, epochTo: 6 },
    ],
  });
  expect(await ledger.opened(channel, 1)).toEqual([{ generation: 1, epochFrom: 5, epochTo: 6 }]);
});

test("vouchers stay unconfirmed until the gateway names their total or a higher one", async () => {
  const ledger = ledgerStore(database);
  const account = { ...newAccount(channel, 7n, grant), total: 300n, signature: random(64) };
  await ledger.save(account);
  expect((await ledger.unconfirmed(7n)).map(({ total }) => total)).toEqual([300n]);
  await ledger.confirm(7n, channel, 299n);
  expect(await ledger.unconfirmed(7n)).toHaveLength(1);
  await ledger.confirm(7n, channel, 300n);
  expect(await ledger.unconfirmed(7n)).toHaveLength(0);
  account.total = 301n;
  await ledger.save(account); // what it remembers as confirmed is older than what is stored
  expect((await ledger.unconfirmed(7n)).map(({ total, confirmed }) => [total, confirmed])).toEqual([
    [301n, 300n],
  ]);
});

test("a confirmation beyond what is here confirms what is here", async () => {
  // The relay was put back from a copy: the gateway stored more than it still holds.
  const ledger = ledgerStore(database);
  const account = { ...newAccount(channel, 7n, grant), total: 300n, signature: random(64) };
  await ledger.save(account);
  await ledger.confirm(7n, channel, 400n);
  expect(await ledger.unconfirmed(7n)).toHaveLength(0);
  account.total = 350n;
  await ledger.save(account);
  expect((await ledger.unconfirmed(7n)).map(({ total }) => total)).toEqual([350n]);
});

test("a damaged account keeps no other from its gateway, and no gateway touches it or another listing's", async () => {
  const ledger = ledgerStore(database);
  const fine: Hex = `0x${"ef".repeat(32)}`;
  for (const channelId of [channel, fine])
    await ledger.save({ ...newAccount(channelId, 7n, grant), total: 300n, signature: random(64) });
  database.close();
  const raw = new DatabaseSync(file());
  raw.prepare("UPDATE accounts SET accrued = x'01' WHERE channel_id = ?").run(Buffer.alloc(32, 0xab));
  raw.close();
  database = open();
  const again = ledgerStore(database);
  const unconfirmed = async () => (await again.unconfirmed(7n)).map(({ channelId }) => channelId);
  expect(await unconfirmed()).toEqual([fine]);
  await again.confirm(7n, channel, 300n);
  await expect(again.get(channel)).rejects.toMatchObject({ name: "CorruptRecord" });
  await again.confirm(8n, fine, 300n);
  expect(await unconfirmed()).toEqual([fine]);
  await again.confirm(7n, fine, 300n);
  expect(await unconfirmed()).toEqual([]);
});

test("a row that could not be read once is read again by the next user", async () => {
  const ledger = ledgerStore(database);
  await ledger.save({ ...newAccount(channel, 7n, grant), total: 300n, signature: random(64) });
  const rows = accounts(ledger);
  const change = database.prepare("UPDATE accounts SET checksum = checksum + ?");
  change.run(1);
  const takes = [rows.take(channel, 7n, grant), rows.take(channel, 7n, grant)];
  for (const { status } of await Promise.allSettled(takes)) expect(status).toBe("rejected");
  change.run(-1);
  expect(await rows.take(channel, 7n, grant)).toMatchObject({ total: 300n });
});

test("the cover that reaches furthest is found", async () => {
  const covers = coverStore(database);
  const range = (epochFrom: number, epochTo: number) => ({ generation: 1, epochFrom, epochTo });
  await covers.put(grant, range(0, 10), random(8));
  await covers.put(grant, range(5, 20), random(8));
  expect(await covers.find(grant, range(6, 7))).toMatchObject({ epochTo: 20 });
  expect(await covers.find(grant, range(2, 3))).toMatchObject({ epochTo: 10 });
  expect(await covers.find(grant, range(21, 22))).toBeNull();
  await covers.put(grant, range(0, 30), random(8));
  expect(database.prepare("SELECT count(*) AS n FROM covers").get()!.n).toBe(1n);
  await covers.drop(grant);
  expect(await covers.find(grant, range(6, 7))).toBeNull();
});

test("a grant that fills the covers drops its own", async () => {
  const covers = coverStore(database);
  const range = { generation: 1, epochFrom: 0, epochTo: 10 };
  await covers.put(grant, range, random(8)); // the oldest of all
  const flooding = new Uint8Array(32).fill(9);
  const later = Date.now() + 1;
  database
    .prepare(
      `INSERT INTO covers WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       SELECT ?, i, 0, 10, ? + i, x'00', 0 FROM n`,
    )
    .run(MAX_COVERS, flooding, later);
  await covers.put(hex(flooding), { ...range, generation: MAX_COVERS + 1 }, random(8));
  expect(await covers.find(grant, range)).toMatchObject({ epochTo: 10 });
  expect(database.prepare("SELECT count(*) AS n FROM covers").get()!.n).toBe(BigInt(MAX_COVERS) + 2n - 100n);
});
