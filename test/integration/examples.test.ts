// The SDK's examples as they stand. sell.ts alone, to its end; then one after the other: what sell.ts offers and publishes, buy.ts buys and keeps, verify.ts checks.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Stack, startStack } from "../../scripts/stack/stack.ts";

type Row = Record<string, unknown> & { event: string };

const LONGEST_LINES = 60;
let folder: string;
let stack: Stack;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-examples-"));
  stack = await startStack({ folder: join(folder, "run"), listings: [], log: () => undefined });
  await writeFile(join(folder, "stack.json"), JSON.stringify(stack.file));
});
/** Four programs start one after the other, on a machine that others use too. */
vi.setConfig({ testTimeout: 180_000 });

afterAll(async () => {
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Starts an example; `rows` fills as it prints. */
function start(name: string, args: string[]) {
  const { WEIR_KEY: _, ...env } = process.env;
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", `sdk/examples/${name}.ts`, ...args],
    {
      env: { ...env, WEIR_DATA_DIR: folder },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const rows: Row[] = [];
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  createInterface({ input: child.stdout }).on("line", (line) => rows.push(JSON.parse(line) as Row));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, said }));
  return { rows, ended, child };
}

test("sell.ts ends by itself when it has published what it was told to", async () => {
  const seller = start("sell", ["1", "3"]);
  expect(await seller.ended).toEqual({ code: 0, said: "" });
  expect(seller.rows).toEqual([
    {
      event: "listed",
      listingId: expect.stringMatching(/^\d+$/),
      device: expect.stringMatching(/^example-\d+$/),
    },
    { event: "published", listingId: seller.rows[0]!.listingId, messages: 3 },
  ]);
  // What the gateway took it has sealed and handed on.
  const { listingId } = seller.rows[0]!;
  await expect
    .poll(
      async () => {
        const heads = await fetch(`${stack.file.relays[0]!.http}/v1/heads`);
        const { items } = (await heads.json()) as { items: { listingId: string }[] };
        return items.map((head) => head.listingId);
      },
      { timeout: 30_000, interval: 200 },
    )
    .toContain(listingId);
});

test("sell, buy and verify fit together, and an edited file is refused", async () => {
  // Far more than are bought, so that the buyer never waits for the last one.
  const seller = start("sell", ["1", "100000"]);
  const failed = seller.ended.then(({ code, said }) =>
    Promise.reject(new Error(`sell.ts ended with ${code}: ${said}`)),
  );
  failed.catch(() => undefined); // it is stopped below
  await Promise.race([
    failed,
    expect.poll(() => seller.rows.some(({ event }) => event === "listed"), { timeout: 50_000 }).toBe(true),
  ]);
  const { listingId } = seller.rows.find(({ event }) => event === "listed")!;

  const file = join(folder, "export.jsonl");
  const buyer = start("buy", [String(listingId), "5", "0.001", file]);
  expect(await buyer.ended).toMatchObject({ code: 0 });
  seller.child.kill();
  const stopped = buyer.rows.at(-1)!;
  expect(stopped).toMatchObject({ event: "stopped", by: "gateway" });
  const values = buyer.rows
    .filter(({ event }) => event === "message")
    .map(({ json }) => json as { n: number; value: number });
  expect(values.length).toBeGreaterThanOrEqual(5);
  for (const { n, value } of values) expect(value).toBe(Math.sin(n / 10));

  const verified = start("verify", [file]);
  expect(await verified.ended).toMatchObject({ code: 0 });
  expect(verified.rows).toMatchObject([
    { event: "verified", listingId, messages: stopped.messages, due: stopped.due },
  ]);
  const text = await readFile(file, "utf8");
  await writeFile(file, text.replace(/\\"n\\":(\d)/, '\\"n\\":9$1'));
  const edited = start("verify", [file]);
  expect(await edited.ended).toMatchObject({ code: 3 });
  expect(edited.rows).toMatchObject([{ event: "refused" }]);
});

test.each(["sell", "buy", "verify"])("%s.ts can be read at a glance", async (name) => {
  const lines = (await readFile(`sdk/examples/${name}.ts`, "utf8")).trimEnd().split("\n");
  expect(lines.length).toBeLessThanOrEqual(LONGEST_LINES);
});
