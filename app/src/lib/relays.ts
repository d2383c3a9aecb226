import type { RelayEntry } from "./config.ts";

/** Heads are a glance, not a page: a relay that needs longer counts as not answering. */
const HEADS_TIMEOUT_MS = 4_000;

export interface SaidHeads {
  /** What each relay that answered shows, unchecked. */
  lists: { listingId?: unknown }[][];
  /** Relays that answered. */
  answered: number;
}

async function headsOf(
  relay: RelayEntry,
  signal?: AbortSignal,
): Promise<SaidHeads["lists"][number] | undefined> {
  const timeout = AbortSignal.timeout(HEADS_TIMEOUT_MS);
  try {
    const response = await fetch(new URL("/v1/heads", relay.http), {
      cache: "no-store",
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    if (!response.ok) return undefined;
    const { items } = (await response.json()) as { items: unknown };
    return Array.isArray(items)
      ? items.filter((item) => typeof item === "object" && item !== null)
      : undefined;
  } catch (cause) {
    if (signal?.aborted) throw cause;
    return undefined; // counted by the caller as a relay that did not answer
  }
}

export async function fetchHeads(relays: RelayEntry[], signal?: AbortSignal): Promise<SaidHeads> {
  const answers = await Promise.all(relays.map((relay) => headsOf(relay, signal)));
  const lists = answers.filter((answer) => answer !== undefined);
  return { lists, answered: lists.length };
}
