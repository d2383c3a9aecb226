// docs/limits.md lists every limit of relay, gateway and libp2p, the last with its exact value; no library of ours is left with a row too many.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import * as gateway from "../../gateway/src/limits.ts";
import * as relay from "../../relay/src/limits.ts";
import { NODE_LIMITS } from "../../sdk/src/wire/limits.ts";

const page = readFileSync(new URL("../../docs/limits.md", import.meta.url), "utf8");
/** Each `##` part by its title. */
const parts = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((part) => [part.slice(0, part.indexOf("\n")), part]),
);
const named = (title: string): Set<string> =>
  new Set(
    [...parts.get(title)!.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell]) => cell!.match(/\w+/g) ?? []),
  );

it.each([
  ["Relay", relay],
  ["Gateway", gateway],
] as const)("every limit of the %s has its row", (title, limits) => {
  expect(Object.keys(limits).filter((name) => !named(title).has(name))).toEqual([]);
});

it("every setting of libp2p has its row with its value, and no other", () => {
  const unit = (name: string) => (name.endsWith("Ms") ? " ms" : name.endsWith("Bytes") ? " B" : "");
  const wanted = Object.entries(NODE_LIMITS).map(([name, value]) => [
    name,
    `${value.toLocaleString("en")}${unit(name)}`,
  ]);
  const rows = [...parts.get("Connections of every program")!.matchAll(/^\| `([a-z]\w+)` \| ([^|]+) \|/gm)];
  expect(rows.map(([, name, value]) => [name, value])).toEqual(wanted);
});
