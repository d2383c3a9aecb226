// Every event that the contracts declare is followed, or is named here with the reason why not. What following one writes: support/events.ts.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EVENTS, NOT_FOLLOWED } from "./support/events.ts";

const SOURCES = new URL("../src/", import.meta.url).pathname;

test("the handlers are those of the contracts' events, each once", () => {
  const followed = readdirSync(SOURCES)
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => [
      ...readFileSync(join(SOURCES, name), "utf8").matchAll(/^(?:follow|note)\(\s*"(.+?)"/gm),
    ])
    .map(([, name]) => name);
  expect(followed.sort()).toEqual(EVENTS.filter((name) => !(name in NOT_FOLLOWED)));
  for (const name of Object.keys(NOT_FOLLOWED)) expect(EVENTS).toContain(name);
});
