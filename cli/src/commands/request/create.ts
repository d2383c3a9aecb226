import { getHub, getListing, requestGrant } from "@weir/sdk/chain";
import { sealNote } from "@weir/sdk/core";
import type { Command } from "commander";
import { type WriteOptions, writeCommand } from "../../command.ts";
import { print } from "../../output.ts";
import { id } from "../../parse.ts";
import { openPlace } from "../../place.ts";
import { openWallet } from "../../wallet.ts";

/** `weir request create 7 --note "for a study of tides"` */
export const requestCreate = (): Command =>
  writeCommand("create", "ask to buy a restricted listing; only the seller can read the note")
    .argument("<listing>", "its number", id)
    .option("--note <text>", "who asks and what for", "")
    .action(create);

async function create(listingId: bigint, options: WriteOptions & { note: string }): Promise<void> {
  const place = await openPlace(options);
  const { client, contracts, chain, fromBlock } = place;
  const wallet = await openWallet(place, options);
  const buyer = wallet.account.address;
  const { terms, version } = await getListing(client, { contracts, listingId, fromBlock });
  const { encryptionKey } = await getHub(client, { contracts, hubId: terms.hubId, fromBlock });
  const context = { chainId: chain.id, grants: contracts.Grants, listingId, buyer, encryptionKey };
  const note = options.note === "" ? "0x" : await sealNote(context, options.note);
  const { hash } = await requestGrant(wallet, { contracts, listingId, version, note });
  print(
    options.json,
    { listing: listingId, version, buyer, transactionHash: hash },
    `the seller of listing ${listingId} was asked`,
  );
}
