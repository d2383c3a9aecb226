import { type Command, Option } from "commander";
import { type ReadOptions, readCommand } from "../../command.ts";
import { listed } from "../../indexer.ts";
import { printRows } from "../../output.ts";
import { id, url, whole } from "../../parse.ts";
import { indexerOf, readMarket } from "../../place.ts";

type Options = ReadOptions & { limit: number };

/** `weir rating list 7` */
export const ratingList = (): Command =>
  readCommand("list", "ratings of a listing and the answers to them, newest first (from an indexer)")
    .argument("<listing>", "its number", id)
    .option("--limit <count>", "at most so many", whole(1, 10_000), 100)
    .addOption(new Option("--indexer <url>", "its REST address").env("WEIR_INDEXER_URL").argParser(url))
    .action(list);

async function list(listingId: bigint, options: Options): Promise<void> {
  const indexer = indexerOf(options, readMarket(options));
  const { limit } = options;
  const items = await listed(indexer, `/v1/listings/${listingId}/ratings`, { limit });
  const rows = options.json
    ? items
    : items.map((item) => ({ ...item, response: (item.response as { text?: string } | null)?.text }));
  printRows(
    options.json,
    rows,
    ["buyer", "revision", "scores", "comment", "response"],
    "nobody has rated it",
  );
}
