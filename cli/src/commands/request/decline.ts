import { declineRequest } from "@weir/sdk/chain";
import type { Command } from "commander";
import type { Address } from "viem";
import { type WriteOptions, writeCommand } from "../../command.ts";
import { print } from "../../output.ts";
import { address, id } from "../../parse.ts";
import { openPlace } from "../../place.ts";
import { openWallet } from "../../wallet.ts";

/** `weir request decline 7 0x… --reason "for research only"` */
export const requestDecline = (): Command =>
  writeCommand("decline", "say no to a buyer's request; everybody can read the reason")
    .argument("<listing>", "its number", id)
    .argument("<buyer>", "the account that asked", address)
    .requiredOption("--reason <text>", "at most 512 bytes")
    .action(async (listingId: bigint, buyer: Address, options: WriteOptions & { reason: string }) => {
      const place = await openPlace(options);
      const wallet = await openWallet(place, options);
      const { reason } = options;
      const { hash } = await declineRequest(wallet, { contracts: place.contracts, listingId, buyer, reason });
      print(
        options.json,
        { listing: listingId, buyer, reason, transactionHash: hash },
        `${buyer}'s request was declined`,
      );
    });
