// What the environment and the file it names say. Longer than its neighbours because every field has its rule beside it.
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { ConfirmationRules } from "@weir/sdk/chain";
import { type Address, getAddress, isAddress, zeroAddress } from "viem";
import { authorize, parseUser } from "./ingest/authorize.ts";
import { CLAIM_AGE_SECONDS, CLAIM_VALUE, REPLACE_AFTER_SECONDS } from "./limits.ts";

/** What the JSON file at WEIR_GATEWAY_CONFIG says. Paths in it are relative to the file. */
export type GatewayFile = {
  /** The gateway's name in password messages. */
  id: string;
  hubs: { hubId: bigint; secrets: string }[];
  /** Where the relays are that listings name: a seller's choice, so the registry on chain is not read. */
  relays: { operator: Address; multiaddrs: string[] }[];
  /** Web origins that may use the HTTP interface from a browser. */
  corsOrigins: string[];
  /** Only these listings are served; all of the hubs' without it. */
  listings?: bigint[] | undefined;
  /** Listings whose segments are padded to multiples of 256 bytes. */
  padded: bigint[];
  /** Devices whose messages come from a file or a program on this machine. */
  sources: SourceConfig[];
  claims: ClaimRules;
};

/** When what is due is claimed without anybody's asking. */
export type ClaimRules = {
  /** Token in small letters (0 = the chain's coin) → what is worth a claim, in its smallest unit. Tokens without one go by age. */
  values: ReadonlyMap<string, bigint>;
  ageSeconds: number;
  /** A transaction that is in no block after so long is sent again at a higher price. */
  replaceSeconds: number;
};

/** One device's messages out of a file, or out of what a program prints, a record each. */
export type SourceConfig = {
  hubId: bigint;
  device: string;
  /** Behind `<device>/`. */
  topic: string;
  /** At most so many messages a second; as fast as they are sold without it. */
  perSecond?: number | undefined;
} & (
  | { file: string; format: "jsonl" | "csv" /** Go on where the file grows. */; follow: boolean }
  | { command: readonly string[] }
);

export type GatewayConfig = GatewayFile & {
  rpcUrl: string;
  chainId: number;
  dataDir: string;
  /** Path of deployments/<chainId>.json. */
  deployment: string;
  host: string;
  mqttPort: number;
  httpPort: number;
  passphrase: string;
  /** In place of the table of confirmations by chain. */
  confirmations: ConfirmationRules;
};

/** The configuration is wrong: which variable or field, and which rule it breaks. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly field: string;

  constructor(field: string, rule: string) {
    super(`${field} ${rule}`);
    this.field = field;
  }
}

/** More blocks than any chain needs: a slip of the finger would keep every buyer waiting. */
const MAX_CONFIRMATIONS = 10_000;
const DEFAULT_MQTT_PORT = 1883;
const DEFAULT_HTTP_PORT = 8480;
/** Letters that need no escaping in messages, logs and file names. */
const ID = /^[A-Za-z0-9._-]{1,64}$/;
const ID_RULE = "1 to 64 letters, digits, dots, dashes, underscores";

/** Reads the environment and the file it names. Throws ConfigError. */
export async function loadConfig(env: NodeJS.ProcessEnv): Promise<GatewayConfig> {
  const path = need(env, "WEIR_GATEWAY_CONFIG");
  const file = parseFile(await readText(path, "WEIR_GATEWAY_CONFIG"), dirname(resolve(path)));
  const passphrase = await loadPassphrase(env);
  const chainId = Number(need(env, "WEIR_CHAIN_ID"));
  if (!Number.isSafeInteger(chainId) || chainId < 1)
    throw new ConfigError("WEIR_CHAIN_ID", "is a positive whole number");
  return {
    ...file,
    passphrase,
    chainId,
    rpcUrl: need(env, "WEIR_RPC_URL"),
    dataDir: resolve(need(env, "WEIR_DATA_DIR")),
    deployment: resolve(env.WEIR_DEPLOYMENT ?? `deployments/${chainId}.json`),
    host: env.WEIR_GATEWAY_HOST ?? "127.0.0.1",
    mqttPort: port(env, "WEIR_PORT_MQTT", DEFAULT_MQTT_PORT),
    httpPort: port(env, "WEIR_PORT_GATEWAY_HTTP", DEFAULT_HTTP_PORT),
    confirmations: {
      confirmations: optional(env, "WEIR_CONFIRMATIONS", MAX_CONFIRMATIONS),
      unconfirmedBps: optional(env, "WEIR_UNCONFIRMED_BPS", 10_000),
    },
  };
}

