/** What was put aside to be paid together. It lives in this browser; nothing is reserved by it. */
import { useSyncExternalStore } from "react";
import type { ListingDetail } from "./indexer.ts";
import { forget, recall, remember } from "./localState.ts";

export interface CartItem {
  listingId: string;
  /** Of the listing, as it was shown. */
  version: number;
  title: string;
  token: string;
  planIndex: number;
  /** Smallest token unit. */
  amount: bigint;
}

const KEY = "cart";
const CHANGED = "weir:cart";
/** Grants.buyMany takes sixteen purchases. */
export const MAX_CART = 16;

const isItem = (value: unknown): value is Omit<CartItem, "amount"> & { amount: string } => {
  const item = value as CartItem;
  return (
    typeof value === "object" &&
    value !== null &&
    /^\d{1,20}$/.test(String(item.listingId)) &&
    /^\d{1,30}$/.test(String(item.amount)) &&
    Number.isInteger(item.version) &&
    Number.isInteger(item.planIndex) &&
    typeof item.title === "string" &&
    typeof item.token === "string"
  );
};

function parse(text: string | null): CartItem[] {
  try {
    const found: unknown = JSON.parse(text ?? "[]");
    if (!Array.isArray(found)) return [];
    return found
      .filter(isItem)
      .slice(0, MAX_CART)
      .map((item) => ({ ...item, amount: BigInt(item.amount) }));
  } catch {
    return []; // somebody else's words under our name
  }
}

let known: { text: string | null; items: CartItem[] } = { text: null, items: [] };

/** The same array as long as nothing changed, as React wants it. */
function cart(): CartItem[] {
  const text = recall(KEY);
  if (text !== known.text) known = { text, items: parse(text) };
  return known.items;
}

function write(items: CartItem[]): void {
  if (items.length > 0)
    remember(KEY, JSON.stringify(items.map((item) => ({ ...item, amount: String(item.amount) }))));
  else forget(KEY);
  window.dispatchEvent(new Event(CHANGED));
}

/** A listing is in the cart once; choosing again replaces the choice. */
export function addToCart(listing: ListingDetail, choice: { planIndex: number; amount: bigint }): void {
  const rest = cart().filter(({ listingId }) => listingId !== listing.id);
  const { id, version, title, token } = listing;
  write([...rest, { listingId: id, version, title, token, ...choice }].slice(-MAX_CART));
}

export const removeFromCart = (listingIds: readonly string[]): void =>
  write(cart().filter(({ listingId }) => !listingIds.includes(listingId)));

/** What was taken out and not bought after all; what was chosen anew meanwhile stays as it is. */
export function returnToCart(items: readonly CartItem[]): void {
  const here = new Set(cart().map(({ listingId }) => listingId));
  write([...cart(), ...items.filter(({ listingId }) => !here.has(listingId))].slice(0, MAX_CART));
}

function subscribe(listener: () => void): () => void {
  window.addEventListener(CHANGED, listener);
  window.addEventListener("storage", listener);
  return () => {
    window.removeEventListener(CHANGED, listener);
    window.removeEventListener("storage", listener);
  };
}

const EMPTY: CartItem[] = [];
export const useCart = (): CartItem[] => useSyncExternalStore(subscribe, cart, () => EMPTY);
