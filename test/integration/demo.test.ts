// `npm run demo` as a whole: its last line of stdout is the figures, and they say what the story says. Then the command line on its
// export: 0 for the file, 3 for an edited one, 2 for a file that is not there, 4 for a chain that is not there.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startChain } from "../support/chain.ts";

const PRICE = 10n ** 11n;
const COUNT = 400;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-demo-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function run(
  script: string,
  args: string[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const env = { ...process.env, WEIR_DATA_DIR: folder };
  for (const name of ["RPC", "RELAY_TCP", "RELAY_WS", "RELAY_HTTP", "MQTT", "GATEWAY_HTTP"]) {
    // Far from the usual ports: a market may be running on this machine.
    Object.assign(env, { [`WEIR_PORT_${name}`]: String(20_000 + Math.floor(Math.random() * 20_000)) });
  }
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script, ...args], { env });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
}

it("sells every message, settles in one transaction, verifies, and finds every edit", async () => {
  const { code, stdout, stderr } = await run("scripts/demo.ts", [
    "--messages",
    String(COUNT),
    "--rate",
    "400",
    "--json",
  ]);
  expect(code, stderr).toBe(0);
  const figures = JSON.parse(stdout.trim().split("\n").at(-1)!);
  expect(figures).toMatchObject({
    messages: COUNT,
    paidMessages: COUNT,
    settlementTransactions: 1,
    amountPaid: String(BigInt(COUNT) * PRICE),
    amountClaimed: String(BigInt(COUNT) * PRICE),
    refunded: String(2n * 8192n * PRICE),
    exportVerified: true,
    tamperDetected: true,
  });
  expect(figures.vouchers).toBeGreaterThan(0);
  expect(Object.keys(figures).sort()).toEqual(
    [
      "amountClaimed",
      "amountPaid",
      "exportVerified",
      "firstMessageMs",
      "gas",
      "latencyMs",
      "messages",
      "paidMessages",
      "refunded",
      "settlementTransactions",
      "tamperDetected",
      "vouchers",
    ].sort(),
  );
});

it("weir verify says by its exit code what is wrong", async () => {
  const file = join(folder, "demo", "export.jsonl");
  const deployment = join(folder, "demo", "deployments", "31337.json");
  const edited = join(folder, "edited.jsonl");
  await writeFile(edited, (await readFile(file, "utf8")).replace('"index":1,', '"index":2,'));
  const chain = await startChain();
  try {
    const weir = (path: string, rpc: string) =>
      run("cli/src/main.ts", ["verify", path, "--rpc", rpc, "--deployment", deployment, "--json"]);
    const refused = await weir(edited, chain.rpc);
    expect(refused.code, refused.stderr).toBe(3);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { name: "VerifyError" } });
    expect((await weir(join(folder, "none.jsonl"), chain.rpc)).code).toBe(2);
    expect((await weir(file, "http://127.0.0.1:9")).code).toBe(4);
    // Another chain knows nothing of this purchase.
    expect((await weir(file, chain.rpc)).code).toBe(3);
    expect((await run("cli/src/main.ts", ["nonsense"])).code).toBe(2);
  } finally {
    await chain.stop();
  }
});
