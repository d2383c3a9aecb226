import { ABIS, respond } from "@weir/sdk/chain";
import type { Command } from "commander";
import type { Address } from "viem";
import { type WriteOptions, writeCommand } from "../../command.ts";
import { print, RefusedByRule } from "../../output.ts";
import { address, id, whole } from "../../parse.ts";
import { openPlace, type Place } from "../../place.ts";
import { openWallet } from "../../wallet.ts";

type Options = WriteOptions & { text: string; revision?: number };

const MAX_REVISION = 2 ** 32 - 1;

/** `weir rating respond 7 0x… --text "Thank you."`; once for each revision. */
export const ratingRespond = (): Command =>
  writeCommand("respond", "answer a buyer's rating, once for each revision of it; everybody can read it")
    .argument("<listing>", "its number", id)
    .argument("<buyer>", "the account that rated", address)
    .requiredOption("--text <text>", "at most 1,024 bytes")
    .option("--revision <number>", "of the rating (default: the newest)", whole(1, MAX_REVISION))
    .action(answer);

async function answer(listingId: bigint, buyer: Address, options: Options): Promise<void> {
  const place = await openPlace(options);
  const { contracts } = place;
  const wallet = await openWallet(place, options);
  const revision = options.revision ?? (await newestOf(place, listingId, buyer));
  const { text } = options;
  const { hash } = await respond(wallet, { contracts, listingId, buyer, revision, text });
  print(
    options.json,
    { listing: listingId, buyer, revision, text, transactionHash: hash },
    `revision ${revision} of ${buyer}'s rating is answered`,
  );
}

/** @throws RefusedByRule where the buyer has not rated */
async function newestOf({ client, contracts }: Place, listingId: bigint, buyer: Address): Promise<number> {
  const call = { abi: ABIS.Ratings, address: contracts.Ratings } as const;
  const revision = await client.readContract({
    ...call,
    functionName: "revisionsOf",
    args: [listingId, buyer],
  });
  if (revision === 0) throw new RefusedByRule(`${buyer} has not rated listing ${listingId}`);
  return revision;
}
