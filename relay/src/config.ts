/** What one relay is told: environment variables over an optional JSON file over defaults. */
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type ConfirmationRules, type Deployment, parseDeployment } from "@weir/sdk/chain";
import { type Address, getAddress, isAddress } from "viem";

export type RelayConfig = {
  rpcUrl: string;
  chainId: number;
  dataDir: string;
  deployment: Deployment;
  /** Vouchers that name this address are this relay's. The relay itself holds no key to money. */
  operator: Address;
  host: string;
  /** 0 = any free port. */
  ports: { tcp: number; ws: number; http: number };
  /** Stop when standard input closes: whoever started us is gone. */
  parentWatch: boolean;
  logLevel: string;
  /** In place of the table of confirmations by chain. */
  confirmations: ConfirmationRules;
};

/** More blocks than any chain needs: a slip of the finger would keep every buyer waiting. */
const MAX_CONFIRMATIONS = 10_000;
const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/** A setting is missing or wrong. */
export class ConfigInvalid extends Error {
  override readonly name = "ConfigInvalid";
  readonly setting: string;

  constructor(setting: string, rule: string) {
    super(`${setting} ${rule}.`);
    this.setting = setting;
  }
}

type Settings = Record<string, string | undefined>;

/**
 * Reads `WEIR_RPC_URL`, `WEIR_CHAIN_ID`, `WEIR_DATA_DIR`, `WEIR_DEPLOYMENT`, `WEIR_RELAY_OPERATOR`, `WEIR_RELAY_HOST`, `WEIR_PORT_RELAY_{TCP,WS,HTTP}`,
 * `WEIR_CONFIRMATIONS`, `WEIR_UNCONFIRMED_BPS`, `WEIR_PARENT_WATCH`, `WEIR_LOG_LEVEL`. `WEIR_RELAY_CONFIG` names a JSON file with the same keys; the environment wins.
 *
 * @throws ConfigInvalid, DeploymentInvalid
 */
export function readConfig(env: Settings): RelayConfig {
  const settings = settingsOf(env);
  const chainId = whole(settings, "WEIR_CHAIN_ID", 31337, Number.MAX_SAFE_INTEGER);
  const operator = settings.WEIR_RELAY_OPERATOR ?? "";
  if (!isAddress(operator, { strict: false }))
    throw new ConfigInvalid("WEIR_RELAY_OPERATOR", "must be the operator's address (0x and 40 hex digits)");
  const logLevel = settings.WEIR_LOG_LEVEL ?? "info";
  if (!LOG_LEVELS.includes(logLevel))
    throw new ConfigInvalid("WEIR_LOG_LEVEL", `must be one of ${LOG_LEVELS.join(", ")}`);
  const deployment = settings.WEIR_DEPLOYMENT ?? join("deployments", `${chainId}.json`);
  return {
    rpcUrl: settings.WEIR_RPC_URL ?? "http://127.0.0.1:8545",
    chainId,
    dataDir: dataDirOf(env),
    deployment: parseDeployment(parse("WEIR_DEPLOYMENT", deployment)),
    operator: getAddress(operator),
    host: settings.WEIR_RELAY_HOST ?? "127.0.0.1",
    ports: {
      tcp: whole(settings, "WEIR_PORT_RELAY_TCP", 0, 65535),
      ws: whole(settings, "WEIR_PORT_RELAY_WS", 0, 65535),
      http: whole(settings, "WEIR_PORT_RELAY_HTTP", 0, 65535),
    },
    parentWatch: settings.WEIR_PARENT_WATCH === "1",
    logLevel,
    confirmations: {
      confirmations: optional(settings, "WEIR_CONFIRMATIONS", MAX_CONFIRMATIONS),
      unconfirmedBps: optional(settings, "WEIR_UNCONFIRMED_BPS", 10_000),
    },
  };
}

/** libp2p does not say which of its ports is taken. @throws ConfigInvalid naming the one that another program listens on, or that is not ours to use */
export async function requireFreePorts({ host, ports }: Pick<RelayConfig, "host" | "ports">): Promise<void> {
  for (const [kind, port] of Object.entries(ports)) {
    const fault = await new Promise<string | undefined>((resolve) => {
      const server = createServer();
      server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
      server.listen(port, host, () => server.close(() => resolve(undefined)));
    });
    if (fault === "EADDRNOTAVAIL")
      throw new ConfigInvalid("WEIR_RELAY_HOST", `must be an address of this machine, and ${host} is none`);
    if (fault !== undefined)
      throw new ConfigInvalid(
        `WEIR_PORT_RELAY_${kind.toUpperCase()}`,
        `must be free, and ${port} of ${host} is not (${fault})`,
      );
  }
}

/** The one setting that looking through a store needs. @throws ConfigInvalid */
export const dataDirOf = (env: Settings): string => settingsOf(env).WEIR_DATA_DIR ?? join(".weir", "relay");

const settingsOf = (env: Settings): Settings => ({
  ...(env.WEIR_RELAY_CONFIG ? readFile(env.WEIR_RELAY_CONFIG) : {}),
  ...env,
});

function readFile(path: string): Settings {
  const json = parse("WEIR_RELAY_CONFIG", path);
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new ConfigInvalid("WEIR_RELAY_CONFIG", "must hold one JSON object");
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, String(value)]));
}

function parse(setting: string, path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new ConfigInvalid(
      setting,
      `names a file that cannot be read as JSON (${path}: ${(error as Error).message})`,
    );
  }
}

const optional = (settings: Settings, name: string, max: number): number | undefined =>
  settings[name] ? whole(settings, name, 0, max) : undefined;

function whole(settings: Settings, name: string, fallback: number, max: number): number {
  const text = settings[name];
  if (text === undefined || text === "") return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > max)
    throw new ConfigInvalid(name, `must be a whole number up to ${max}`);
  return value;
}
