// Ways to pay a purchase with a token: what is allowed or signed before, and how the purchase carries it.
import { approveToken, getAllowance, getPermitNonce, type Purchase, type WriteClient } from "@weir/sdk/chain";
import { authorizeBuy, Funding, type PreparedBuy } from "@weir/sdk/client";
import { PERMIT2, ZERO_ADDRESS } from "@weir/sdk/core";
import { type Address, isAddressEqual } from "viem";
import { UsageError } from "./output.ts";
import type { Place } from "./place.ts";

export const FUNDINGS = ["auto", "native", "allowance", "permit", "3009", "permit2"] as const;
export type FundingWord = (typeof FUNDINGS)[number];

/** `auto` stays open until the token was asked. */
export function fundingOf(word: FundingWord, token: Address, amount: bigint): number | undefined {
  const native = isAddressEqual(token, ZERO_ADDRESS);
  if (amount === 0n) return undefined;
  if (native && !["auto", "native"].includes(word))
    throw new UsageError(`--funding: the listing is paid in ETH, which needs no ${word}`);
  if (!native && word === "native")
    throw new UsageError("--funding: the listing is paid in a token, not in ETH");
  return {
    auto: undefined,
    native: Funding.native,
    allowance: Funding.pull,
    permit: Funding.pull,
    "3009": Funding.eip3009,
    permit2: Funding.permit2,
  }[word];
}

/** Sends what must be allowed before, or asks the wallet to sign, and returns the purchase as it is sent. */
export async function funded(
  { client, contracts }: Place,
  wallet: WriteClient,
  prepared: PreparedBuy,
  word: FundingWord,
): Promise<Purchase> {
  const { purchase } = prepared;
  const { token } = purchase.listing;
  const owner = wallet.account.address;
  const allow = async (spender: Address): Promise<void> => {
    const allowed = await getAllowance(client, { token, owner, spender });
    if (allowed < purchase.amount) await approveToken(wallet, { token, spender, amount: purchase.amount });
  };
  if (purchase.funding === Funding.permit2) await allow(PERMIT2);
  if (purchase.funding === Funding.eip3009 || purchase.funding === Funding.permit2)
    return authorizeBuy(wallet, { contracts, prepared });
  if (purchase.funding !== Funding.pull) return purchase;
  if (word === "permit") return authorizeBuy(wallet, { contracts, prepared });
  const allowed = await getAllowance(client, { token, owner, spender: contracts.Grants });
  if (allowed >= purchase.amount) return purchase;
  // A token that counts permits takes them: one signature in place of a transaction.
  const takesPermits = await getPermitNonce(client, { token, owner }).then(
    () => true,
    () => false,
  );
  if (word === "auto" && takesPermits) return authorizeBuy(wallet, { contracts, prepared });
  await allow(contracts.Grants);
  return purchase;
}
