// What a listing carries as text.
// ├── the metadata: the same description gives the same bytes, whatever the order of its parts; parts left out leave no trace
// └── the agreement: every bit changes the text
import fc from "fast-check";
import { keccak256, stringToBytes } from "viem";
import { expect, test } from "vitest";
import {
  agreementHash,
  agreementText,
  flagNames,
  LICENCE_FLAGS,
  type ListingDescription,
  licenceBit,
  listingMetadata,
  metadataHash,
  purposeBit,
  USE_FLAGS,
} from "../src/core/index.ts";

const description: ListingDescription = {
  title: "Tide at the pier",
  description: "Height of the water.",
  category: "geoscience",
  keywords: ["tide", "water"],
  place: { name: "Pier 7", latitude: 47.6, longitude: -122.3 },
  licence: "CC0-1.0",
  source: { kind: "live", rate: "1 message a second", origin: "a gauge" },
  feed: { devices: ["gauge-1"], topics: ["level/#"] },
  fields: { level: { type: "number", unit: "m", title: "Level" }, at: { type: "string", title: "Read at" } },
  timeField: "at",
};

test("the bytes are those of the format, however the description was put together", () => {
  const text =
    '{"@context":["https://schema.org/",{"weir":"https://weir.example/ns#"}],"@type":"Dataset","name":"Tide at the pier",' +
    '"description":"Height of the water.","category":"geoscience","keywords":["tide","water"],' +
    '"spatial":{"name":"Pier 7","latitude":47.6,"longitude":-122.3},"license":"CC0-1.0",' +
    '"source":{"kind":"live","rate":"1 message a second","origin":"a gauge"},' +
    '"feed":{"devices":["gauge-1"],"topics":["level/#"]},"schema":{"type":"object","properties":' +
    '{"level":{"type":"number","unit":"m","title":"Level"},"at":{"type":"string","title":"Read at"}},"timeField":"at"}}';
  expect(listingMetadata(description)).toBe(text);
  const turned = Object.fromEntries(Object.entries(description).reverse()) as ListingDescription;
  const place = { longitude: -122.3, latitude: 47.6, name: "Pier 7" };
  const fields = { ...description.fields, level: { title: "Level", unit: "m", type: "number" as const } };
  expect(listingMetadata({ ...turned, place, fields })).toBe(text);
  expect(metadataHash(text)).toBe(keccak256(stringToBytes(text)));
});

test("what is left out leaves no trace", () => {
  const bare = { ...description, place: undefined, timeField: undefined, feed: {}, fields: {} };
  const json = JSON.parse(listingMetadata(bare)) as Record<string, unknown>;
  expect(Object.keys(json)).not.toContain("spatial");
  expect(json.feed).toEqual({});
  expect(json.schema).toEqual({ type: "object", properties: {} });
});

test("every licence and use bit has its own place in the text, and the text says which bits are set", () => {
  const bits = [...LICENCE_FLAGS.map(licenceBit), ...USE_FLAGS.map(purposeBit)];
  expect(new Set(bits).size).toBe(19);
  expect(bits.reduce((all, bit) => all | bit, 0)).toBe((1 << 19) - 1);
  fc.assert(
    fc.property(fc.nat((1 << 19) - 1), fc.nat(18), (flags, index) => {
      const other = flags ^ bits[index]!;
      expect(agreementHash(agreementText(flags))).not.toBe(agreementHash(agreementText(other)));
      expect(flagNames(flags)).toHaveLength(flags.toString(2).replaceAll("0", "").length);
    }),
  );
  expect(agreementText(0, "  Ask first.\n")).toMatch(/\n\nAsk first\.$/);
});
