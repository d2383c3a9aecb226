/** Words that only one page is given are used by that page alone: elsewhere their keys would be shown in place of them. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const SOURCE = join(import.meta.dirname, "../src");
const read = (path: string) => readFileSync(join(SOURCE, path), "utf8");

const given = globSync("app/*/page.tsx", { cwd: SOURCE }).flatMap((path) =>
  [...read(path).matchAll(/<PageWords words=\{\{ (\w+): messages\.\1 \}\}>/g)].map((match) => match[1]!),
);

it("the seller's, the operator's, the verifier's and the words of a change of keys come with their pages", () =>
  expect(given.toSorted()).toEqual(["operate", "rotate", "sell", "verify"]));

it.each(given)("%s is used in its own folder only", (name) => {
  const users = globSync("**/*.{ts,tsx}", { cwd: SOURCE }).filter((path) =>
    new RegExp(`useTranslations(<"|\\(")${name}[".]`).test(read(path)),
  );
  expect(users).not.toEqual([]);
  expect(users.filter((path) => !path.startsWith(`features/${name}/`))).toEqual([]);
});
