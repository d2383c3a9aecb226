// Files and programs in the place of a device.
//
// file: JSON lines and a table, each record once and in order · kill -9 at five random points · waits for device and listing · grows
// refused: another file under the same name · a broken record, named, while the gateway goes on
// program: what it prints, and again after it has ended
import { randomInt } from "node:crypto";
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type RunningGateway, startWorld, type World } from "./support/world.ts";

let world: World;
let gateway: RunningGateway | undefined;

beforeAll(async () => {
  world = await startWorld();
  for (const name of ["table", "lines", "broken", "program", "growing"]) await world.device(name);
  await world.listing("all of the hub");
});
afterEach(async () => {
  await gateway?.kill();
  gateway = undefined;
});
afterAll(() => world?.stop());

const source = (device: string, more: Record<string, unknown>) => ({
  hubId: String(world.hubId),
  device,
  ...more,
});
const run = async (dataDir: string, sources: unknown[]): Promise<RunningGateway> => {
  gateway = await world.gateway({ dataDir, config: { sources } });
  return gateway;
};
const inFolder = (name: string) => join(world.folder, name);

/** What the journal holds of a device, read from the gateway's file after it was stopped hard. */
async function rows(dataDir: string, device: string): Promise<string[]> {
  await gateway?.kill();
  const db = new DatabaseSync(join(dataDir, "gateway.db"));
  const found = db.prepare("SELECT payload FROM journal WHERE device = ? ORDER BY id").all(device) as {
    payload: Uint8Array;
  }[];
  db.close();
  return found.map(({ payload }) => Buffer.from(payload).toString());
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${gateway!.http}/metrics`)).text();
  const line = text.split("\n").find((item) => item.startsWith(name));
  return Number(line?.split(" ").at(-1) ?? Number.NaN);
}
const records = (device: string) =>
  metric(`weir_gateway_source_records{source="${world.hubId}/${device}/data"}`);

test("a table and lines of JSON arrive whole and in order; a second start adds nothing", async () => {
  const dataDir = inFolder("data-whole");
  writeFileSync(inFolder("table.csv"), 'time,level,note\r\n1,0.5,"high, and ""dry"""\r\n2,-0.25,\r\n');
  const lines = Array.from({ length: 3000 }, (_, n) => JSON.stringify({ n }));
  writeFileSync(inFolder("lines.jsonl"), lines.join("\n")); // without a line end
  const sources = [
    source("table", { file: inFolder("table.csv") }),
    source("lines", { file: inFolder("lines.jsonl") }),
  ];
  for (let start = 0; start < 2; start++) {
    const running = await run(dataDir, sources);
    for (const device of ["table", "lines"])
      await running.logged(
        `"source":"${world.hubId}/${device}/data","records":${device === "table" ? 2 : 3000}`,
      );
    expect(await records("lines")).toBe(3000);
    expect(await rows(dataDir, "lines")).toEqual(lines);
  }
  expect((await rows(dataDir, "table")).map((text) => JSON.parse(text))).toEqual([
    { time: 1, level: 0.5, note: 'high, and "dry"' },
    { time: 2, level: -0.25, note: null },
  ]);
});

test("killed at five random points: each record once, in order", async () => {
  const dataDir = inFolder("data-killed");
  const lines = Array.from({ length: 20_000 }, (_, n) => JSON.stringify({ n, text: "x".repeat(n % 100) }));
  writeFileSync(inFolder("killed.jsonl"), `${lines.join("\n")}\n`);
  const sources = [source("lines", { file: inFolder("killed.jsonl"), perSecond: 40_000 })];
  const points: number[] = [];
  for (let kill = 0; kill < 5; kill++) {
    const running = await run(dataDir, sources);
    const point = randomInt(lines.length);
    await expect
      .poll(() => records("lines"), { interval: 2, timeout: 20_000 })
      .toBeGreaterThanOrEqual(Math.min(point, lines.length));
    points.push(point);
    await running.kill();
  }
  const running = await run(dataDir, sources);
  await running.logged(`"records":${lines.length}`);
  expect(await rows(dataDir, "lines"), `killed behind ${points.join(", ")}`).toEqual(lines);
});

test("waits for its device and for a listing that takes it, so that nothing is dropped", async () => {
  const dataDir = inFolder("data-waiting");
  writeFileSync(inFolder("late.jsonl"), '{"n":1}\n');
  const running = await run(dataDir, [source("late", { file: inFolder("late.jsonl") })]);
  await running.logged("the device to be registered");
  await world.device("late");
  await running.logged('"event":"source done"');
  expect(await rows(dataDir, "late")).toEqual(['{"n":1}']);
});

test("a file that grows is followed, whole lines only", async () => {
  const dataDir = inFolder("data-growing");
  const file = inFolder("growing.jsonl");
  writeFileSync(file, '{"n":1}\n{"n":');
  await run(dataDir, [source("growing", { file, follow: true })]);
  await expect.poll(() => records("growing"), { timeout: 20_000 }).toBe(1);
  appendFileSync(file, '2}\n{"n":3}\n');
  await expect.poll(() => records("growing"), { timeout: 20_000 }).toBe(3);
  expect(await rows(dataDir, "growing")).toEqual(['{"n":1}', '{"n":2}', '{"n":3}']);
});

test("a broken record ends its file by name and number, and nothing else", async () => {
  const dataDir = inFolder("data-broken");
  writeFileSync(inFolder("broken.jsonl"), '{"n":1}\n{"n":2}\nnot json\n{"n":3}\n');
  const running = await run(dataDir, [source("broken", { file: inFolder("broken.jsonl") })]);
  await running.logged('"event":"source failed"');
  expect(running.logs()).toMatch(/broken\.jsonl, record 3 is JSON/);
  expect((await fetch(`${running.http}/readyz`)).status).toBe(200);
  await running.kill();
  // Another file where one was begun is no continuation.
  writeFileSync(inFolder("broken.jsonl"), '{"m":1}\n{"m":2}\n{"m":3}\n{"m":4}\n');
  const other = await world.gateway({
    dataDir: inFolder("data-whole"),
    config: { sources: [source("lines", { file: inFolder("broken.jsonl") })] },
  });
  gateway = other;
  await other.logged("was fed by another file before");
});

test("a program's lines are messages; it is started again when it ends", async () => {
  const dataDir = inFolder("data-program");
  const command = [process.execPath, "-e", "console.log(JSON.stringify({pid: process.pid}))"];
  await run(dataDir, [source("program", { command })]);
  await expect
    .poll(() => metric("weir_gateway_messages_total"), { timeout: 20_000 })
    .toBeGreaterThanOrEqual(2);
  const pids = (await rows(dataDir, "program")).map((text) => (JSON.parse(text) as { pid: number }).pid);
  expect(new Set(pids).size).toBe(pids.length);
});

test.each([
  [{ device: "a/b" }, /sources\[0\]\.device/],
  [{ hubId: "77" }, /sources\[0\]\.hubId/],
  [{ topic: "demand" }, /sources\[0\]\.topic/],
  [{ topic: "a/+" }, /sources\[0\]\.topic/],
  [{ perSecond: 0 }, /sources\[0\]\.perSecond/],
  [{ format: "xml" }, /sources\[0\]\.format/],
  [{ follow: "yes" }, /sources\[0\]\.follow/],
  [{ command: [] }, /sources\[0\]\.file or command/],
  [{ rate: 5 }, /sources\[0\]\.rate/],
])("a source with %o is refused at the start", async (wrong, words) => {
  const config = { sources: [{ ...source("lines", { file: "x.jsonl" }), ...wrong }] };
  await expect(world.gateway({ config })).rejects.toThrow(words);
});
