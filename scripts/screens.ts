// `npm run screens`: every page in light, in dark and on a phone, from a running market (`npm start`) into docs/screens.
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { launch, visit } from "../test/support/browser.ts";
import { connect } from "../test/support/buyer.ts";
import { accountOf, type Role } from "./stack/accounts.ts";
import type { StackFile } from "./stack/stack.ts";

const OUT = "docs/screens";
/** All files together: they are in git, and everybody who clones pays for them. */
const MOST_BYTES = 3 * 2 ** 20;
const WEBP_QUALITY = 60;
/** Longer pages are cut: what lies below is more of the same. */
const MOST_HEIGHT = 2_000;
const BUY_MS = 90_000;

type Market = { app: string; rpc: string };

const LOOKS = {
  light: { width: 1280, height: 900 },
  dark: { width: 1280, height: 900, dark: true },
  phone: { width: 360, height: 780 },
} as const;

/** Pages that need nothing but their address; `ready` is what must be seen before the picture is taken. */
const PAGES: Record<string, { path: string; ready: (page: Page) => Promise<void> }> = {
  market: { path: "/", ready: (page) => page.getByText(/[1-9]\d* live now/).waitFor() },
  listing: { path: "/listing?id=1", ready: (page) => page.getByText(/last sealed/).waitFor() },
  purchases: { path: "/purchases", ready: (page) => page.locator("[data-grant]").first().waitFor() },
  verify: { path: "/verify", ready: heading },
  activity: { path: "/activity", ready: heading },
};

/** Pages as those see them who have something there: a hub with listings, a relay that serves. */
const OWNED: Record<string, { path: string; role: Role; ready: (page: Page) => Promise<void> }> = {
  sell: {
    path: "/sell?view=listings",
    role: "seller1",
    ready: (page) => page.getByText("This machine, live").first().waitFor(),
  },
  operate: {
    path: "/operate",
    role: "relay1",
    ready: (page) =>
      page
        .getByText(/answered in \d+ ms/)
        .first()
        .waitFor(),
  },
};

async function heading(page: Page): Promise<void> {
  await page.getByRole("heading", { level: 1 }).first().waitFor();
}

/** WebP, which Playwright itself does not write. */
async function shoot(page: Page, name: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { width, height } = await page.evaluate(() => ({
    width: innerWidth,
    height: document.documentElement.scrollHeight,
  }));
  const { data } = await session.send("Page.captureScreenshot", {
    format: "webp",
    quality: WEBP_QUALITY,
    captureBeyondViewport: true,
    clip: { x: 0, y: 0, width, height: Math.min(height, MOST_HEIGHT), scale: 1 },
  });
  await session.detach();
  await writeFile(join(OUT, `${name}.webp`), Buffer.from(data, "base64"));
}

/** Takes what is on the screen: a dialog lies over the page and does not scroll with it. */
async function shootView(page: Page, name: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: WEBP_QUALITY });
  await session.detach();
  await writeFile(join(OUT, `${name}.webp`), Buffer.from(data, "base64"));
}

async function screensOf(browser: Browser, app: string, look: keyof typeof LOOKS): Promise<void> {
  const { page, close } = await visit(browser, LOOKS[look]);
  await page.goto(`${app}/listing?id=1`);
  await page.getByRole("button", { name: "Connect wallet" }).first().click();
  await page.getByRole("button", { name: /Built-in test wallet/ }).click();
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "Buy", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Buy" });
  await dialog.getByLabel("Deposit").waitFor();
  await shootView(page, `buy-${look}`);
  await dialog.getByRole("button", { name: /^Deposit / }).click();
  await page.waitForURL(/\/live/, { timeout: BUY_MS });
  // Enough messages for a chart to look like one.
  await page.waitForFunction(
    () => Number(document.querySelector('[data-meter="messages"]')?.getAttribute("data-value")) > 100,
    undefined,
    { timeout: BUY_MS },
  );
  await shoot(page, `live-${look}`);
  for (const [name, { path, ready }] of Object.entries(PAGES)) {
    const answer = await page.goto(`${app}${path}`);
    if (answer?.status() !== 200) throw new Error(`${path}: status ${answer?.status()}`);
    await ready(page);
    await shootWhole(page, `${name}-${look}`);
  }
  await close();
}

/** When nothing only stands in for content any more. */
async function shootWhole(page: Page, name: string): Promise<void> {
  await page.waitForFunction(() => document.querySelector(".animate-pulse") === null);
  await shoot(page, name);
}

async function ownersScreensOf(
  browser: Browser,
  { app, rpc }: Market,
  look: keyof typeof LOOKS,
): Promise<void> {
  for (const [name, { path, role, ready }] of Object.entries(OWNED)) {
    const { privateKey } = accountOf(role);
    const wallet = { name: "Test Wallet", privateKey, rpc, rejects: false, asked: [] };
    const { page, close } = await visit(browser, { ...LOOKS[look], wallets: [wallet] });
    await page.goto(`${app}${path}`);
    await connect(page, wallet.name);
    await ready(page);
    await shootWhole(page, `${name}-${look}`);
    await close();
  }
}

const file = resolve(process.env.WEIR_DATA_DIR ?? ".weir", "stack.json");
const { app, rpc } = JSON.parse(await readFile(file, "utf8")) as StackFile;
if (app === null) throw new Error("no market runs here: npm start");
await rm(OUT, { recursive: true, force: true });
await mkdir(OUT, { recursive: true });
const browser = await launch();
try {
  for (const look of Object.keys(LOOKS) as (keyof typeof LOOKS)[]) {
    await screensOf(browser, app, look);
    await ownersScreensOf(browser, { app, rpc }, look);
  }
} finally {
  await browser.close();
}
const names = [...Object.keys(PAGES), ...Object.keys(OWNED), "buy", "live"].flatMap((name) =>
  Object.keys(LOOKS).map((look) => join(OUT, `${name}-${look}.webp`)),
);
const sizes = await Promise.all(names.map(async (name) => (await stat(name)).size));
const bytes = sizes.reduce((sum, size) => sum + size, 0);
console.log(`${names.length} pictures, ${(bytes / 2 ** 20).toFixed(2)} MiB, in ${OUT}`);
if (bytes > MOST_BYTES) throw new Error(`the pictures are larger than ${MOST_BYTES} bytes together`);
