// docs/limits.md lists every limit of relay, gateway and libp2p with its value; no library of ours is left with a row too many.
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

const UNITS: Record<string, number> = {
  ...{ ms: 1, B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, "%": 1, ETH: 1e18 },
};
const SECONDS: Record<string, number> = { ms: 1 / 1000, s: 1, d: 86_400 };

/** "1 MiB + 4096 B" as a number, times in the unit that the constant's name says. */
function figure(text: string, name: string): number {
  if (text === "none") return 0;
  return text.split(" + ").reduce((sum, part) => {
    const [, digits, unit] = /^([\d,.]+) ?(\S*)$/.exec(part) ?? [];
    const seconds = SECONDS[unit!];
    const factor =
      unit === "" ? 1 : seconds === undefined ? UNITS[unit!] : seconds * (/_MS$/.test(name) ? 1000 : 1);
    return sum + Number(digits?.replaceAll(",", "")) * (factor ?? Number.NaN);
  }, 0);
}

it.each([
  ["Relay", relay],
  ["Gateway", gateway],
] as const)("every limit of the %s has its row with its value", (title, limits) => {
  const said: Record<string, unknown> = {};
  for (const [, cell, values] of parts.get(title)!.matchAll(/^\| (`[^|]+) \| ([^|]+) \|/gm)) {
    const names = [...cell!.matchAll(/`(\w+)`/g)].map(([, name]) => name!);
    if (names[0] === "SCRYPT") continue; // its row is a sentence
    const texts = values!.split(", ");
    expect(texts, cell).toHaveLength(names.length);
    for (const [n, name] of names.entries()) said[name] = figure(texts[n]!, name);
  }
  const { SCRYPT, ...figures } = limits as Record<string, unknown>;
  if (SCRYPT) expect(named(title)).toContain("SCRYPT");
  for (const [name, value] of Object.entries(figures))
    expect([name, said[name]]).toEqual([name, Number(value)]);
});

it("the cost of a password's hash is as its row says", () => {
  const { N, r, p, keyBytes, saltBytes } = gateway.SCRYPT;
  expect(page).toContain(
    `| \`SCRYPT\` | N = 2^${Math.log2(N)}, r = ${r}, p = ${p}, ${keyBytes}-byte key, ${saltBytes}-byte salt |`,
  );
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