/** What opens the secrets: a file goes before the environment. Throws ConfigError. */
export async function loadPassphrase(env: NodeJS.ProcessEnv): Promise<string> {
  const path = env.WEIR_GATEWAY_PASSPHRASE_FILE;
  if (!path) return need(env, "WEIR_GATEWAY_PASSPHRASE");
  return (await readText(path, "WEIR_GATEWAY_PASSPHRASE_FILE")).replace(/\r?\n$/, "");
}

function parseFile(text: string, folder: string): GatewayFile {
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(
      "WEIR_GATEWAY_CONFIG",
      `names a file that is no JSON (${(error as Error).message})`,
    );
  }
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new ConfigError("WEIR_GATEWAY_CONFIG", "names a file that holds one JSON object");
  const known = ["id", "hubs", "relays", "corsOrigins", "listings", "padded", "sources", "claims"];
  for (const name of Object.keys(json))
    if (!known.includes(name)) throw new ConfigError(name, "is not a field of this file");
  if (typeof json.id !== "string" || !ID.test(json.id)) throw new ConfigError("id", `has ${ID_RULE}`);
  const hubs = list(json, "hubs").map((hub, i) => {
    const { hubId, secrets } = object(hub, `hubs[${i}]`);
    if (typeof secrets !== "string" || secrets === "")
      throw new ConfigError(`hubs[${i}].secrets`, "is a path");
    return { hubId: id(hubId, `hubs[${i}].hubId`), secrets: resolve(folder, secrets) };
  });
  if (hubs.length === 0) throw new ConfigError("hubs", "names at least one hub");
  if (new Set(hubs.map((hub) => hub.hubId)).size < hubs.length)
    throw new ConfigError("hubs", "names no hub twice");
  const relays = list(json, "relays").map((relay, i) => {
    const { operator, multiaddrs } = object(relay, `relays[${i}]`);
    if (typeof operator !== "string" || !isAddress(operator, { strict: false }))
      throw new ConfigError(`relays[${i}].operator`, "is an address");
    if (
      !Array.isArray(multiaddrs) ||
      multiaddrs.length === 0 ||
      multiaddrs.some((a) => typeof a !== "string")
    )
      throw new ConfigError(`relays[${i}].multiaddrs`, "is a list of multiaddrs");
    return { operator: getAddress(operator), multiaddrs: multiaddrs as string[] };
  });
  const corsOrigins = list(json, "corsOrigins", true).map((origin, i) => {
    if (typeof origin !== "string" || !URL.canParse(origin) || new URL(origin).origin !== origin)
      throw new ConfigError(`corsOrigins[${i}]`, "is an origin such as https://market.example");
    return origin;
  });
  const listings =
    json.listings === undefined
      ? undefined
      : list(json, "listings").map((item, i) => id(item, `listings[${i}]`));
  const padded = list(json, "padded", true).map((item, i) => id(item, `padded[${i}]`));
  const served = hubs.map(({ hubId }) => hubId);
  const sources = list(json, "sources", true).map((item, i) => source(item, `sources[${i}]`, folder, served));
  const names = sources.map(({ hubId, device, topic }) => `${hubId}/${device}/${topic}`);
  if (new Set(names).size < names.length) throw new ConfigError("sources", "names no device and topic twice");
  return {
    id: json.id,
    hubs,
    relays,
    corsOrigins,
    listings,
    padded,
    sources,
    claims: claims(json.claims ?? {}),
  };
}

/** An amount may be any, a time at most a week: the shortest challenge is an hour, and what is claimed late can be lost. */
const MAX_AGE_SECONDS = 7 * 86_400;
const MAX_REPLACE_SECONDS = 3_600;

