import { getPurchase, rate } from "@weir/sdk/chain";
import { paymentOf } from "@weir/sdk/client";
import type { Command } from "commander";
import type { Hex } from "viem";
import { type WriteOptions, writeCommand } from "../../command.ts";
import { print, RefusedByRule, UsageError } from "../../output.ts";
import { bytes32, several } from "../../parse.ts";
import { openPlace } from "../../place.ts";
import { openWallet } from "../../wallet.ts";

type Scores = [number, number, number, number];
type Options = WriteOptions & { scores: string[]; comment: string };

/** `weir rating give 0x… --scores 5,5,4,5 --comment "As described."` */
export const ratingGive = (): Command =>
  writeCommand("give", "rate a listing by a purchase that has paid for some of it; again to revise it")
    .argument("<grant>", "the purchase's id", bytes32)
    .requiredOption(
      "--scores <numbers>",
      "1 to 5 each: as described, in time, communication, no other issues",
      several(String),
    )
    .option("--comment <text>", "at most 1,024 bytes", "")
    .action(give);

async function give(grantId: Hex, options: Options): Promise<void> {
  const scores = scoresOf(options.scores);
  const place = await openPlace(options);
  const { client, contracts, fromBlock } = place;
  const wallet = await openWallet(place, options);
  const purchase = await getPurchase(client, { contracts, grantId, fromBlock });
  const payment = await paymentOf(client, { contracts, purchase, fromBlock });
  if (payment.kind === "free")
    throw new RefusedByRule(`grant ${grantId} was free: only who has paid may rate`);
  const { comment } = options;
  const { terms } = payment;
  const { hash, revision } = await rate(wallet, { contracts, grantId, terms, scores, comment });
  const { listingId } = purchase;
  print(
    options.json,
    { listing: listingId, grantId, revision, scores, comment, transactionHash: hash },
    `listing ${listingId} is rated ${scores.join(", ")}${revision > 1 ? `, revision ${revision}` : ""}`,
  );
}

/** @throws UsageError */
function scoresOf(words: readonly string[]): Scores {
  if (words.length !== 4 || words.some((word) => !/^[1-5]$/.test(word)))
    throw new UsageError("--scores: are four numbers from 1 to 5, such as 5,5,4,5");
  return words.map(Number) as Scores;
}
