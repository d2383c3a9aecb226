import { rotatePurchaseKeys } from "@weir/sdk/client";
import type { Command } from "commander";
import type { Hex } from "viem";
import { siteOption, type WriteOptions, writeCommand } from "../../command.ts";
import { print } from "../../output.ts";
import { bytes32 } from "../../parse.ts";
import { openPlace } from "../../place.ts";
import { openWallet } from "../../wallet.ts";

/** `weir grant rotate 0x…` */
export const grantRotate = (): Command =>
  writeCommand("rotate", "change the keys of a purchase, because a device that had them was lost")
    .argument("<grant>", "the purchase's id", bytes32)
    .addOption(siteOption())
    .action(async (grantId: Hex, options: WriteOptions & { site: string }) => {
      const place = await openPlace(options);
      const wallet = await openWallet(place, options);
      const owner = { wallet, contracts: place.contracts, site: options.site };
      const { transactionHash } = await rotatePurchaseKeys(owner, { grantId });
      print(
        options.json,
        { grantId, transactionHash },
        `the keys of ${grantId} were changed: the ones before read nothing more, and \`weir watch\` goes on with the new ones`,
      );
    });
