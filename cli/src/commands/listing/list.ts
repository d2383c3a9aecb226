import { getListing, getListingIds } from "@weir/sdk/chain";
import { type Command, Option } from "commander";
import { type ReadOptions, readCommand } from "../../command.ts";
import { type Item, listed } from "../../indexer.ts";
import { printRows } from "../../output.ts";
import { id, url, whole } from "../../parse.ts";
import { indexerOf, openPlace, readMarket } from "../../place.ts";
import { kindOf } from "../../plans.ts";
import { nameIn, textIn } from "../hub/show.ts";

type Options = ReadOptions & { hub?: bigint; query?: string; limit: number };

const COLUMNS = ["listing", "title", "category", "plans", "state"];

/** `weir listing list --query weather`, or all of one hub from the chain. */
export const listingList = (): Command =>
  readCommand("list", "listings of the market (from an indexer), or of one hub (from the chain)")
    .option("--hub <hub>", "of this hub, unlisted and closed ones included", id)
    .option("--query <words>", "words of title, description or keywords")
    .option("--limit <count>", "at most so many", whole(1, 10_000), 100)
    .addOption(new Option("--indexer <url>", "its REST address").env("WEIR_INDEXER_URL").argParser(url))
    .action(list);

async function list(options: Options): Promise<void> {
  const rows = options.hub === undefined ? await indexed(options) : await ofHub(options.hub, options);
  printRows(options.json, rows, COLUMNS, "no listing fits");
}

async function ofHub(hubId: bigint, options: Options): Promise<Item[]> {
  const { client, contracts, fromBlock } = await openPlace(options);
  const rows: Item[] = [];
  for (const listingId of await getListingIds(client, { contracts, hubId, fromBlock })) {
    if (rows.length === options.limit) break;
    const { terms, metadata, version, state } = await getListing(client, { contracts, listingId, fromBlock });
    const title = nameIn(metadata);
    if (options.query && !metadata.toLowerCase().includes(options.query.toLowerCase())) continue;
    rows.push({
      listing: listingId,
      version,
      hub: hubId,
      title,
      category: textIn(metadata, "category"),
      plans: terms.plans.map(kindOf),
      state: state.closedAt !== 0 ? "closed" : state.paused ? "paused" : "on sale",
    });
  }
  return rows;
}

async function indexed(options: Options): Promise<Item[]> {
  const indexer = indexerOf(options, readMarket(options));
  const { limit, query: q } = options;
  return (await listed(indexer, "/v1/listings", { limit, q })).map(rowOf);
}

const rowOf = (item: Item): Item => {
  const plans = Array.isArray(item.plans)
    ? item.plans.map((plan: { kind?: unknown }) => plan.kind ?? plan)
    : [];
  return {
    ...item,
    listing: item.id ?? item.listingId,
    plans,
    state: item.state === "open" ? "on sale" : item.state,
  };
};
