/** Which chain this is, and whether our contracts are on it. */
import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createPublicClient, http, MethodNotFoundRpcError, MethodNotSupportedRpcError } from "viem";
import { type Deployment, readDeployment, type Settings } from "./settings.ts";

/** A local node that takes longer than this is not there. */
const TIMEOUT_MS = 2_000;

/** Everything the tables depend on. Tables made under another `key` are worthless. */
export type Identity = { key: string; instanceId: string | null };

/** Not there yet: said in the log while the supervisor waits. */
export type Missing = { missing: string };

export type Probe = {
  /** One look at the chain and the deployment file. Never rejects because a node is out of reach. */
  identify: () => Promise<Identity | Missing>;
  /** The run of the local chain, null on other chains, undefined while it is out of reach. */
  instance: () => Promise<string | null | undefined>;
};

export function createProbe(settings: Settings, folder: string): Probe {
  const client = createPublicClient({
    transport: http(settings.rpcUrl, { timeout: TIMEOUT_MS, retryCount: 0 }),
  });

  async function askInstance(): Promise<string | null> {
    try {
      const answer: unknown = await client.request({ method: "hardhat_metadata" as "eth_chainId" });
      const { instanceId } = (answer ?? {}) as { instanceId?: unknown };
      return typeof instanceId === "string" ? instanceId : null;
    } catch (error) {
      if (error instanceof MethodNotFoundRpcError || error instanceof MethodNotSupportedRpcError) return null;
      throw error;
    }
  }

  const unreachable = (error: unknown) =>
    `the chain at ${new URL(settings.rpcUrl).origin}: ${(error as Error).name}`;

  async function identify(): Promise<Identity | Missing> {
    try {
      const [chainId, genesis, instanceId] = await Promise.all([
        client.getChainId(),
        client.getBlock({ blockNumber: 0n }),
        askInstance(),
      ]);
      if (chainId !== settings.chainId)
        return { missing: `chain ${settings.chainId}; the node is on ${chainId}` };
      const deployment = readDeployment(settings.deploymentPath);
      if (!deployment) return { missing: settings.deploymentPath };
      for (const [name, { address }] of Object.entries(deployment))
        if (!(await client.getCode({ address }))) return { missing: `${name} at ${address}` };
      return { instanceId, key: keyOf(genesis.hash, instanceId, deployment, folder) };
    } catch (error) {
      return { missing: unreachable(error) };
    }
  }

  return { identify, instance: () => askInstance().catch(() => undefined) };
}

/** Changes with the chain, with its run, with the contracts, and with this program. */
function keyOf(genesis: string, instanceId: string | null, deployment: Deployment, folder: string): string {
  const hash = createHash("sha256").update(JSON.stringify([genesis, instanceId, deployment]));
  for (const file of globSync(["ponder.*.ts", "src/**/*.ts"], { cwd: folder }).sort())
    hash.update(file).update(readFileSync(join(folder, file)));
  return hash.digest("hex");
}
