import { withdraw } from "@weir/sdk/chain";
import type { Command } from "commander";
import type { Hex } from "viem";
import { type WriteOptions, writeCommand } from "../../command.ts";
import { print } from "../../output.ts";
import { bytes32 } from "../../parse.ts";
import { inUnits } from "../../plans.ts";
import { ownPayment } from "./own.ts";

/** `weir channel withdraw 0x…` */
export const channelWithdraw = (): Command =>
  writeCommand("withdraw", "after the challenge, send what was not claimed back to the buyer")
    .argument("<grant>", "the purchase's id", bytes32)
    .action(async (grantId: Hex, options: WriteOptions) => {
      const { place, wallet, payment, token } = await ownPayment("channel", grantId, options);
      const { hash, refund } = await withdraw(wallet, { contracts: place.contracts, terms: payment.terms });
      print(
        options.json,
        { grantId, refund, symbol: token.symbol, transactionHash: hash },
        `${inUnits(refund, token)} came back`,
      );
    });
