import type { Address, Hex } from "viem";
import { REQUEST_TIMEOUT_MS } from "./timeouts.ts";

export type PlanKindName = "message" | "byte" | "period" | "flat" | "free";

/** Amounts and 64-bit numbers are decimal strings; times are unix seconds. */
export interface PlanItem {
  index: number;
  kind: PlanKindName;
  rights: string[];
  price: string;
  unit: string;
  period: number;
  upfront: string;
  entry: string;
  maxWindow: number | string;
  notice: number;
  promoPrice: string;
  promoUntil: number;
}

export interface ListingItem {
  id: string;
  hubId: string;
  hub: { id: string; name: string; owner: Address };
  version: number;
  state: "open" | "paused" | "closed";
  title: string;
  description: string;
  category: string;
  tags: string[];
  place: { name: string; lat: number; lon: number } | null;
  source: { kind: "live" | "replay"; rate?: string; origin?: string; licence?: string };
  token: Address;
  plans: PlanItem[];
  relays: Address[];
  epochLength: number;
  segment: { flushMs: number; maxMessages: number; maxBytes: number };
  purchases: number;
  createdAt: number;
  updatedAt: number;
  rating?: RatingSummary;
  restricted?: boolean;
}

export interface OperatorKeyItem {
  keyId: number;
  account: Address;
  x: Hex;
  y: Hex;
  revokedAt: number | null;
}

export interface VersionItem {
  version: number;
  termsHash: Hex;
  block: number | string;
  transactionHash: Hex;
  createdAt: number;
}

export interface ListingDetail extends ListingItem {
  terms: Record<string, unknown>;
  metadata: Record<string, unknown>;
  metadataText: string;
  termsHash: Hex;
  versions: VersionItem[];
  operatorKeys: OperatorKeyItem[];
  ratings?: RatingSummary;
}

export interface PurchaseItem {
  grantId: Hex;
  listingId: string;
  version: number;
  plan: number;
  kind: PlanKindName;
  rights: string[];
  paymentId: Hex;
  signer: Address;
  encryptionKey: Hex;
  buyerSalt: Hex;
  notBefore: number | string;
  notAfter: number | string;
  market: Address;
  amount: string;
  revokedAt: number | null;
  transactionHash: Hex;
  block: number | string;
  createdAt: number;
  listing: { title: string; hubId: string; token: Address };
  channel: {
    id: Hex;
    token: Address;
    deposit: string;
    claimed: string;
    /** All that came back; `deposit` is without it. */
    refunded: string;
    closeAt: number;
    epoch: number;
    state: "open" | "closing" | "closed";
  } | null;
  /** From the seller, without a payment: no plan and no kind. */
  given?: boolean;
  /** Of period and flat plans, where the indexer tells; the chain has the last word. Unix seconds. */
  subscription?: { token: Address; until: number; startAt: number } | null;
}

export interface RatingItem {
  grantId: Hex;
  buyer: Address;
  /** 1 for the buyer's first rating of the listing. */
  revision: number;
  /** As described, in time, communication, no other issues; 1 to 5 each. */
  scores: number[];
  comment?: string;
  response: { text: string } | null;
  /** False when the same buyer rated again. */
  newest: boolean;
  createdAt: number;
}

export interface RatingSummary {
  count: number;
  average: number | null;
}

export interface RequestItem {
  requestId?: string;
  listingId: string;
  state: "open" | "approved" | "declined";
  reason?: string | null;
  createdAt: number;
  approval: { manager: Address; deadline: number | string; signature: Hex } | null;
}

export interface IndexerStatus {
  chainId: number;
  instanceId: string | null;
  block: number | string;
  blockTimestamp: number;
  head: number | string;
  lag: number;
  ready: boolean;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

export class IndexerUnreachable extends Error {
  override readonly name = "IndexerUnreachable";
  readonly addresses: string[];
  constructor(addresses: string[], detail: string) {
    super(`no indexer answered (${addresses.join(", ")}): ${detail}`);
    this.addresses = addresses;
  }
}

export class IndexerRefused extends Error {
  override readonly name = "IndexerRefused";
  readonly status: number;
  readonly reason: string;
  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** Asks the indexers in order; the first that answers wins. A refusal (4xx) is an answer. */
export async function indexerGet<T>(indexers: string[], path: string, signal?: AbortSignal): Promise<T> {
  let detail = "none is configured";
  for (const base of indexers) {
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    let response: Response;
    try {
      response = await fetch(new URL(path, base), {
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
    } catch (cause) {
      if (signal?.aborted) throw cause;
      detail = cause instanceof Error ? cause.message : String(cause);
      continue;
    }
    if (response.ok) return (await response.json()) as T;
    if (response.status >= 500) {
      detail = `status ${response.status}`;
      continue;
    }
    throw await refusalOf(response);
  }
  throw new IndexerUnreachable(indexers, detail);
}

async function refusalOf(response: Response): Promise<IndexerRefused> {
  const text = await response.text();
  try {
    const body = JSON.parse(text) as { error?: { name?: string; message?: string } };
    return new IndexerRefused(response.status, body.error?.name ?? "Refused", body.error?.message ?? text);
  } catch (cause) {
    // Not JSON: a proxy in between answered. Its words are all there is to show.
    const words = cause instanceof SyntaxError ? text.slice(0, 200) : String(cause);
    return new IndexerRefused(response.status, "Refused", words);
  }
}
