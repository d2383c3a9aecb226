import { getListing } from "@weir/sdk/chain";
import { flagNames, ListingFlag } from "@weir/sdk/core";
import type { Command } from "commander";
import { type ReadOptions, readCommand } from "../../command.ts";
import { line, safe } from "../../output.ts";
import { id, whole } from "../../parse.ts";
import { openPlace, tokenOf } from "../../place.ts";
import { planLine, termsRow } from "../../plans.ts";
import { nameIn } from "../hub/show.ts";

type Options = ReadOptions & { version?: number };

/** `weir listing show 7` */
export const listingShow = (): Command =>
  readCommand("show", "a listing: what it is, what it costs, who carries it")
    .argument("<listing>", "its number", id)
    .option(
      "--version <number>",
      "an earlier version (default: the newest, which alone is for sale)",
      whole(1, 2 ** 32 - 1),
    )
    .action(show);

async function show(listingId: bigint, { version: wanted, ...options }: Options): Promise<void> {
  const place = await openPlace(options);
  const { client, contracts, fromBlock } = place;
  const found = await getListing(client, { contracts, listingId, version: wanted, fromBlock });
  const { terms, metadata, version, state } = found;
  const token = await tokenOf(place, terms.token, "token");
  const flags = [
    ...flagNames(terms.flags),
    ...Object.entries(ListingFlag).flatMap(([name, bit]) => ((terms.flags & bit) !== 0 ? [name] : [])),
  ];
  if (options.json) {
    console.log(
      line({
        listing: listingId,
        version,
        newest: state.version,
        state,
        flags,
        terms: termsRow(terms, token),
        metadata,
      }),
    );
    return;
  }
  console.log(
    `listing ${listingId}  ${safe(nameIn(metadata))}  (version ${version} of ${state.version}, hub ${terms.hubId})`,
  );
  for (const [i, plan] of terms.plans.entries()) console.log(`  plan ${i}   ${planLine(plan, token)}`);
  console.log(`  relays   ${terms.relays.join(", ")}`);
  console.log(`  flags    ${flags.join(", ") || "none"}`);
  console.log(`  metadata ${safe(metadata)}`);
}
