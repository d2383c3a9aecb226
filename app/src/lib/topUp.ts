/** More money for a channel or a subscription that exists, in the listing's token. */
import { type Address, erc20Abi } from "viem";
import { signTypedData } from "viem/actions";
import type { Config } from "wagmi";
import type { WeirConfig } from "./config.ts";
import type { Way } from "./payWays.ts";
import { sendTogether, sendTransaction } from "./send.ts";
import { publicClientOf } from "./wagmi.ts";
import { walletOf } from "./wallet.ts";
import { actions, type SubscriptionTerms, type Terms } from "./weir.ts";

/** Long enough to send it, short enough that a payment given up does not lie about. */
const PERMIT_SECONDS = 3_600;

/** The ways in which a top-up is paid: those that need nothing but the escrow's own calls. */
export const TOP_UP_WAYS: readonly Way[] = ["native", "allowance", "permit", "batch", "approve"];

export async function topUp(p: {
  wagmi: Config;
  config: WeirConfig;
  terms: Terms | SubscriptionTerms;
  /** Smallest token unit. */
  amount: bigint;
  way: Way;
  onStep?: (step: "signature" | "approval" | "payment") => void;
}): Promise<void> {
  const { wagmi, config, terms, amount, way, onStep } = p;
  const escrow = "challenge" in terms ? "Channels" : "Subscriptions";
  const token = terms.token as Address;
  if (!("challenge" in terms)) {
    const { requireWithinGrant } = await actions();
    await requireWithinGrant(publicClientOf(wagmi, config), { contracts: config.contracts, terms, amount });
  }
  const fund = {
    contract: escrow,
    functionName: "fund",
    args: [terms, amount, amount],
    value: way === "native" ? amount : 0n,
  } as const;
  const approve = {
    contract: { address: token, abi: erc20Abi },
    functionName: "approve",
    args: [config.contracts[escrow], amount],
  };
  if (way === "batch") {
    onStep?.("payment");
    await sendTogether(wagmi, config, [approve, fund]);
    return;
  }
  if (way === "permit") {
    onStep?.("signature");
    const signed = await signPermit({ wagmi, config, token, spender: config.contracts[escrow], amount });
    onStep?.("payment");
    await sendTransaction(wagmi, config, {
      contract: escrow,
      functionName: "fundWithPermit",
      args: [terms, amount, amount, signed.deadline, signed.v, signed.r, signed.s],
    });
    return;
  }
  if (way === "approve") {
    onStep?.("approval");
    await sendTransaction(wagmi, config, approve);
  }
  onStep?.("payment");
  await sendTransaction(wagmi, config, fund);
}

async function signPermit(p: {
  wagmi: Config;
  config: WeirConfig;
  token: Address;
  spender: Address;
  amount: bigint;
}) {
  const { getPermitNonce, getTokenDomain } = await actions();
  const { permit, splitSignature } = await import("@weir/sdk/core");
  const wallet = await walletOf(p.wagmi, p.config);
  const owner = wallet.account.address;
  const deadline = BigInt(Math.floor(Date.now() / 1_000) + PERMIT_SECONDS);
  const domain = await getTokenDomain(wallet, { token: p.token });
  const nonce = await getPermitNonce(wallet, { token: p.token, owner });
  const typed = permit(domain, { owner, spender: p.spender, value: p.amount, nonce, deadline });
  const signature = await signTypedData(wallet, {
    ...typed,
    account: wallet.account,
  } as Parameters<typeof signTypedData>[1]);
  return { deadline, ...splitSignature(signature) };
}
