// readListingMetadata
// ├── well-formed JSON-LD → every field
// ├── no JSON, no object, too long → empty title, category other, replay
// ├── fields of other types, places off the globe → left out
// ├── text with control characters, NUL, lone surrogates → cleaned
// └── long text, many tags → cut, never inside a character
import { expect, test } from "vitest";
import {
  MAX_DESCRIPTION_CHARS,
  MAX_METADATA_BYTES,
  MAX_TAGS,
  MAX_TITLE_CHARS,
  plainText,
  readHubName,
  readListingMetadata,
  storable,
} from "../src/metadata.ts";

const empty = {
  title: "",
  description: "",
  category: "other",
  tags: [],
  place: null,
  source: { kind: "replay", rate: undefined, origin: undefined, licence: undefined },
};

test("well-formed metadata gives every field", () => {
  const text = JSON.stringify({
    name: "Air",
    description: "Temperature of the air",
    category: "weather",
    keywords: ["air", "air", "°C"],
    spatial: { name: "Harbour", latitude: 54.3, longitude: 10.1 },
    license: "CC0-1.0",
    source: { kind: "live", rate: "5 messages a second", origin: "/proc" },
  });
  expect(readListingMetadata(text)).toEqual({
    title: "Air",
    description: "Temperature of the air",
    category: "weather",
    tags: ["air", "°C"],
    place: { name: "Harbour", lat: 54.3, lon: 10.1 },
    source: { kind: "live", rate: "5 messages a second", origin: "/proc", licence: "CC0-1.0" },
  });
});

test.each([
  ["no JSON", "{"],
  ["nothing", ""],
  ["null", "null"],
  ["a list", "[1]"],
  ["longer than the contracts allow", JSON.stringify({ name: "x".repeat(MAX_METADATA_BYTES) })],
  ["nested as deep as fits", "[".repeat(MAX_METADATA_BYTES)],
])("%s gives an empty listing", (_, text) => {
  expect(readListingMetadata(text)).toEqual(empty);
});

test.each([
  [{ name: 7, description: {}, category: "gold", keywords: "air", spatial: [], license: 1, source: "live" }],
  [
    {
      name: null,
      category: "constructor",
      keywords: [1, null, {}, ""],
      spatial: { latitude: "1", longitude: 2 },
    },
  ],
  [{ spatial: { latitude: 91, longitude: 0 }, source: { kind: "LIVE" } }],
  [{ spatial: { latitude: 0, longitude: -180.5 } }],
])("wrong types are left out: %j", (json) => {
  expect(readListingMetadata(JSON.stringify(json))).toEqual(empty);
});

test("a place beyond the floats is left out", () => {
  expect(readListingMetadata('{"spatial":{"latitude":1e999,"longitude":0}}').place).toBeNull();
});

test("text is cleaned of what a database or a page cannot take", () => {
  expect(plainText(" a\u0000b\u0007\n\tc\ud800 ", 100)).toBe("ab c\ufffd");
  expect(storable("a\u0000b\udfff")).toBe("ab\ufffd");
});

test("long text is cut, never inside a character", () => {
  const { title, description, tags } = readListingMetadata(
    JSON.stringify({
      name: "🌊".repeat(MAX_TITLE_CHARS + 1),
      description: "d".repeat(MAX_DESCRIPTION_CHARS + 1),
      keywords: Array.from({ length: MAX_TAGS + 1 }, (_, at) => `t${at}`),
    }),
  );
  expect(title).toBe("🌊".repeat(MAX_TITLE_CHARS));
  expect(description).toHaveLength(MAX_DESCRIPTION_CHARS);
  expect(tags).toHaveLength(MAX_TAGS);
});

test("a hub's name is read the same way", () => {
  expect(readHubName('{"name":"Harbour\\u0000"}')).toBe("Harbour");
  expect(readHubName("Harbour")).toBe("");
});
