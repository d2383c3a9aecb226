import { getListing, getListingIds } from "@weir/sdk/chain";
import { type Command, Option } from "commander";
import { type ReadOptions, readCommand } from "../../command.ts";
import { NotThere, printRows, RefusedByRule } from "../../output.ts";
import { id, url, whole } from "../../parse.ts";
import { indexerOf, openPlace, readMarket } from "../../place.ts";
import { kindOf } from "../../plans.ts";
import { nameIn } from "../hub/show.ts";

type Options = ReadOptions & { hub?: bigint; query?: string; limit: number };
type Row = Record<string, unknown>;

const COLUMNS = ["listing", "title", "category", "plans", "state"];
const PAGE = 100;
const PATIENCE_MS = 15_000;

/** `weir listing list --query weather`, or all of one hub from the chain. */
export const listingList = (): Command =>
  readCommand("list", "listings of the market (from an indexer), or of one hub (from the chain)")
    .option("--hub <hub>", "of this hub, unlisted and closed ones included", id)
    .option("--query <words>", "words of title, description or keywords")
    .option("--limit <count>", "at most so many", whole(1, 10_000), PAGE)
    .addOption(new Option("--indexer <url>", "its REST address").env("WEIR_INDEXER_URL").argParser(url))
    .action(list);

async function list(options: Options): Promise<void> {
  const rows = options.hub === undefined ? await indexed(options) : await ofHub(options.hub, options);
  printRows(options.json, rows, COLUMNS, "no listing fits");
}

async function ofHub(hubId: bigint, options: Options): Promise<Row[]> {
  const { client, contracts, fromBlock } = await openPlace(options);
  const ids = (await getListingIds(client, { contracts, hubId, fromBlock })).slice(0, options.limit);
  const rows: Row[] = [];
  for (const listingId of ids) {
    const { terms, metadata, version, state } = await getListing(client, { contracts, listingId, fromBlock });
    const title = nameIn(metadata);
    if (options.query && !metadata.toLowerCase().includes(options.query.toLowerCase())) continue;
    rows.push({
      listing: listingId,
      version,
      hub: hubId,
      title,
      plans: terms.plans.map(kindOf),
      state: state.closedAt !== 0 ? "closed" : state.paused ? "paused" : "on sale",
    });
  }
  return rows;
}

/** Page after page until there are enough. */
async function indexed(options: Options): Promise<Row[]> {
  const indexer = indexerOf(options, readMarket(options));
  const rows: Row[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: String(Math.min(PAGE, options.limit - rows.length)) });
    if (options.query) query.set("q", options.query);
    if (cursor !== null) query.set("cursor", cursor);
    const page = await ask(`${indexer}/v1/listings?${query}`);
    rows.push(...page.items.map(rowOf));
    cursor = page.next;
  } while (cursor !== null && rows.length < options.limit);
  return rows;
}

type Page = { items: Row[]; next: string | null };

async function ask(address: string): Promise<Page> {
  const response = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS) }).catch(
    (error: Error) => {
      throw new NotThere(`--indexer: ${new URL(address).origin} does not answer (${error.name})`);
    },
  );
  const answer = (await response.json().catch(() => undefined)) as Partial<Page> | undefined;
  if (!response.ok || !Array.isArray(answer?.items))
    throw new RefusedByRule(`--indexer: ${new URL(address).origin} answered ${response.status} and no list`);
  return { items: answer.items, next: typeof answer.next === "string" ? answer.next : null };
}

const rowOf = (item: Row): Row => {
  const plans = Array.isArray(item.plans)
    ? item.plans.map((plan: { kind?: unknown }) => plan.kind ?? plan)
    : [];
  return {
    ...item,
    listing: item.id ?? item.listingId,
    plans,
    state: item.state ?? (item.closed ? "closed" : item.paused ? "paused" : "on sale"),
  };
};
