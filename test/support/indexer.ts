/** The real indexer program against a test chain. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestChain } from "./chain.ts";
import { freePort } from "./ports.ts";

const MAIN = new URL("../../indexer/src/main.ts", import.meta.url).pathname;
const ASK_MS = 100;

export type TestIndexer = {
  url: string;
  /** What the program wrote, for messages of failing tests. */
  output: () => string;
  get: (path: string) => Promise<{ status: number; body: unknown; headers: Headers }>;
  /** Resolves when the tables hold everything up to the chain's present head; rejects if the program ended. */
  caughtUp: () => Promise<void>;
  pid: number;
  /** Resolves with the exit code (null after a kill) once it has ended. */
  ended: Promise<number | null>;
  /** Ends it as a supervisor that dies would: without a word. */
  kill: () => Promise<void>;
  stop: () => Promise<void>;
};

/** `folder` and `port` default to the chain's own and a free one. */
export async function startIndexer(
  chain: TestChain,
  options: { folder?: string; port?: number; env?: Record<string, string> } = {},
): Promise<TestIndexer> {
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, [MAIN, "--stdin"], {
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      ...process.env,
      WEIR_RPC_URL: chain.rpc,
      WEIR_CHAIN_ID: String(chain.chainId),
      WEIR_DATA_DIR: options.folder ?? join(chain.folder, "data"),
      WEIR_DEPLOYMENT: chain.deploymentPath,
      WEIR_PORT_INDEXER: String(port),
      ...options.env,
    },
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk;
    });
  const get: TestIndexer["get"] = async (path) => {
    const response = await fetch(url + path);
    return { status: response.status, body: await response.json(), headers: response.headers };
  };
  return {
    url,
    output: () => output,
    get,
    pid: child.pid!,
    ended,
    async caughtUp() {
      const { instanceId } = (await chain.client.request({
        method: "hardhat_metadata" as "eth_chainId",
      })) as unknown as {
        instanceId: string;
      };
      const head = Number(await chain.client.getBlockNumber());
      for (;;) {
        if (child.exitCode !== null) throw new Error(`The indexer ended with ${child.exitCode}:\n${output}`);
        // Refused connections are what waiting for a start looks like.
        const status = await get("/v1/status").catch(() => undefined);
        const body = status?.body as { ready?: boolean; instanceId?: string; block?: number } | undefined;
        if (body?.ready && body.instanceId === instanceId && body.block! >= head) return;
        await sleep(ASK_MS);
      }
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
