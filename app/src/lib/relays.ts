import type { RelayEntry } from "./config.ts";
import { type Head, newestHeads } from "./liveness.ts";

/** Heads are a glance, not a page: a relay that needs longer counts as not answering. */
const HEADS_TIMEOUT_MS = 4_000;

export interface Heads {
  byListing: Map<string, Head>;
  /** Relays that answered, of those that were asked. */
  answered: number;
  asked: number;
}

async function headsOf(relay: RelayEntry, signal?: AbortSignal): Promise<Head[] | undefined> {
  const timeout = AbortSignal.timeout(HEADS_TIMEOUT_MS);
  try {
    const response = await fetch(new URL("/v1/heads", relay.http), {
      cache: "no-store",
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    if (!response.ok) return undefined;
    return ((await response.json()) as { items: Head[] }).items;
  } catch (cause) {
    if (signal?.aborted) throw cause;
    return undefined; // counted by the caller as a relay that did not answer
  }
}

export async function fetchHeads(relays: RelayEntry[], signal?: AbortSignal): Promise<Heads> {
  const answers = await Promise.all(relays.map((relay) => headsOf(relay, signal)));
  const lists = answers.filter((answer) => answer !== undefined);
  return { byListing: newestHeads(lists), answered: lists.length, asked: relays.length };
}
