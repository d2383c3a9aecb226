import { type Address, type Chain, createWalletClient, custom, type Hex, http, numberToHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { createConnector } from "wagmi";
import { forget, recall, remember } from "./localState.ts";

/** So that nobody needs an extension to try: a funded account of the local chain, signing in the page. */
export function testWallet(privateKey: Hex, name: string) {
  const account = privateKeyToAccount(privateKey);
  const connected = "testWallet.connected";
  return createConnector((config) => {
    const chain = config.chains[0] as Chain;
    const client = createWalletClient({ account, chain, transport: http(chain.rpcUrls.default.http[0]) });
    return {
      id: "weirTestWallet",
      name,
      type: "testWallet",
      // Overloads by `withCapabilities`; this wallet has none, and viem's client accepts the plain address list.
      async connect<withCapabilities extends boolean = false>() {
        remember(connected, "1");
        const accounts = [account.address] as readonly Address[];
        return { accounts, chainId: chain.id } as unknown as {
          accounts: withCapabilities extends true
            ? readonly { address: Address; capabilities: Record<string, unknown> }[]
            : readonly Address[];
          chainId: number;
        };
      },
      async disconnect() {
        forget(connected);
      },
      getAccounts: async () => [account.address] as const,
      getChainId: async () => chain.id,
      getClient: async () => client,
      getProvider: async () =>
        custom({
          request: async ({ method }: { method: string }) =>
            method === "eth_chainId" ? numberToHex(chain.id) : [account.address],
        }),
      isAuthorized: async () => recall(connected) === "1",
      onAccountsChanged: () => config.emitter.emit("change", { accounts: [account.address] }),
      onChainChanged: () => config.emitter.emit("change", { chainId: chain.id }),
      onDisconnect: () => config.emitter.emit("disconnect"),
    };
  });
}
