/** Test money for an account of the local chain. Anywhere else there is no key to send it with, and this refuses. */
import {
  type Address,
  createWalletClient,
  defineChain,
  erc20Abi,
  http,
  type PublicClient,
  parseEther,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { LOCAL_CHAIN_ID, type WeirConfig } from "./config.ts";

const COIN = parseEther("1");
const TOKENS = 100n;

export class LocalOnly extends Error {
  override readonly name = "LocalOnly";
  constructor(chainId: number) {
    super(`test money exists on chain ${LOCAL_CHAIN_ID} only, not on ${chainId}`);
  }
}

/** 1 test ETH and 100 of each test token. Resolves when all of it is mined. */
export async function sendTestMoney(config: WeirConfig, reader: PublicClient, to: Address): Promise<void> {
  const { chainId, faucetKey, rpc } = config;
  if (chainId !== LOCAL_CHAIN_ID || !faucetKey) throw new LocalOnly(chainId);
  const chain = defineChain({
    id: chainId,
    name: "Weir local chain",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [rpc] } },
  });
  const wallet = createWalletClient({ account: privateKeyToAccount(faucetKey), chain, transport: http(rpc) });
  await reader.waitForTransactionReceipt({ hash: await wallet.sendTransaction({ to, value: COIN }) });
  for (const { address, decimals } of config.tokens) {
    if (/^0x0{40}$/i.test(address)) continue;
    const args = [to, TOKENS * 10n ** BigInt(decimals)] as const;
    const hash = await wallet.writeContract({ address, abi: erc20Abi, functionName: "transfer", args });
    await reader.waitForTransactionReceipt({ hash });
  }
}
