// Where a command acts: chain, contracts, relays, gateways and indexer, from options, the environment and the file that a market writes.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  CONTRACT_NAMES,
  type Contracts,
  contractError,
  getRelay,
  isRelayRegistered,
  parseDeployment,
} from "@weir/sdk/chain";
import type { RelayAddress } from "@weir/sdk/client";
import { ZERO_ADDRESS } from "@weir/sdk/core";
import {
  type Address,
  type Chain,
  createPublicClient,
  defineChain,
  erc20Abi,
  getAddress,
  http,
  isAddress,
  isAddressEqual,
  type PublicClient,
} from "viem";
import { UsageError } from "./output.ts";

export type PlaceOptions = {
  rpc?: string;
  deployment?: string;
  market?: string;
  indexer?: string;
  json?: boolean;
};
export type Token = { address: Address; symbol: string; decimals: number };
export type GatewayAddress = { id: string; mqtt: string; http: string };
type MarketRelay = RelayAddress & { http?: string };

/** `.weir/stack.json` or a market's `config.json`: what both have is read, the rest is not ours. */
export type MarketFile = {
  path: string | null;
  rpc?: string;
  contracts?: Contracts;
  /** The deployment's first block. */
  fromBlock?: bigint;
  relays: MarketRelay[];
  gateways: GatewayAddress[];
  tokens: Token[];
  indexer?: string;
};

export type Place = {
  client: PublicClient;
  chain: Chain;
  rpc: string;
  contracts: Contracts;
  /** No event of ours is older. Unknown where a public market's file does not say it: the chain is then asked without a range. */
  fromBlock: bigint | undefined;
  market: MarketFile;
};

const DEFAULT_RPC = "http://127.0.0.1:8545";
const LOCAL_CHAIN_ID = 31337;
/** The local chain mines at once; viem would look every 4 s. */
const LOCAL_POLL_MS = 50;
const NATIVE = { name: "Ether", symbol: "ETH", decimals: 18 };

export const dataDir = (): string => process.env.WEIR_DATA_DIR ?? ".weir";

/** Reads what is named; without a name the file of `npm start`, where it is and nothing else was said of the chain. */
export function readMarket(options: PlaceOptions): MarketFile {
  const usual = join(dataDir(), "stack.json");
  const path = options.market ?? (options.rpc === undefined && existsSync(usual) ? usual : undefined);
  if (path === undefined) return { path: null, relays: [], gateways: [], tokens: [] };
  return parseMarket(readJson(path, "--market"), path);
}

/** @throws UsageError naming the field */
export function parseMarket(json: unknown, path: string): MarketFile {
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new UsageError(`--market: ${path} holds no JSON object`);
  const file = json as Record<string, unknown>;
  const fail = (field: string, rule: string): never => {
    throw new UsageError(`--market: ${field} in ${path} ${rule}`);
  };
  const items = (field: string): Record<string, unknown>[] => {
    const value = file[field] ?? [];
    if (!Array.isArray(value) || value.some((item) => typeof item !== "object" || item === null))
      return fail(field, "is a list of objects");
    return value;
  };
  const text = (value: unknown, field: string): string =>
    typeof value === "string" && value !== "" ? value : fail(field, "is a text");
  const account = (value: unknown, field: string): Address =>
    typeof value === "string" && isAddress(value, { strict: false })
      ? getAddress(value)
      : fail(field, "is an address");
  const contracts = file.contracts as Record<string, unknown> | undefined;
  const indexer = file.indexer ?? (Array.isArray(file.indexers) ? file.indexers[0] : undefined);
  return {
    path,
    ...(file.rpc === undefined ? {} : { rpc: text(file.rpc, "rpc") }),
    ...(contracts === undefined
      ? {}
      : {
          contracts: Object.fromEntries(
            CONTRACT_NAMES.map((name) => [name, account(contracts[name], `contracts.${name}`)]),
          ) as Contracts,
        }),
    ...(file.fromBlock === undefined
      ? {}
      : {
          fromBlock: /^\d{1,18}$/.test(String(file.fromBlock))
            ? BigInt(String(file.fromBlock))
            : fail("fromBlock", "is a block's number"),
        }),
    ...(typeof indexer === "string" ? { indexer } : {}),
    relays: items("relays").map((relay, i) => ({
      operator: account(relay.operator, `relays[${i}].operator`),
      multiaddrs: Array.isArray(relay.multiaddrs)
        ? relay.multiaddrs.map((item, k) => text(item, `relays[${i}].multiaddrs[${k}]`))
        : fail(`relays[${i}].multiaddrs`, "is a list"),
      ...(typeof relay.http === "string" ? { http: relay.http } : {}),
    })),
    gateways: items("gateways").map((gateway, i) => ({
      id: text(gateway.id, `gateways[${i}].id`),
      mqtt: text(gateway.mqtt, `gateways[${i}].mqtt`),
      http: text(gateway.http, `gateways[${i}].http`),
    })),
    tokens: items("tokens").map((token, i) => ({
      address: account(token.address, `tokens[${i}].address`),
      symbol: text(token.symbol, `tokens[${i}].symbol`),
      decimals: Number.isInteger(token.decimals)
        ? Number(token.decimals)
        : fail(`tokens[${i}].decimals`, "is a whole number"),
    })),
  };
}