function claims(item: unknown): ClaimRules {
  const json = object(item, "claims");
  for (const name of Object.keys(json))
    if (!["values", "ageSeconds", "replaceSeconds"].includes(name))
      throw new ConfigError(`claims.${name}`, "is not a field of claims");
  const { values = {} } = json;
  if (typeof values !== "object" || values === null || Array.isArray(values))
    throw new ConfigError("claims.values", "is an object: token addresses and amounts");
  const worth = new Map<string, bigint>([[zeroAddress, CLAIM_VALUE]]);
  for (const [token, amount] of Object.entries(values)) {
    const field = `claims.values.${token}`;
    if (!isAddress(token, { strict: false })) throw new ConfigError(field, "begins with a token's address");
    if (typeof amount !== "string" || !/^[1-9]\d{0,28}$/.test(amount))
      throw new ConfigError(field, "is an amount above 0 in the smallest unit, as a text");
    worth.set(token.toLowerCase(), BigInt(amount));
  }
  return {
    values: worth,
    ageSeconds: seconds(json.ageSeconds ?? CLAIM_AGE_SECONDS, "claims.ageSeconds", MAX_AGE_SECONDS),
    replaceSeconds: seconds(
      json.replaceSeconds ?? REPLACE_AFTER_SECONDS,
      "claims.replaceSeconds",
      MAX_REPLACE_SECONDS,
    ),
  };
}

function seconds(value: unknown, field: string, most: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > most)
    throw new ConfigError(field, `is a whole number of seconds from 1 to ${most}`);
  return value;
}

function source(item: unknown, at: string, folder: string, served: readonly bigint[]): SourceConfig {
  const json = object(item, at);
  const known = ["hubId", "device", "topic", "perSecond", "file", "format", "follow", "command"];
  for (const name of Object.keys(json))
    if (!known.includes(name)) throw new ConfigError(`${at}.${name}`, "is not a field of a source");
  const hubId = id(json.hubId, `${at}.hubId`);
  if (!served.includes(hubId)) throw new ConfigError(`${at}.hubId`, "is one of the hubs above");
  const { device, topic = "data", perSecond, file, format, follow = false, command } = json;
  const speaker = typeof device === "string" ? parseUser(`${hubId}/${device}`) : undefined;
  if (speaker === undefined) throw new ConfigError(`${at}.device`, `has ${ID_RULE}`);
  let suffix: string;
  try {
    suffix = authorize(speaker, { kind: "publish", topic: `${speaker.device}/${topic}` });
  } catch (error) {
    throw new ConfigError(`${at}.topic`, `is refused: ${(error as Error).message}`);
  }
  if (perSecond !== undefined && !(typeof perSecond === "number" && perSecond > 0 && perSecond <= 1_000_000))
    throw new ConfigError(`${at}.perSecond`, "is a number above 0, at most 1000000");
  const from = { hubId, device: speaker.device, topic: suffix, perSecond: perSecond as number | undefined };
  if ((file === undefined) === (command === undefined))
    throw new ConfigError(`${at}.file`, "or command: names one of the two");
  if (command !== undefined) {
    if (!Array.isArray(command) || command.length === 0 || command.some((word) => typeof word !== "string"))
      throw new ConfigError(`${at}.command`, "is a list of words: a program and its arguments");
    return { ...from, command: command as string[] };
  }
  if (typeof file !== "string" || file === "") throw new ConfigError(`${at}.file`, "is a path");
  const kind = format ?? (file.endsWith(".csv") ? "csv" : "jsonl");
  if (kind !== "jsonl" && kind !== "csv") throw new ConfigError(`${at}.format`, "is jsonl or csv");
  if (typeof follow !== "boolean") throw new ConfigError(`${at}.follow`, "is true or false");
  return { ...from, file: resolve(folder, file), format: kind, follow };
}

function list(json: Record<string, unknown>, field: string, optional = false): unknown[] {
  const value = json[field];
  if (value === undefined && optional) return [];
  if (!Array.isArray(value)) throw new ConfigError(field, "is a list");
  return value;
}

function object(value: unknown, field: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ConfigError(field, "is an object");
  return value as Record<string, unknown>;
}

function id(value: unknown, field: string): bigint {
  if (!/^\d{1,19}$/.test(String(value))) throw new ConfigError(field, "is a number");
  return BigInt(String(value));
}

function port(env: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const value = env[name] === undefined || env[name] === "" ? fallback : Number(env[name]);
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new ConfigError(name, "is a port number");
  return value;
}

function optional(env: NodeJS.ProcessEnv, name: string, max: number): number | undefined {
  const text = env[name];
  if (text === undefined || text === "") return undefined;
  if (!/^\d+$/.test(text) || Number(text) > max)
    throw new ConfigError(name, `is a whole number up to ${max}`);
  return Number(text);
}

/** A variable that has no default. Throws ConfigError. */
export function need(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (value === undefined || value === "") throw new ConfigError(name, "must be set");
  return value;
}

async function readText(path: string, field: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new ConfigError(field, `names a file that cannot be read (${(error as Error).message})`);
  }
}
