// The JSON-LD texts that hubs and listings carry on chain by hash. One builder, so that whoever describes the same stream, in the
// app, on the command line or in the seed, gets the same bytes.
import { keccak256 } from "viem";
import { type Hex, utf8 } from "./bytes.ts";

/** The contracts' own limit, in UTF-8 bytes. */
export const MAX_METADATA_BYTES = 8_192;

export type FieldType = "number" | "string" | "boolean";

/** One field of a message. `unit` in UCUM or plain words; no unit = none. */
export type FieldDescription = { type: FieldType; unit?: string | undefined; title: string };

/** What a seller says of a stream. */
export type ListingDescription = {
  title: string;
  description: string;
  category: string;
  keywords: readonly string[];
  /** Degrees, WGS 84. */
  place?: { name: string; latitude: number; longitude: number } | undefined;
  licence: string;
  /** `rate` in words: "5 messages a second". */
  source: { kind: "live" | "replay"; rate: string; origin: string };
  /** Which devices and topics (behind `<device>/`, MQTT wildcards) feed the stream; undefined = all of the hub. */
  feed: { devices?: readonly string[] | undefined; topics?: readonly string[] | undefined };
  fields: Readonly<Record<string, FieldDescription>>;
  /** The field that carries the data's own time. */
  timeField?: string | undefined;
  /** The text whose hash is `ListingTerms.termsHash`. */
  agreement?: string | undefined;
};

/** A listing's metadata. The order of the keys is part of the format: the text is hashed. */
export const listingMetadata = (listing: ListingDescription): string =>
  JSON.stringify({
    "@context": ["https://schema.org/", { weir: "https://weir.example/ns#" }],
    "@type": "Dataset",
    name: listing.title,
    description: listing.description,
    category: listing.category,
    keywords: [...listing.keywords],
    ...(listing.place ? { spatial: placeOf(listing.place) } : {}),
    license: listing.licence,
    source: { kind: listing.source.kind, rate: listing.source.rate, origin: listing.source.origin },
    feed: {
      ...(listing.feed.devices ? { devices: [...listing.feed.devices] } : {}),
      ...(listing.feed.topics ? { topics: [...listing.feed.topics] } : {}),
    },
    schema: {
      type: "object",
      properties: Object.fromEntries(
        Object.entries(listing.fields).map(([name, field]) => [name, fieldOf(field)]),
      ),
      ...(listing.timeField ? { timeField: listing.timeField } : {}),
    },
    ...(listing.agreement ? { usageInfo: listing.agreement } : {}),
  });

const placeOf = ({ name, latitude, longitude }: NonNullable<ListingDescription["place"]>) => ({
  name,
  latitude,
  longitude,
});

const fieldOf = ({ type, unit, title }: FieldDescription) => ({ type, ...(unit ? { unit } : {}), title });

/** A hub's metadata. */
export const hubMetadata = (hub: { name: string; description: string }): string =>
  JSON.stringify({
    "@context": "https://schema.org/",
    "@type": "Organization",
    name: hub.name,
    description: hub.description,
  });

/** `ListingTerms.metadataHash` of a text. */
export const metadataHash = (text: string): Hex => keccak256(utf8(text));

/** Length as the contracts count it. */
export const metadataBytes = (text: string): number => utf8(text).length;
