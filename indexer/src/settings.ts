/** What the indexer is told by its environment; one place, read by the supervisor and by Ponder's configuration. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Address, getAddress, isAddress, zeroAddress } from "viem";

export const LOCAL_CHAIN_ID = 31337;
/** Every contract of a deployment; all their events are followed. */
const CONTRACT_NAMES = [
  "Hubs",
  "Listings",
  "Channels",
  "Subscriptions",
  "Grants",
  "Ratings",
  "Relays",
  "Anchors",
  "Consents",
] as const;

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
  /** Cuts (smallest unit of a token) at which a rating has its full weight; undefined: the token weighs nothing. */
  fullCutsOf: FullCutsOf;
};

export type FullCutsOf = (token: string) => bigint | undefined;

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
    fullCutsOf: readRatingTokens(env.WEIR_RATING_TOKENS, chainId),
  };
}

/** A cut of 0.001 of the native coin: what a rating must have cost somebody to weigh all it can. */
const FULL_NATIVE_CUTS = 10n ** 15n;

/**
 * `0xTOKEN=CUTS,…`: tokens that this operator knows, beside the native coin. Anybody can make a token that costs nothing. Nothing is worth
 * anything on the local chain, whose test token does not exist yet when the indexer starts: there, untold, every token is known.
 */
function readRatingTokens(text: string | undefined, chainId: number): FullCutsOf {
  if (text === undefined && chainId === LOCAL_CHAIN_ID) return () => FULL_NATIVE_CUTS;
  const tokens = new Map([[zeroAddress as string, FULL_NATIVE_CUTS]]);
  for (const part of (text ?? "").split(",").filter((word) => word.trim() !== "")) {
    const [token = "", cuts = ""] = part.trim().split("=");
    if (!isAddress(token, { strict: false }) || !/^[1-9]\d{0,28}$/.test(cuts))
      throw new SettingInvalid("WEIR_RATING_TOKENS", `"${part}" is not ADDRESS=CUTS, cuts above 0`);
    tokens.set(token.toLowerCase(), BigInt(cuts));
  }
  return (token) => tokens.get(token.toLowerCase());
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
