/** What an operator types about a relay, read by the rules of the registry. */
import { EndpointInvalid, readEndpoint } from "@weir/sdk/client";

export interface Draft {
  endpoints: string;
  percent: string;
  region: string;
  stake: string;
}

/** IRelays: 1 to 1,024 bytes of endpoints, a cut of at most 3,000 basis points, a region of at most 8 bytes. */
export const MAX_ENDPOINTS_BYTES = 1_024;
export const MAX_FEE_BPS = 3_000;
export const MAX_REGION_BYTES = 8;

export type Wrong =
  | { rule: "missing" | "tooLong" | "noPeer" | "peersDiffer" | "noBrowser" }
  | { rule: "line"; detail: string };

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

export const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);

/** The lines and the one peer they name, or what is wrong with them. */
export function readEndpoints(text: string): { lines: string[]; peerId: string } | { wrong: Wrong } {
  const lines = linesOf(text);
  if (lines.length === 0) return { wrong: { rule: "missing" } };
  if (bytesOf(lines.join("\n")) > MAX_ENDPOINTS_BYTES) return { wrong: { rule: "tooLong" } };
  try {
    const endpoints = lines.map(readEndpoint);
    const peers = new Set(endpoints.flatMap(({ peerId }) => peerId ?? []));
    const [peerId] = peers;
    if (peerId === undefined) return { wrong: { rule: "noPeer" } };
    if (peers.size > 1) return { wrong: { rule: "peersDiffer" } };
    if (!endpoints.some(({ transport }) => transport === "websocket"))
      return { wrong: { rule: "noBrowser" } };
    return { lines, peerId };
  } catch (cause) {
    if (cause instanceof EndpointInvalid) return { wrong: { rule: "line", detail: cause.message } };
    throw cause;
  }
}

/** `"2.5"` → 250; undefined for what is no cut that a listing may state. */
export function readPercent(text: string): number | undefined {
  const match = /^(\d{1,2})(?:\.(\d{1,2}))?$/.exec(text.trim());
  if (!match) return undefined;
  const bps = Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0"));
  return bps <= MAX_FEE_BPS ? bps : undefined;
}

export const isRegion = (text: string): boolean => bytesOf(text) <= MAX_REGION_BYTES && !/\p{Cc}/u.test(text);
