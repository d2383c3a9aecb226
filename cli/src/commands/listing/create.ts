import { createListing } from "@weir/sdk/chain";
import type { Command } from "commander";
import type { Address } from "viem";
import { type WriteOptions, writeCommand } from "../../command.ts";
import { print } from "../../output.ts";
import { address, amount, id } from "../../parse.ts";
import { openPlace } from "../../place.ts";
import { openWallet } from "../../wallet.ts";
import { offerOf, preview } from "./offer.ts";

type Options = WriteOptions & { dryRun?: boolean; bond?: string; operator?: Address };

/** `weir listing create 1 listing.json --dry-run` */
export const listingCreate = (): Command =>
  writeCommand("create", "offer a stream as a file describes it")
    .argument("<hub>", "the hub that sells", id)
    .argument("<file>", "JSON: see docs/cli.md")
    .option("--operator <address>", "the gateway's account (default: that of the hub's newest key)", address)
    .option("--bond <ETH>", "more than the least bond, as a sign of good will")
    .option(
      "--dry-run",
      "check the file and show what would be offered; nothing is sent and no keystore is needed",
    )
    .action(create);

async function create(hubId: bigint, path: string, options: Options): Promise<void> {
  const place = await openPlace(options);
  const offer = await offerOf(place, hubId, path, options.operator);
  if (options.dryRun) return preview(options.json, offer);
  const bond = options.bond === undefined ? undefined : amount(options.bond, 18, "--bond");
  const wallet = await openWallet(place, options);
  const { terms, metadata } = offer;
  const { listingId, version, hash } = await createListing(wallet, {
    contracts: place.contracts,
    hubId,
    terms,
    metadata,
    bond,
  });
  print(
    options.json,
    { listing: listingId, version, hub: hubId, metadataHash: terms.metadataHash, transactionHash: hash },
    `listing ${listingId} is on sale`,
  );
}
