import { cancelSubscription } from "@weir/sdk/chain";
import type { Command } from "commander";
import type { Hex } from "viem";
import { type WriteOptions, writeCommand } from "../../command.ts";
import { print } from "../../output.ts";
import { bytes32 } from "../../parse.ts";
import { inUnits } from "../../plans.ts";
import { ownPayment } from "../channel/own.ts";

/** `weir subscription cancel 0x…` */
export const subscriptionCancel = (): Command =>
  writeCommand("cancel", "leave a subscription: the time of the notice is paid, the rest comes back at once")
    .argument("<grant>", "the purchase's id", bytes32)
    .action(async (grantId: Hex, options: WriteOptions) => {
      const { place, wallet, payment, token } = await ownPayment("subscription", grantId, options);
      const { contracts } = place;
      const { relays } = payment.listing;
      const { hash, refund, stop, claimed } = await cancelSubscription(wallet, {
        contracts,
        terms: payment.terms,
        relays,
      });
      print(
        options.json,
        { grantId, refund, claimed, until: stop, symbol: token.symbol, transactionHash: hash },
        `${inUnits(refund, token)} came back; it reads until ${new Date(stop * 1000).toISOString()}`,
      );
    });
