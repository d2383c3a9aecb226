/**
 * What this browser has sent, or asked a wallet to send. An entry is written down before the wallet is asked and stays until somebody
 * has seen what became of it, so a reload in between loses nothing. One list per chain and account; all of it is forgotten
 * when a local chain begins anew (localState.ts).
 */
import type { Address, Hex } from "viem";
import { forget, recall, remember } from "./localState.ts";

/**
 * asking: the wallet has not answered. pending: sent, not mined; without a hash it is a wallet's bundle. failed: mined and reverted, or the
 * wallet could not send it. replaced: the wallet sent another one in its place. A "no" of the person leaves nothing.
 */
export type OutboxState = "asking" | "pending" | "mined" | "failed" | "replaced";

export interface Outgoing {
  id: string;
  /** The called function's name, e.g. "registerRelay". */
  action: string;
  state: OutboxState;
  hash: Hex | null;
  /** When it was begun, in milliseconds. */
  atMs: number;
  /** Its place among the account's transactions, once a node has said so: it tells when another one has taken that place. */
  nonce?: number;
}

export interface Place {
  chainId: number;
  account: Address;
}

/** More than anybody looks through; what is settled goes first. */
export const MAX_ENTRIES = 30;
const STATES: readonly unknown[] = [
  "asking",
  "pending",
  "mined",
  "failed",
  "replaced",
] satisfies OutboxState[];
const CHANGED = "weir.outbox";

const keyOf = ({ chainId, account }: Place): string => `outbox.${chainId}.${account.toLowerCase()}`;

function isOutgoing(value: unknown): value is Outgoing {
  if (typeof value !== "object" || value === null) return false;
  const { id, action, state, hash, atMs, nonce } = value as Record<string, unknown>;
  if (nonce !== undefined && !Number.isSafeInteger(nonce)) return false;
  const named = typeof id === "string" && typeof action === "string" && typeof atMs === "number";
  return named && STATES.includes(state) && (hash === null || /^0x[0-9a-f]{64}$/i.test(String(hash)));
}

/** The list as it is stored: the same text as long as nothing changed. */
export const outboxText = (place: Place): string => recall(keyOf(place)) ?? "[]";

/** Newest first. */
export function readOutbox(text: string): Outgoing[] {
  try {
    const found: unknown = JSON.parse(text);
    return Array.isArray(found) ? found.filter(isOutgoing) : [];
  } catch (cause) {
    if (cause instanceof SyntaxError) return []; // somebody else's words under our name
    throw cause;
  }
}

function write(place: Place, entries: Outgoing[]): void {
  const open = entries.filter(({ state }) => state === "asking" || state === "pending");
  const room = Math.max(0, MAX_ENTRIES - open.length);
  const settled = new Set(entries.filter((entry) => !open.includes(entry)).slice(0, room));
  const kept = entries
    .filter((entry) => open.includes(entry) || settled.has(entry))
    .slice(0, 2 * MAX_ENTRIES);
  if (kept.length === 0) forget(keyOf(place));
  else remember(keyOf(place), JSON.stringify(kept));
  window.dispatchEvent(new Event(CHANGED));
}

const entriesOf = (place: Place): Outgoing[] => readOutbox(outboxText(place));

export function changeEntry(place: Place, id: string, to: Partial<Outgoing>): void {
  write(
    place,
    entriesOf(place).map((entry) => (entry.id === id ? { ...entry, ...to } : entry)),
  );
}

/** What became of a sent transaction; nothing if it was settled or replaced while somebody asked. */
export const settle = (place: Place, id: string, hash: Hex, to: Partial<Outgoing>): void =>
  write(
    place,
    entriesOf(place).map((entry) =>
      entry.id === id && entry.hash === hash && entry.state === "pending" ? { ...entry, ...to } : entry,
    ),
  );

/** The wallet sent another transaction in place of this one: what does the same is followed from here on. */
export const replaceHash = (place: Place, hash: Hex, by: { hash: Hex; same: boolean }): void =>
  write(
    place,
    entriesOf(place).map((entry) => {
      if (entry.hash !== hash) return entry;
      return by.same ? { ...entry, state: "pending", hash: by.hash } : { ...entry, state: "replaced" };
    }),
  );

export const dropEntry = (place: Place, id: string): void =>
  write(
    place,
    entriesOf(place).filter((entry) => entry.id !== id),
  );

/** Calls `listener` after every change, in this tab and in others. Returns what ends that. */
export function onOutboxChange(listener: () => void): () => void {
  window.addEventListener(CHANGED, listener);
  window.addEventListener("storage", listener);
  return () => {
    window.removeEventListener(CHANGED, listener);
    window.removeEventListener("storage", listener);
  };
}

/** Entries begun by this very page; others that are "asking" were left behind by a reload. */
const begun = new Set<string>();
export const isBegunHere = (id: string): boolean => begun.has(id);

/** The SDK knows every way of saying no. It is loaded when it is needed: what cannot be loaded is written down as failed. */
const wasRejected = (error: unknown): Promise<boolean> =>
  import("@weir/sdk/chain").then(
    ({ isRejected }) => isRejected(error),
    () => false,
  );

/** It was sent, and the chain will never do it. */
export const isUndone = (error: unknown): boolean =>
  error instanceof Error && ["TransactionReverted", "TransactionReplaced"].includes(error.name);

/**
 * Writes the entry, lets `send` ask the wallet, and writes down its answer. Returns what `send` does. Where the hash comes only later,
 * `send` says by `onSent` that the wallet said yes: what fails after that is no longer known to have failed, unless it was mined so.
 *
 * @example const hash = await tracked(place, "registerRelay", () => wallet.sendTransaction(…));
 */
export async function tracked(
  place: Place,
  action: string,
  send: (onSent: () => void) => Promise<Hex>,
): Promise<Hex> {
  const id = crypto.randomUUID();
  let sent = false;
  begun.add(id);
  write(place, [{ id, action, state: "asking", hash: null, atMs: Date.now() }, ...entriesOf(place)]);
  try {
    const hash = await send(() => {
      sent = true;
      changeEntry(place, id, { state: "pending" });
    });
    changeEntry(place, id, { state: "pending", hash });
    return hash;
  } catch (error) {
    if (!sent && (await wasRejected(error))) dropEntry(place, id);
    else if (!sent || isUndone(error)) changeEntry(place, id, { state: "failed" });
    throw error;
  }
}
