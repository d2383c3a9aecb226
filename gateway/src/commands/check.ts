// Whether a gateway with these settings could run, without running it: each thing that has to be there, and what it says.
import { existsSync, mkdirSync, readFileSync, statfsSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { getPublisherKeys, getRoles, parseDeployment, ROLES } from "@weir/sdk/chain";
import { createPublicClient, formatEther, type PublicClient } from "viem";
import type { GatewayConfig } from "../config.ts";
import { DATABASE_FILE } from "../database.ts";
import { rpc } from "../rpc.ts";
import { openSecrets } from "../secrets.ts";

type Report = (check: string, ok: boolean, detail: string) => void;

const PATIENCE_MS = 5_000;
/** What a gateway may write before its own limits hold it back. */
const LEAST_DISK_BYTES = 2 * (1 << 30);

/** Prints a line for each check; resolves with whether all of them hold. */
export async function check(config: GatewayConfig, json: boolean): Promise<boolean> {
  let good = true;
  const report: Report = (name, ok, detail) => {
    good &&= ok;
    const line = json
      ? JSON.stringify({ check: name, ok, detail })
      : `${ok ? "ok " : "NO "} ${name.padEnd(10)} ${detail}`;
    process.stdout.write(`${line}\n`);
  };
  disk(config, report);
  await ports(config, report);
  const client = createPublicClient({ transport: rpc(config.rpcUrl), cacheTime: 0 }) as PublicClient;
  const chainId = await client.getChainId().catch(() => undefined);
  report(
    "chain",
    chainId === config.chainId,
    chainId === undefined
      ? `${config.rpcUrl} does not answer`
      : `${config.rpcUrl} is chain ${chainId}, wanted ${config.chainId}`,
  );
  for (const hub of config.hubs)
    await checkHub(config, hub, chainId === config.chainId ? client : undefined, report);
  for (const { operator, multiaddrs } of config.relays)
    for (const address of multiaddrs) report("relay", await reach(address), `${operator} at ${address}`);
  return good;
}

function disk({ dataDir }: GatewayConfig, report: Report): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = statfsSync(dataDir);
  const free = bavail * bsize;
  report(
    "disk",
    free >= LEAST_DISK_BYTES,
    `${(free / 2 ** 30).toFixed(1)} GiB free in ${dataDir} (at least 2)`,
  );
  const path = join(dataDir, DATABASE_FILE);
  report("data", true, existsSync(path) ? `${path} goes on` : `${path} is new`);
}

async function ports({ host, mqttPort, httpPort }: GatewayConfig, report: Report): Promise<void> {
  for (const [name, port] of [
    ["mqtt", mqttPort],
    ["http", httpPort],
  ] as const) {
    const fault = await new Promise<string | undefined>((resolve) => {
      const server = createServer();
      server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
      server.listen(port, host, () => server.close(() => resolve(undefined)));
    });
    report(name, fault === undefined, `${host}:${port}${fault === undefined ? " is free" : ` (${fault})`}`);
  }
}

async function checkHub(
  { deployment, passphrase }: GatewayConfig,
  hub: GatewayConfig["hubs"][number],
  client: PublicClient | undefined,
  report: Report,
): Promise<void> {
  const name = `hub ${hub.hubId}`;
  const secrets = await openSecrets({ path: hub.secrets, passphrase }).catch((error: Error) => error);
  if (secrets instanceof Error) return report(name, false, `${hub.secrets}: ${secrets.message}`);
  report(name, true, `${hub.secrets} opens`);
  if (client === undefined) return;
  try {
    const { contracts } = parseDeployment(JSON.parse(readFileSync(deployment, "utf8")));
    const { hubId } = hub;
    const { operator, publisherKey } = secrets;
    const keys = await getPublisherKeys(client, { contracts, hubId });
    const key = keys.find(
      ({ x, y, revokedAt }) => x === publisherKey.x && y === publisherKey.y && revokedAt === 0,
    );
    report(
      name,
      key !== undefined,
      key ? `its key is number ${key.keyId} on chain` : "its key is not registered, or revoked",
    );
    const roles = await getRoles(client, { contracts, hubId, account: operator });
    report(
      name,
      (roles & ROLES.PUBLISHER) !== 0,
      `${operator} ${(roles & ROLES.PUBLISHER) !== 0 ? "is" : "is not"} its publisher`,
    );
    const balance = await client.getBalance({ address: operator });
    report(name, balance > 0n, `${operator} holds ${formatEther(balance)} ETH for closes and claims`);
  } catch (error) {
    report(name, false, `the chain does not say: ${(error as Error).message}`);
  }
}

/** Whether somebody takes a TCP connection at a multiaddr such as /ip4/127.0.0.1/tcp/4001/p2p/…. */
function reach(address: string): Promise<boolean> {
  const [, , host = "", , port] = address.split("/");
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: PATIENCE_MS });
    const end = (reached: boolean) => {
      socket.destroy();
      resolve(reached);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
    socket.once("timeout", () => end(false));
  });
}
