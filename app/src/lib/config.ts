import type { Contracts } from "@weir/sdk/chain";
import type { Address, Hex } from "viem";
import { arrivedEarly, takeEarly } from "./early.ts";
import { REQUEST_TIMEOUT_MS } from "./timeouts.ts";

export interface RelayEntry {
  operator: Address;
  peerId: string;
  multiaddrs: string[];
  http: string;
}

export interface TokenEntry {
  address: Address;
  symbol: string;
  decimals: number;
}

/** A seller's gateway whose devices' passwords can be set from here. */
export interface GatewayEntry {
  id: string;
  /** Address of its MQTT broker, `mqtt://host:port`. */
  mqtt: string;
  http: string;
}

/** What one installation of the app talks to. Read from /config.json, which lies beside the build and not in it. */
export interface WeirConfig {
  chainId: number;
  rpc: string;
  contracts: Contracts;
  indexers: string[];
  relays: RelayEntry[];
  tokens: TokenEntry[];
  /** Empty where sellers' gateways are reached from their own networks only. */
  gateways: GatewayEntry[];
  /** Only on the local chain, where its key is public knowledge anyway. */
  testWallet?: { privateKey: Hex; label: string };
  /** Test money for who asks, and the key it is sent with. Only on the local chain. */
  faucet?: boolean;
  faucetKey?: Hex;
  /** Words of the page for amounts of a token that has no entry, with `{address}` where its address belongs. Not from the file. */
  unitsOf?: string;
}

export const LOCAL_CHAIN_ID = 31337;

export class ConfigUnreachable extends Error {
  override readonly name = "ConfigUnreachable";
  readonly detail: string;
  constructor(detail: string) {
    super(`config.json could not be read: ${detail}`);
    this.detail = detail;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Checks the few fields without which no page can work; the rest is used as it is. */
export function parseConfig(value: unknown): WeirConfig {
  if (!isRecord(value)) throw new ConfigUnreachable("not a JSON object");
  if (typeof value.chainId !== "number") throw new ConfigUnreachable("chainId is missing");
  if (typeof value.rpc !== "string") throw new ConfigUnreachable("rpc is missing");
  if (!isRecord(value.contracts)) throw new ConfigUnreachable("contracts is missing");
  if (!Array.isArray(value.indexers) || value.indexers.length === 0)
    throw new ConfigUnreachable("indexers is empty");
  const config = value as unknown as WeirConfig;
  const local = config.chainId === LOCAL_CHAIN_ID;
  return {
    ...config,
    relays: config.relays ?? [],
    tokens: config.tokens ?? [],
    gateways: config.gateways ?? [],
    testWallet: local ? config.testWallet : undefined,
    faucet: local && config.faucet === true,
    faucetKey: local ? config.faucetKey : undefined,
    unitsOf: undefined,
  };
}

/** The settings, if the page's head has them already and they can be used. */
export function earlyConfig(): WeirConfig | undefined {
  const arrived = arrivedEarly("config");
  if (arrived === undefined) return undefined;
  try {
    return parseConfig(arrived);
  } catch (cause) {
    // loadConfig meets the same file and tells the visitor.
    if (cause instanceof ConfigUnreachable) return undefined;
    throw cause;
  }
}

export async function loadConfig(): Promise<WeirConfig> {
  const early = await takeEarly("config");
  if (early !== undefined) return parseConfig(early);
  let body: unknown;
  try {
    const response = await fetch("/config.json", {
      cache: "no-store",
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    if (!response.ok) throw new ConfigUnreachable(`status ${response.status}`);
    body = await response.json();
  } catch (cause) {
    if (cause instanceof ConfigUnreachable) throw cause;
    throw new ConfigUnreachable(cause instanceof Error ? cause.message : String(cause));
  }
  return parseConfig(body);
}

const ETHER: TokenEntry = {
  address: "0x0000000000000000000000000000000000000000",
  symbol: "ETH",
  decimals: 18,
};

/** The token of a listing; one that config.json does not name is shown by its address, in its smallest unit. */
export function tokenOf(config: WeirConfig, address: string): TokenEntry {
  const known = config.tokens.find((token) => token.address.toLowerCase() === address.toLowerCase());
  if (known) return known;
  if (/^0x0{40}$/i.test(address)) return ETHER;
  const short = `${address.slice(0, 6)}…${address.slice(-4)}`;
  return {
    address: address as Address,
    symbol: config.unitsOf?.replace("{address}", short) ?? short,
    decimals: 0,
  };
}
