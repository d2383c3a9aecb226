/** The connected wallet as the SDK's actions take it. */
import type { WriteClient } from "@weir/sdk/chain";
import type { Config } from "wagmi";
import { getAccount, getWalletClient } from "wagmi/actions";
import type { WeirConfig } from "./config.ts";
import { withOutbox } from "./trackSends.ts";

/** Explained by the SDK's table under this name. */
class WrongChainError extends Error {
  override readonly name = "WrongChain";
}

/** `onSent` is called whenever the wallet has said yes to a transaction. */
export async function walletOf(wagmi: Config, config: WeirConfig, onSent?: () => void): Promise<WriteClient> {
  const { chainId } = getAccount(wagmi);
  if (chainId !== undefined && chainId !== config.chainId)
    throw new WrongChainError(`the wallet is on chain ${chainId}, this market on ${config.chainId}`);
  const client = await getWalletClient(wagmi, { chainId: config.chainId });
  return withOutbox(client, config, onSent) as WriteClient;
}
