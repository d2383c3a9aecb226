/** One prepared purchase, paid in the way that was chosen. Resolves with the mined transaction. */
import { erc20Abi, type Hex, maxUint256 } from "viem";
import type { Config } from "wagmi";
import type { WeirConfig } from "@/lib/config.ts";
import { PERMIT2 } from "@/lib/payWays.ts";
import { type Call, sendTogether, sendTransaction } from "@/lib/send.ts";
import { walletOf } from "@/lib/wallet.ts";
import { authorize, type PreparedBuy } from "@/lib/weir.ts";
import type { Choice } from "./useChoice.ts";

/** What the wallet is being asked for. */
export type Asking = "signature" | "approval" | "payment" | "secondPayment" | "together";

export async function pay(p: {
  wagmi: Config;
  config: WeirConfig;
  prepared: PreparedBuy;
  choice: Choice;
  onAsk: (asking: Asking) => void;
  onSent: () => void;
}): Promise<Hex> {
  const { wagmi, config, prepared, choice, onAsk } = p;
  const { way, twoSteps } = choice;
  const token = prepared.purchase.listing.token;
  const buy = (purchase: PreparedBuy["purchase"]): Call => ({
    contract: "Grants",
    functionName: "buy",
    args: [purchase],
    value: prepared.value,
    onSent: p.onSent,
  });
  const approve = (spender: Hex, amount: bigint): Call => ({
    contract: { address: token, abi: erc20Abi },
    functionName: "approve",
    args: [spender, amount],
  });
  if (way === "batch") {
    onAsk("together");
    const calls = [approve(config.contracts.Grants, choice.amount), buy(prepared.purchase)];
    return sendTogether(wagmi, config, calls);
  }
  if (twoSteps) {
    onAsk("approval");
    // Permit2 is allowed once and for all, which is what it is for; Grants gets this amount and no more.
    const call =
      way === "permit2" ? approve(PERMIT2, maxUint256) : approve(config.contracts.Grants, choice.amount);
    await sendTransaction(wagmi, config, call);
  }
  let { purchase } = prepared;
  if (way === "eip3009" || way === "permit" || way === "permit2") {
    onAsk("signature");
    purchase = await authorize(await walletOf(wagmi, config), config, prepared);
  }
  onAsk(twoSteps ? "secondPayment" : "payment");
  const { hash } = await sendTransaction(wagmi, config, buy(purchase));
  return hash;
}
