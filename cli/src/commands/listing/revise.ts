import { getListing, reviseListing } from "@weir/sdk/chain";
import type { Command } from "commander";
import type { Address } from "viem";
import { type WriteOptions, writeCommand } from "../../command.ts";
import { print } from "../../output.ts";
import { address, id } from "../../parse.ts";
import { openPlace } from "../../place.ts";
import { openWallet } from "../../wallet.ts";
import { offerOf, preview } from "./offer.ts";

type Options = WriteOptions & { dryRun?: boolean; operator?: Address };

/** `weir listing revise 7 listing.json`: a new version; what was bought before keeps its terms. */
export const listingRevise = (): Command =>
  writeCommand("revise", "put a new version on sale; earlier purchases keep theirs")
    .argument("<listing>", "its number", id)
    .argument("<file>", "JSON: see docs/cli.md")
    .option("--operator <address>", "the gateway's account (default: that of the hub's newest key)", address)
    .option(
      "--dry-run",
      "check the file and show what would be offered; nothing is sent and no keystore is needed",
    )
    .action(revise);

async function revise(listingId: bigint, path: string, options: Options): Promise<void> {
  const place = await openPlace(options);
  const { contracts, fromBlock } = place;
  const { state } = await getListing(place.client, { contracts, listingId, fromBlock });
  const offer = await offerOf(place, state.hubId, path, options.operator);
  if (options.dryRun) return preview(options.json, offer);
  const wallet = await openWallet(place, options);
  const { terms, metadata } = offer;
  const { version, hash } = await reviseListing(wallet, { contracts, listingId, terms, metadata });
  print(
    options.json,
    { listing: listingId, version, metadataHash: terms.metadataHash, transactionHash: hash },
    `listing ${listingId} is on sale as version ${version}`,
  );
}
