// What the verbs of a channel share: the buyer's wallet and the purchase's channel.
import { type GetPurchaseReturnType, getPurchase, type WriteClient } from "@weir/sdk/chain";
import { type Payment, paymentOf } from "@weir/sdk/client";
import type { Hex } from "viem";
import type { WriteOptions } from "../../command.ts";
import { RefusedByRule } from "../../output.ts";
import { openPlace, type Place, type Token, tokenOf } from "../../place.ts";
import { openWallet } from "../../wallet.ts";

export type Own<kind extends Payment["kind"]> = {
  place: Place;
  wallet: WriteClient;
  purchase: GetPurchaseReturnType;
  payment: Extract<Payment, { kind: kind }>;
  token: Token;
};

/** @throws RefusedByRule when the grant is paid in another way */
export async function ownPayment<const kind extends "channel" | "subscription">(
  kind: kind,
  grantId: Hex,
  options: WriteOptions,
): Promise<Own<kind>> {
  const place = await openPlace(options);
  const { client, contracts, fromBlock } = place;
  const wallet = await openWallet(place, options);
  const purchase = await getPurchase(client, { contracts, grantId, fromBlock });
  const payment = await paymentOf(client, { contracts, purchase, fromBlock });
  if (payment.kind !== kind)
    throw new RefusedByRule(
      `grant ${grantId} has no ${kind}: its plan is ${payment.kind === "free" ? "free" : `paid by a ${payment.kind}`}`,
    );
  const token = await tokenOf(place, payment.listing.token, "token");
  return { place, wallet, purchase, payment: payment as Extract<Payment, { kind: kind }>, token };
}
