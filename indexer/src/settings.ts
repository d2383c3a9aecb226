/** What the indexer is told by its environment; one place, read by the supervisor and by Ponder's configuration. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Address, getAddress, isAddress } from "viem";

export const LOCAL_CHAIN_ID = 31337;
const CONTRACT_NAMES = ["Channels", "Hubs", "Listings", "Grants"] as const;

export type ContractName = (typeof CONTRACT_NAMES)[number];
export type Deployment = Record<ContractName, { address: Address; block: number }>;

export type Settings = {
  rpcUrl: string;
  chainId: number;
  /** The indexer's own folder. Everything in it is derived from the chain. */
  dataDir: string;
  port: number;
  deploymentPath: string;
  databaseUrl: string | undefined;
};

/** A variable or a file has a value that nothing can be done with. */
export class SettingInvalid extends Error {
  override readonly name = "SettingInvalid";
  readonly setting: string;

  constructor(setting: string, message: string) {
    super(`${setting}: ${message}`);
    this.setting = setting;
  }
}

/** `root` is the repository; the defaults lie in it. */
export function readSettings(env: NodeJS.ProcessEnv, root: string): Settings {
  const chainId = whole(
    "WEIR_CHAIN_ID",
    env.WEIR_CHAIN_ID ?? String(LOCAL_CHAIN_ID),
    Number.MAX_SAFE_INTEGER,
  );
  const rpcUrl = env.WEIR_RPC_URL ?? "http://127.0.0.1:8545";
  if (!URL.canParse(rpcUrl)) throw new SettingInvalid("WEIR_RPC_URL", "not a URL");
  return {
    rpcUrl,
    chainId,
    dataDir: join(resolve(env.WEIR_DATA_DIR ?? join(root, ".weir")), "indexer"),
    port: whole("WEIR_PORT_INDEXER", env.WEIR_PORT_INDEXER ?? "42069", 65_535),
    deploymentPath: resolve(env.WEIR_DEPLOYMENT ?? join(root, "deployments", `${chainId}.json`)),
    databaseUrl: env.DATABASE_URL || undefined,
  };
}

/** The deployment file's content, or null if it is not there yet. */
export function readDeployment(path: string): Deployment | null {
  if (!existsSync(path)) return null;
  const file = JSON.parse(readFileSync(path, "utf8")) as { contracts?: Record<string, unknown> };
  const entries = CONTRACT_NAMES.map((name) => {
    const { address, block } = (file.contracts?.[name] ?? {}) as { address?: unknown; block?: unknown };
    if (typeof address !== "string" || !isAddress(address, { strict: false }))
      throw new SettingInvalid("WEIR_DEPLOYMENT", `${path} has no address of ${name}`);
    return [
      name,
      { address: getAddress(address), block: whole("WEIR_DEPLOYMENT", String(block), 1e15) },
    ] as const;
  });
  return Object.fromEntries(entries) as Deployment;
}

function whole(setting: string, value: string, maximum: number): number {
  const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number <= maximum))
    throw new SettingInvalid(setting, `"${value}" is no whole number up to ${maximum}`);
  return number;
}
