/**
 * What a buyer is told of a listing's licence.
 * ├── every bit has words, and a set one is shown as granted, an unset one as withheld; duties and uses are neither
 * ├── the agreement: as its flags say, freely written, not the one whose hash is accepted, missing
 * └── a licence's address becomes a link only if it leads to a web page
 */
import {
  agreementHash,
  agreementText,
  flagNames,
  LICENCE_FLAGS,
  ListingFlag,
  licenceBit,
  purposeBit,
  USE_FLAGS,
} from "@weir/sdk/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { licenceOf } from "../src/features/listing/licence.ts";
import type { ListingDetail } from "../src/lib/indexer.ts";
import messages from "../src/messages/en.json" with { type: "json" };

function listing(
  flags: number,
  { text, hash, licence }: { text?: unknown; hash?: string; licence?: string } = {},
) {
  const usageInfo = text === undefined ? agreementText(flags) : text;
  const termsHash = hash ?? agreementHash(String(usageInfo));
  return {
    terms: { flags, termsHash },
    metadata: usageInfo === null ? {} : { usageInfo },
    source: { kind: "live", licence },
  } as unknown as ListingDetail;
}

it("every bit has words", () => {
  for (const flag of [...LICENCE_FLAGS, ...USE_FLAGS]) expect(messages.licence.flags[flag]).toMatch(/\w/);
});

it("every bit is told, set or not", () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 24 - 1 }), (flags) => {
      const licence = licenceOf(listing(flags));
      const told = [
        ...licence.granted,
        ...(licence.attribute ? ["attribute"] : []),
        ...licence.uses,
        ...(licence.safetyCritical ? ["safetyCritical"] : []),
      ];
      expect(told).toEqual(flagNames(flags));
      const rights = LICENCE_FLAGS.filter((flag) => flag !== "attribute");
      expect([...licence.granted, ...licence.withheld].toSorted()).toEqual(rights.toSorted());
      expect(licence.personalData).toBe((flags & ListingFlag.personalData) !== 0);
      expect(licence.open).toBe((flags & ListingFlag.open) !== 0);
    }),
  );
});

describe("the agreement", () => {
  const flags = licenceBit("store") | purposeBit("research");
  const standard = agreementText(flags, "Ask before you publish.");
  it.each([
    ["standard", { text: standard }],
    ["standard", { text: standard, hash: agreementHash(standard).toUpperCase().replace("0X", "0x") }],
    ["own", { text: "Do as you like." }],
    ["own", { text: agreementText(licenceBit("copy")) }],
    ["other", { text: standard, hash: agreementHash(`${standard} And pay twice.`) }],
    ["missing", { text: null, hash: agreementHash(standard) }],
    ["missing", { text: 7, hash: agreementHash(standard) }],
  ])("is %s", (agreement, of) => {
    const found = licenceOf(listing(flags, of));
    expect(found.agreement).toBe(agreement);
    expect(found.text).toBe(agreement === "missing" ? undefined : of.text);
  });
});

it.each([
  ["https://creativecommons.org/licenses/by/4.0/", true],
  ["http://data.example/terms", true],
  ["CC-BY-4.0", false],
  ["javascript:alert(1)", false],
  ["data:text/html,x", false],
  ["//evil.example", false],
  [undefined, false],
])("a licence called %s: a link is %s", (name, linked) => {
  const found = licenceOf(listing(0, { licence: name }));
  expect(found).toMatchObject({ name, link: linked ? name : undefined });
});
