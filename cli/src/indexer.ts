// Lists of an indexer, page after page.
import { NotThere, RefusedByRule } from "./output.ts";

export type Item = Record<string, unknown>;
type Page = { items: Item[]; next: string | null };

const PAGE = 100;
const PATIENCE_MS = 15_000;

/** The items at a path such as /v1/listings, until there are `limit` of them. @throws NotThere, RefusedByRule */
export async function listed(
  indexer: string,
  path: string,
  { limit, ...query }: { limit: number } & Record<string, string | number | undefined>,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const search = new URLSearchParams({ limit: String(Math.min(PAGE, limit - items.length)) });
    for (const [name, value] of Object.entries(query))
      if (value !== undefined && value !== "") search.set(name, String(value));
    if (cursor !== null) search.set("cursor", cursor);
    const page = await ask(`${indexer}${path}?${search}`);
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== null && items.length < limit);
  return items;
}

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
