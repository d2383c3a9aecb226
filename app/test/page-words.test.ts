/** Words that only one page is given are used by that page alone: elsewhere their keys would be shown in place of them. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const SOURCE = join(import.meta.dirname, "../src");
const read = (path: string) => readFileSync(join(SOURCE, path), "utf8");

/** Each page's own words: page → names. */
const given = Object.fromEntries(
  globSync("app/*/page.tsx", { cwd: SOURCE }).flatMap((path) => {
    const words = /<PageWords words=\{\{ (.+) \}\}>/.exec(read(path))?.[1];
    if (words === undefined) return [];
    return [[path.split(/[\\/]/)[1]!, [...words.matchAll(/(\w+): messages\.\1/g)].map((match) => match[1]!)]];
  }),
);
/** Folders besides their own whose parts are on these pages only: the buy dialog opens on a listing's page. */
const USERS: Record<string, string[]> = {
  live: ["live"],
  sell: ["sell"],
  operate: ["operate"],
  verify: ["verify"],
  rotate: ["rotate"],
  licence: ["listing", "buy", "sell"],
};

it("what only some pages say comes with those pages, and with no other", () => {
  expect(given).toEqual({
    listing: ["licence"],
    live: ["live"],
    operate: ["operate"],
    purchases: ["rotate"],
    sell: ["sell", "licence"],
    verify: ["verify"],
  });
  const layout = read("app/layout.tsx");
  for (const name of Object.keys(USERS)) expect(layout).toContain(`${name}: _${name},`);
});

it.each(Object.entries(USERS))("%s is used in its own folders only", (name, folders) => {
  const users = globSync("**/*.{ts,tsx}", { cwd: SOURCE }).filter((path) =>
    new RegExp(`useTranslations(<"|\\(")${name}[".]`).test(read(path)),
  );
  expect(users).not.toEqual([]);
  expect(users.filter((path) => !folders.some((folder) => path.startsWith(`features/${folder}/`)))).toEqual(
    [],
  );
});
