// What the market asks the indexer for, held to what the indexer takes: the two know nothing of each other.
import fc from "fast-check";
import { expect, it } from "vitest";
import { listingsPath, MAX_QUERY_CHARS, readFilters } from "../../app/src/features/market/filters.ts";
import * as indexer from "../../indexer/src/api/parameters.ts";

it("no search in an address becomes one that the indexer refuses", () => {
  expect(MAX_QUERY_CHARS).toBe(indexer.MAX_QUERY_CHARS);
  const char = fc.oneof(fc.constantFrom("a", " ", "🌊", "\0", "\n", "\u0085"), fc.string({ maxLength: 1 }));
  fc.assert(
    fc.property(fc.array(char, { maxLength: 250 }), (chars) => {
      const { q } = readFilters(new URLSearchParams({ q: chars.join("") }));
      const sent = new URL(listingsPath({ q, category: "", kind: "" }, ""), "http://indexer.example");
      const asked = sent.searchParams.get("q") ?? undefined;
      expect(indexer.readSearch("q", asked)).toBe(q.trim().toLowerCase() || undefined);
    }),
  );
  expect(() => indexer.readSearch("q", "x".repeat(MAX_QUERY_CHARS + 1))).toThrow("At most");
});
