/** What a new version changes, told from what is signed and not from what was typed: two texts per part, only where they differ. */
import type { ListingTerms } from "@weir/sdk/core";
import type { TokenEntry } from "@/lib/config.ts";
import type { PlanItem } from "@/lib/indexer.ts";
import { formatAmount } from "../../../lib/money.ts";

const PARTS = [
  "text",
  "schema",
  "feed",
  "plans",
  "token",
  "relays",
  "cuts",
  "sealing",
  "history",
  "challenge",
  "sale",
  "licence",
  "gates",
  "parties",
] as const;
export type Part = (typeof PARTS)[number];

export interface Change {
  part: Part;
  before: string;
  after: string;
}

const show = (value: unknown): string =>
  JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? String(inner) : inner), 1) ?? "";

/** Each part as one comparable text. `words` puts plans and flags into sentences. */
function partsOf(terms: ListingTerms, metadata: Record<string, unknown>, words: Words): Record<Part, string> {
  const { schema, feed, usageInfo, ...description } = metadata;
  return {
    text: show(description),
    schema: show(schema),
    feed: show(feed),
    plans: words.plans(terms),
    token: terms.token,
    relays: terms.relays.join("\n"),
    cuts: `${terms.relayBps / 100} % · ${terms.marketBps / 100} %\n${terms.markets.join("\n")}`.trim(),
    sealing: `${terms.epochLength} s · ${terms.segment.flushMs} ms · ${terms.segment.maxMessages} · ${terms.segment.maxBytes} B`,
    history: `${terms.historyDepth} s`,
    challenge: `${terms.challenge} s`,
    sale: terms.saleUntil === 0 ? "–" : new Date(terms.saleUntil * 1_000).toISOString(),
    licence: typeof usageInfo === "string" ? usageInfo : terms.termsHash,
    gates: words.gates(terms),
    parties: `${terms.payee}\n${terms.operator}\n${terms.arbiter}`,
  };
}

export interface Words {
  plans: (terms: ListingTerms) => string;
  gates: (terms: ListingTerms) => string;
}

interface Version {
  terms: ListingTerms;
  metadata: Record<string, unknown>;
}

export function changesBetween(before: Version, after: Version, words: Words): Change[] {
  const [was, is] = [before, after].map(({ terms, metadata }) => partsOf(terms, metadata, words));
  return PARTS.filter((part) => was![part] !== is![part]).map((part) => ({
    part,
    before: was![part],
    after: is![part],
  }));
}

/** A plan's amounts besides its price, as they are read; undefined where the plan has none. What is due at once is always said. */
export function amountsOf(
  plan: Pick<PlanItem, "entry" | "promoPrice" | "upfront">,
  { decimals, symbol }: Pick<TokenEntry, "decimals" | "symbol">,
): { entry: string | undefined; promo: string | undefined; upfront: string } {
  const words = (amount: string) => `${formatAmount(BigInt(amount), decimals)} ${symbol}`;
  const some = (amount: string) => (amount === "0" ? undefined : words(amount));
  return { entry: some(plan.entry), promo: some(plan.promoPrice), upfront: words(plan.upfront) };
}
