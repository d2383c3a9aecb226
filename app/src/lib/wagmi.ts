import { defineChain, type PublicClient } from "viem";
import { type Config, createConfig, createStorage, http } from "wagmi";
import { getPublicClient } from "wagmi/actions";
import { LOCAL_CHAIN_ID, type WeirConfig } from "./config.ts";
import { forget, recall, remember } from "./localState.ts";
import { RpcUnreachable } from "./rpc.ts";
import { testWallet } from "./testWallet.ts";

/** The local chain mines on demand: asking every 4 s, as the library does by default, would make everything feel slow. */
const LOCAL_POLL_MS = 200;
const POLL_MS = 4_000;

function chainOf(config: WeirConfig) {
  const local = config.chainId === LOCAL_CHAIN_ID;
  const native = config.tokens.find((token) => /^0x0{40}$/i.test(token.address));
  return defineChain({
    id: config.chainId,
    name: local ? "Weir local chain" : `Chain ${config.chainId}`,
    nativeCurrency: { name: "Ether", symbol: native?.symbol ?? "ETH", decimals: native?.decimals ?? 18 },
    rpcUrls: { default: { http: [config.rpc] } },
    testnet: local,
  });
}

let made: { for: WeirConfig; config: Config } | undefined;

/** One wallet state per page, shared by everything that asks. */
export function wagmiFor(config: WeirConfig): Config {
  if (made?.for === config) return made.config;
  const chain = chainOf(config);
  const wallet = config.testWallet;
  const wagmi = createConfig({
    chains: [chain],
    connectors: wallet ? [testWallet(wallet.privateKey, wallet.label)] : [],
    multiInjectedProviderDiscovery: true,
    transports: { [chain.id]: http(config.rpc) },
    pollingInterval: config.chainId === LOCAL_CHAIN_ID ? LOCAL_POLL_MS : POLL_MS,
    storage: createStorage({
      key: "wallet",
      storage: { getItem: recall, setItem: remember, removeItem: forget },
    }),
  });
  made = { for: config, config: wagmi };
  return wagmi;
}

/** Reads through our own RPC, never through the wallet: a wallet on another chain would answer for that one. */
export function publicClientOf(wagmi: Config, config: WeirConfig): PublicClient {
  const client = getPublicClient(wagmi, { chainId: config.chainId });
  if (!client) throw new RpcUnreachable(config.rpc, "no client for the configured chain");
  return client;
}
