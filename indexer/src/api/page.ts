/** One page of a list. The query asks for one row more than the page holds, which says whether there is a next one. */
import { writeCursor } from "./parameters.ts";

export function pageOf<row, item>(
  rows: readonly row[],
  limit: number,
  { write, position }: { write: (row: row) => item; position: (row: row) => string },
): { items: item[]; next: string | null } {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return { items: shown.map(write), next: last ? writeCursor(position(last)) : null };
}
