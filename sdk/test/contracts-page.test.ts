// Nothing is forgotten between the contracts, the SDK and the page that describes them.
// ├── every state-changing call of every contract has an action
// ├── every call and event stands in its contract's chapter of docs/protocol/contracts.md, every error somewhere on the page
// └── the page's type strings are those that are signed
import { readdirSync, readFileSync } from "node:fs";
import type { Abi } from "viem";
import { expect, test } from "vitest";
import { ABIS } from "../src/chain/index.ts";
import { TYPES } from "../src/core/index.ts";
import { CONTRACT_ERRORS } from "../src/generated/index.ts";

const CHAIN = new URL("../src/chain/", import.meta.url);
const page = readFileSync(new URL("../../docs/protocol/contracts.md", import.meta.url), "utf8");
const actions = readdirSync(CHAIN).map((name) => readFileSync(new URL(name, CHAIN), "utf8"));

/** Only another contract can call these. */
const NOT_FOR_PEOPLE = new Set(["buyOne", "lockBond", "releaseBond", "drawBond"]);
const ESCROWS = new Set(["Channels", "Subscriptions"]);

const chapterOf = (title: string): string => page.split(/^## /m).find((text) => text.startsWith(title)) ?? "";

test.each(Object.entries(ABIS))("%s", (contract, abi) => {
  const items = abi as Abi;
  const chapter = chapterOf(contract) + (ESCROWS.has(contract) ? chapterOf("Both escrows") : "");
  for (const item of items) {
    if (item.type === "event" && item.name !== "EIP712DomainChanged")
      expect(chapter, item.name).toContain(`\`${item.name}\``);
    if (item.type !== "function" || item.stateMutability === "view" || item.stateMutability === "pure")
      continue;
    expect(chapter, item.name).toContain(`\`${item.name}\``);
    if (NOT_FOR_PEOPLE.has(item.name)) continue;
    const address = item.name === "pull" && ESCROWS.has(contract) ? "escrow" : `contracts.${contract}`;
    const found = actions.some(
      (source) => source.includes(`functionName: "${item.name}"`) && source.includes(address),
    );
    expect(found, `${contract}.${item.name} has no action`).toBe(true);
  }
});

test("every error", () => {
  for (const name of Object.keys(CONTRACT_ERRORS)) expect(page, name).toMatch(new RegExp(`\\b${name}\\b`));
});

test("every signed message", () => {
  const { DevicePassword: _, ...onChain } = TYPES;
  for (const [name, fields] of Object.entries(onChain)) {
    const written = `${name}(${fields.map((field) => `${field.type} ${field.name}`).join(",")})`;
    expect(page, name).toContain(`\`${written}\``);
  }
});