/** Asks the endpoint which chain it is and finds the contracts. @throws UsageError, ContractError("Unreachable") */
export async function openPlace(options: PlaceOptions): Promise<Place> {
  const market = readMarket(options);
  const rpc = options.rpc ?? market.rpc ?? DEFAULT_RPC;
  // One retry, so that a wrong address is said soon.
  const transport = http(rpc, { retryCount: 1, timeout: 10_000 });
  const chainId = await createPublicClient({ transport })
    .getChainId()
    .catch((error: unknown) => {
      throw contractError(error);
    });
  const chain = defineChain({
    id: chainId,
    name: `chain ${chainId}`,
    nativeCurrency: NATIVE,
    rpcUrls: { default: { http: [rpc] } },
  });
  const poll = chainId === LOCAL_CHAIN_ID ? { pollingInterval: LOCAL_POLL_MS } : {};
  const client = createPublicClient({ chain, transport, cacheTime: 0, ...poll }) as PublicClient;
  const place = { client, chain, rpc, market };
  if (options.deployment === undefined && market.contracts !== undefined)
    return {
      ...place,
      contracts: market.contracts,
      fromBlock: market.fromBlock ?? (chainId === LOCAL_CHAIN_ID ? 0n : undefined),
    };
  const path = options.deployment ?? `deployments/${chainId}.json`;
  const { contracts, fromBlock } = parseDeployment(readJson(path, "--deployment"));
  return { ...place, contracts, fromBlock };
}

export function readJson(path: string, field: string): unknown {
  if (!existsSync(path)) throw new UsageError(`${field}: ${path} does not exist`);
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new UsageError(`${field}: ${path} is no JSON (${(error as Error).message})`);
  }
}

/** The indexer's address. @throws UsageError without one */
export function indexerOf(options: PlaceOptions, market: MarketFile): string {
  const found = options.indexer ?? market.indexer;
  if (found === undefined) throw new UsageError("--indexer: name the address of an indexer");
  return found.replace(/\/$/, "");
}

/** The gateway of this name, or the only one. @throws UsageError */
export function gatewayOf(
  { market }: Pick<Place, "market">,
  options: { gateway?: string; gatewayUrl?: string; mqtt?: string },
): GatewayAddress {
  const { gateway: id, gatewayUrl } = options;
  if (gatewayUrl !== undefined) {
    if (id === undefined) throw new UsageError("--gateway: name the gateway's id beside --gateway-url");
    return { id, http: gatewayUrl, mqtt: options.mqtt ?? `mqtt://${new URL(gatewayUrl).hostname}:1883` };
  }
  const found = market.gateways.filter((gateway) => id === undefined || gateway.id === id);
  if (found.length === 1) return { ...found[0]!, ...(options.mqtt ? { mqtt: options.mqtt } : {}) };
  if (found.length === 0)
    throw new UsageError("--gateway-url: name the gateway's http address, and its id with --gateway");
  throw new UsageError(`--gateway: name one of ${found.map((gateway) => gateway.id).join(", ")}`);
}

/** Where the relays of these operators are: by the market's file, else by their entry on chain. Those of neither are left out. */
export async function relaysOf(
  { client, contracts, market }: Place,
  operators: readonly Address[],
): Promise<RelayAddress[]> {
  const found: RelayAddress[] = [];
  for (const operator of operators) {
    const known = market.relays.find((relay) => isAddressEqual(relay.operator, operator));
    if (known) found.push(known);
    else if (await isRelayRegistered(client, { contracts, operator })) {
      const { endpoints } = await getRelay(client, { contracts, operator });
      const multiaddrs = endpoints.filter((endpoint) => endpoint.includes("/p2p/"));
      if (multiaddrs.length > 0) found.push({ operator, multiaddrs });
    }
  }
  return found;
}

/** A token by its symbol in the market's file, or by its address. @throws UsageError */
export async function tokenOf({ client, market }: Place, name: string, field: string): Promise<Token> {
  if (name.toUpperCase() === NATIVE.symbol) return { address: ZERO_ADDRESS, ...NATIVE };
  const named = market.tokens.find(
    ({ symbol, address }) => symbol === name || address.toLowerCase() === name.toLowerCase(),
  );
  if (named) return named;
  if (!isAddress(name, { strict: false }))
    throw new UsageError(`${field}: ${name} is ETH, a symbol of the market's file, or a token's address`);
  const address = getAddress(name);
  if (isAddressEqual(address, ZERO_ADDRESS)) return { address, ...NATIVE };
  const call = { abi: erc20Abi, address } as const;
  try {
    const [symbol, decimals] = await Promise.all([
      client.readContract({ ...call, functionName: "symbol" }),
      client.readContract({ ...call, functionName: "decimals" }),
    ]);
    return { address, symbol, decimals };
  } catch (error) {
    throw new UsageError(`${field}: at ${address} is no token (${contractError(error).name})`);
  }
}
