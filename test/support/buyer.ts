// What every journey of a buyer does again and again: connect, choose, pay, look at figures.
import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import type { RunningStack } from "./stack.ts";

export type Listed = {
  id: string;
  hubId: string;
  title: string;
  token: `0x${string}`;
  plans: {
    index: number;
    kind: string;
    price: string;
    entry: string;
    upfront: string;
    period: number;
    notice: number;
  }[];
};

/** One case of a journey, for vitest: above the sum of what its steps may take on a loaded machine. */
export const CASE_MS = 180_000;
/** Buying takes the chain, a relay and a first message; two cores are shared. */
export const BUY_MS = 90_000;
const FIGURE_MS = 60_000;

/** The first open listing that fits. */
export async function listingWith(
  stack: Pick<RunningStack, "indexer">,
  fits: (listing: Listed) => boolean,
): Promise<Listed> {
  const answer = await fetch(`${stack.indexer}/v1/listings?state=open&limit=48`);
  const { items } = (await answer.json()) as { items: Listed[] };
  const found = items.find(fits);
  if (found === undefined) throw new Error("no listing of this kind is on the local market");
  return found;
}

export async function connect(page: Page, wallet: string): Promise<void> {
  await page.getByRole("button", { name: "Connect wallet" }).first().click();
  await page.getByRole("button", { name: new RegExp(wallet) }).click();
  await page.getByRole("dialog").waitFor({ state: "hidden" });
}

/** The buy dialog of a listing, open, and its plan of that kind chosen. */
export async function openBuy(
  page: Page,
  app: string,
  listing: Pick<Listed, "id">,
  kind?: string,
): Promise<Locator> {
  await page.goto(`${app}/listing?id=${listing.id}`);
  await page.getByRole("button", { name: /^(Buy|Get it, free)$/ }).click();
  const dialog = page.getByRole("dialog", { name: "Buy" });
  await dialog.waitFor();
  if (kind !== undefined) await dialog.getByRole("radio", { name: new RegExp(`^${kind}`) }).click();
  return dialog;
}

/** Resolves on the live page with the first decrypted message. */
export async function arrives(page: Page): Promise<void> {
  await page.waitForURL(/\/live/, { timeout: BUY_MS });
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.getByText(/^(?!0 )[\d,]+ messages are in the export/).waitFor({ timeout: FIGURE_MS });
}

/** A figure that the page also gives as an exact number. */
export const figure = async (scope: Page | Locator, selector: string): Promise<bigint> =>
  BigInt((await scope.locator(selector).first().getAttribute("data-value")) ?? "-1");

/** Waits until `holds` is true, asking again and again. */
export async function until(holds: () => Promise<boolean>, timeout = FIGURE_MS): Promise<void> {
  await expect.poll(holds, { timeout, interval: 200 }).toBe(true);
}
