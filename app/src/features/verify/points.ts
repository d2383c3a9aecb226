/** Which promise of an export a broken field belongs to; the rule itself is the SDK's, to the word. */

/** Broken fields by what they break. Whatever is not named here makes the file no export at all. */
const FIELDS = {
  signatures: ["signature", "publisherKeyId", "publisherKeys"],
  hashes: ["segmentId", "segmentKey", "body", "device", "topic", "timeMs", "payload"],
  order: ["epoch", "sealedAtMs", "generation", "prevHash", "index"],
  completeness: ["seq", "segments", "messages"],
  price: ["due", "terms", "listingId", "paymentId"],
  bill: ["bill", "voucher"],
  place: ["chainId", "channels", "hubs", "grants"],
} as const;
const POINTS = Object.keys(FIELDS) as (keyof typeof FIELDS)[];

export type BrokenPoint = keyof typeof FIELDS | "purchase" | "form";

/** `field` as VerifyError names it. */
export function brokenPoint(field: string): BrokenPoint {
  if (field.startsWith("purchase.")) return "purchase";
  return POINTS.find((point) => (FIELDS[point] as readonly string[]).includes(field)) ?? "form";
}
