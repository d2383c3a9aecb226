// A buyer's first visit, in Chromium, against everything that `npm start` runs.
//   market        ten listings, alive, no wallet needed; a relay that lies makes none of them so
//   connect       by an injected EIP-6963 wallet
//   buy           one transaction in ETH; a declined wallet changes nothing
//   live          ten segments decrypted; the meter rises by exactly the listed price
//   charts        drawn in the page's colours, whatever the look
//   its seller    sees at the gateway what was opened and not claimed yet; a stranger does not
//   stop          closed by the seller, refund exact to the wei, and the chain agrees
//   earnings      its seller finds what was settled, by listing and in the file, as the chain has it
//   relay down    killed under the reader: it is said, the other relay carries on, nothing is lost and nothing paid twice
//   gateway down  the buyer closes alone, and withdraws everything after the challenge
// Any request to a foreign host, console error or serious axe finding fails it.
import { readFile } from "node:fs/promises";
import type { Browser, Route } from "playwright-core";
import {
  createPublicClient,
  createTestClient,
  formatEther,
  type Hex,
  http,
  parseEventLogs,
  zeroAddress,
} from "viem";
import { hardhat } from "viem/chains";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accountOf, type Role } from "../../scripts/stack/accounts.ts";
import { walletOf } from "../../scripts/stack/seed.ts";
import { getChannel, getOwed } from "../../sdk/src/chain/index.ts";
import {
  getGatewayChannels,
  portableCrypto,
  signInAtGateway,
  signOutAtGateway,
  verifyOnChain,
} from "../../sdk/src/client/index.ts";
import { channelsAbi, grantsAbi } from "../../sdk/src/generated/index.ts";
import { chromiumPath, launch, type Visit, visit, type Wallet } from "../support/browser.ts";
import { arrives, BUY_MS, CASE_MS, figure, openBuy, until } from "../support/buyer.ts";
import { startStackHere } from "../support/stack.ts";

/** What a browser writes into its console by itself when a program is away. */
const REFUSED = /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_SOCKET_NOT_CONNECTED/;
const PRICE = 10n ** 11n;
const here = chromiumPath() !== undefined || process.env.WEIR_REQUIRE_ALL === "1";
if (!here)
  console.warn("browser journeys need Chromium (package chromium, or WEIR_CHROMIUM): they are left out");

describe.runIf(here)("a buyer's first visit", { timeout: CASE_MS }, () => {
  let stack: Awaited<ReturnType<typeof startStackHere>>;
  let browser: Browser;
  let wallet: Wallet;
  let guest: Visit;
  /** The seller of what the guest buys first. */
  let other: Visit;

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStackHere(), launch()]);
    const { privateKey } = stack.accounts.find(({ role }) => role === "buyer3")!;
    wallet = { name: "Test Wallet", privateKey, rpc: stack.rpc, rejects: false, asked: [] };
    guest = await visit(browser, { wallets: [wallet] });
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  const page = () => guest.page;
  const wei = async (selector: string): Promise<bigint> =>
    BigInt((await page().locator(selector).getAttribute("data-value")) ?? "-1");

  it("sees ten listings, and that they are alive, without a wallet", async () => {
    await page().goto(stack.app!);
    await page().getByRole("heading", { level: 1 }).waitFor();
    // The count is of listings whose newest segment was sealed within the last seconds.
    await page().getByText("10 listings, 10 live now").waitFor();
    expect(await page().getByRole("region", { name: "Listings" }).getByRole("listitem").count()).toBe(10);
    // A browser asks for it by itself where a page without its icon is seen, however shortly.
    const { ok, headers } = await fetch(`${stack.app}/favicon.ico`);
    expect([ok, headers.get("content-type")]).toEqual([true, "image/x-icon"]);
    await guest.axe();
    guest.check();
  });

  it("sees them as links that work before the page's scripts are there, which then take over", async () => {
    const early = await visit(browser);
    const held: Route[] = [];
    let holds = true;
    await early.context.route(/\.js$/, async (route) => {
      if (holds) held.push(route);
      else await route.continue();
    });
    const cards = early.page.getByRole("region", { name: "Listings" }).getByRole("listitem");
    const show = async () => {
      await early.page.goto(stack.app!, { waitUntil: "commit" });
      await cards.first().waitFor();
      expect(await cards.count()).toBe(10);
    };
    await show();
    expect(await early.page.getByText("10 live now").count()).toBe(0);
    holds = false;
    for (const route of held) await route.continue();
    await early.page.getByText("10 listings, 10 live now").waitFor();
    expect(await cards.count()).toBe(10);
    early.check();
    holds = true;
    await show();
    await cards.getByRole("link", { name: "This machine, live", exact: true }).click();
    await early.page.waitForURL(/\/listing\?id=\d+$/, { waitUntil: "commit" });
    await early.close();
  });

  it("calls nothing alive by a head that its publisher did not sign", async () => {
    const doubting = await visit(browser);
    let asked = 0;
    await doubting.context.route(
      (url) => url.pathname === "/v1/heads",
      async (route) => {
        asked += 1;
        const response = await route.fetch();
        const { items } = (await response.json()) as { items: { headAtMs: number; sealedAtMs: number }[] };
        const later = (item: (typeof items)[number]) => ({ ...item, headAtMs: item.headAtMs + 1 });
        await route.fulfill({ response, json: { items: items.map(later), next: null } });
      },
    );
    await doubting.page.goto(stack.app!);
    const cards = doubting.page.getByRole("region", { name: "Listings" }).getByRole("listitem");
    await cards.first().waitFor();
    // Asked again: what was answered first is on the page by then.
    await until(async () => asked > stack.relays.length);
    await doubting.page.getByText("10 listings, 0 live now").waitFor();
    expect(await cards.filter({ hasText: "Unknown" }).count()).toBe(10);
    doubting.check();
    // A round may be under way.
    await doubting.context.unrouteAll({ behavior: "ignoreErrors" });
    await doubting.close();
  });

  it("finds the live listing and connects the wallet", async () => {
    await page()
      .getByRole("link", { name: /This machine, live/ })
      .first()
      .click();
    await page().getByRole("heading", { name: "This machine, live" }).waitFor();
    await guest.axe();
    await page().getByRole("button", { name: "Connect wallet" }).click();
    await page()
      .getByRole("button", { name: /Test Wallet/ })
      .click();
    await page().getByRole("dialog").waitFor({ state: "hidden" });
    expect(wallet.asked).toContain("eth_requestAccounts");
    guest.check();
  });

  it("declines in the wallet: it is said, and nothing was bought", async () => {
    await page().getByRole("button", { name: "Buy", exact: true }).click();
    const dialog = page().getByRole("dialog", { name: "Buy" });
    await dialog.getByLabel("Deposit").fill("0.001");
    await guest.looks();
    wallet.rejects = true;
    await dialog.getByRole("button", { name: /^Deposit 0\.001 ETH/ }).click();
    await dialog.getByText(/declined in the wallet/).waitFor();
    wallet.rejects = false;
    const client = createPublicClient({ transport: http(stack.rpc) });
    const bought = await client.getContractEvents({
      address: stack.contracts.Grants,
      abi: grantsAbi,
      eventName: "Purchased",
      fromBlock: 0n,
    });
    expect(bought).toHaveLength(0);
    await dialog.getByRole("button", { name: "Back" }).click();
  });

  it("buys with one transaction and reads ten segments for exactly their price", async () => {
    const dialog = page().getByRole("dialog", { name: "Buy" });
    await dialog.getByLabel("Deposit").fill("0.001");
    await dialog.getByRole("button", { name: /^Deposit 0\.001 ETH/ }).click();
    await page().waitForURL(/\/live/, { timeout: 60_000 });
    const seen = new Set<bigint>();
    await expect
      .poll(
        async () => {
          const messages = await wei('[data-meter="messages"]');
          const due = await wei('[data-meter="due"]');
          // The two are read one after the other: due belongs to this count or a later one, and is a whole number of prices.
          expect(due % PRICE).toBe(0n);
          expect(due / PRICE).toBeGreaterThanOrEqual(messages);
          seen.add(due / PRICE);
          // Ten segments are there, and the meter rose three times while we watched.
          return messages >= 10n && seen.size > 3;
        },
        { timeout: 60_000, interval: 100 },
      )
      .toBe(true);
    expect(wallet.asked.filter((method) => method === "eth_sendTransaction")).toHaveLength(1);
    await page().getByText("Processor in use").first().waitFor();
    await page().locator("canvas").first().waitFor();
    await guest.axe();
    guest.check();
  });

  it("draws its charts in the page's own colours, also where motion is reduced and after the look has changed", async () => {
    await page().emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
    const drawn = () =>
      page().evaluate(() => {
        const canvas = document.querySelector("canvas");
        if (!canvas) return [false]; // it is being made anew
        const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
        const seen = new Set<string>();
        for (let at = 0; at < data.length; at += 4)
          if (data[at + 3] === 255) seen.add(`rgb(${data.slice(at, at + 3).join(", ")})`);
        return ["--water", "--line"].map((name) => {
          const probe = document.body.appendChild(document.createElement("span"));
          probe.style.color = `var(${name})`;
          const { color } = getComputedStyle(probe);
          probe.remove();
          return seen.has(color);
        });
      });
    await until(async () => (await drawn()).every(Boolean));
    await page().emulateMedia({ colorScheme: "light", reducedMotion: null });
    guest.check();
  });

  it("shows its seller what waits at the gateway, for one signature; nobody else", async () => {
    // Another seller of the same gateway sees the channels of his own hub alone.
    const seen = async (role: Role) => {
      const { http } = stack.gateways[0]!;
      const { token, hubs } = await signInAtGateway(walletOf(stack.rpc, accountOf(role)), { http });
      const channels = await getGatewayChannels({ http, token });
      await signOutAtGateway({ http, token });
      await expect(getGatewayChannels({ http, token })).rejects.toThrow(/sign in first/);
      return [hubs.length, channels.length];
    };
    expect([await seen("seller1"), await seen("seller2")]).toEqual([
      [1, 1],
      [1, 0],
    ]);
    await expect(seen("buyer2")).rejects.toMatchObject({ name: "RoleMissing" });

    const { privateKey } = stack.accounts.find(({ role }) => role === "seller1")!;
    const signer: Wallet = { name: "Test Wallet", privateKey, rpc: stack.rpc, rejects: false, asked: [] };
    other = await visit(browser, { wallets: [signer] });
    await other.page.goto(`${stack.app}/sell?hub=1&view=earnings`);
    await other.page.getByRole("main").getByRole("button", { name: "Connect a wallet" }).click();
    await other.page.getByRole("button", { name: /Test Wallet/ }).click();
    const panel = other.page.getByRole("region", { name: "At the gateway" });
    await panel.getByRole("button", { name: "Sign and show" }).click();
    const logs = await createPublicClient({ chain: hardhat, transport: http(stack.rpc) }).getLogs({
      address: stack.contracts.Channels,
      fromBlock: 0n,
    });
    const [funded] = parseEventLogs({ abi: channelsAbi, logs, eventName: "ChannelFunded" });
    const row = panel.locator(`[data-channel="${funded!.args.channelId}"]`);
    await row.getByText("This machine, live").waitFor();
    const waits = async () =>
      BigInt((await panel.locator("[data-waiting]").getAttribute("data-waiting")) ?? "-1");
    const first = await waits();
    // Ten segments were read before. A second look needs no second signature.
    expect(first).toBeGreaterThan(0n);
    await until(async () => {
      await panel.getByRole("button", { name: "Look again" }).click();
      return (await waits()) > first;
    });
    expect(signer.asked.filter((method) => method === "personal_sign")).toHaveLength(1);
    await other.axe();
    other.check();
  });

  it("stops: closed by the seller, the refund exact to the wei", async () => {
    await page()
      .getByRole("button", { name: /Stop and get the rest back/ })
      .click();
    await page().getByRole("heading", { name: "Settled" }).waitFor({ timeout: 30_000 });
    const claimed = await wei('[data-stop="claimed"]');
    const refund = await wei('[data-stop="refund"]');
    expect(claimed + refund).toBe(10n ** 15n);
    expect(claimed).toBe(await wei('[data-meter="due"]'));
    expect(claimed).toBe(PRICE * (await wei('[data-meter="messages"]')));

    const client = createPublicClient({ transport: http(stack.rpc) });
    const logs = await client.getLogs({ address: stack.contracts.Channels, fromBlock: 0n });
    const [closed] = parseEventLogs({ abi: channelsAbi, logs, eventName: "ChannelClosed" });
    expect(closed!.args).toMatchObject({ claimed, refund });
    // The buyer's account holds what it had, less the price and the fee of its one transaction.
    const buyer = stack.accounts.find(({ role }) => role === "buyer3")!.address;
    const [bought] = parseEventLogs({
      abi: grantsAbi,
      logs: await client.getLogs({ address: stack.contracts.Grants, fromBlock: 0n }),
      eventName: "Purchased",
    });
    const receipt = await client.getTransactionReceipt({ hash: bought!.transactionHash as Hex });
    const before = await client.getBalance({ address: buyer, blockNumber: receipt.blockNumber - 1n });
    const fee = receipt.gasUsed * receipt.effectiveGasPrice;
    expect(await client.getBalance({ address: buyer })).toBe(before - claimed - fee);
    expect(await client.getTransactionCount({ address: buyer })).toBe(1);
    await guest.axe();
    guest.check();
  });

  it("is among its seller's earnings: settled, by listing and in the file, as the chain has it", async () => {
    const client = createPublicClient({ chain: hardhat, transport: http(stack.rpc) });
    const { contracts } = stack;
    const logs = await client.getLogs({ address: contracts.Channels, fromBlock: 0n });
    const [closed] = parseEventLogs({ abi: channelsAbi, logs, eventName: "ChannelClosed" });
    const { channelId, claimed } = closed!.args;
    const { deposit } = await getChannel(client, { contracts, channelId });
    const cuts = await Promise.all(
      stack.relays.map(({ operator: holder }) => getOwed(client, { contracts, holder, token: zeroAddress })),
    );
    const settled = other.page.locator("[data-settled]");
    await until(async () => (await settled.getAttribute("data-settled")) === String(claimed));
    const table = other.page.getByRole("region", { name: "By listing" });
    const row = table.getByRole("row").filter({ hasText: "This machine, live" });
    const exact = () =>
      row.locator("td [title]").evaluateAll((all) => all.map((one) => one.getAttribute("title")));
    const relays = cuts.reduce((sum, cut) => sum + cut, 0n);
    expect(relays).toBe(claimed / 20n);
    const shown = [claimed, relays, 0n].map((amount) => `${formatEther(amount)} ETH`);
    await until(async () => (await exact()).join() === shown.join());
    const [saved] = await Promise.all([
      other.page.waitForEvent("download"),
      other.page.getByRole("button", { name: "Download by buyer as CSV" }).click(),
    ]);
    const lines = (await readFile((await saved.path())!, "utf8")).trimEnd().split("\r\n");
    expect(lines[0]).toBe("listing,title,buyer,plan,since,token,deposited,settled");
    const grants = await client.getLogs({ address: contracts.Grants, fromBlock: 0n });
    const [bought] = parseEventLogs({ abi: grantsAbi, logs: grants, eventName: "Purchased" });
    const { timestamp } = await client.getBlock({ blockNumber: bought!.blockNumber });
    const since = new Date(Number(timestamp) * 1_000).toISOString();
    const amounts = [deposit, claimed].map((amount) => formatEther(amount));
    const start = ["1", '"This machine, live"', bought!.args.buyer, "message", since, "ETH"];
    expect(lines.slice(1).map((line) => line.toLowerCase())).toEqual([
      [...start, ...amounts].join(",").toLowerCase(),
    ]);
    await other.axe();
    other.check();
    await other.close();
  });

  it("finds the purchase again under My data, closed, and in the indexer", async () => {
    await page().getByRole("link", { name: "My data" }).first().click();
    await page().getByText("This machine, live").first().waitFor();
    await expect
      .poll(() => page().getByText("closed", { exact: true }).count(), { timeout: 30_000 })
      .toBeGreaterThan(0);
    const buyer = stack.accounts.find(({ role }) => role === "buyer3")!.address;
    const answer = await fetch(`${stack.indexer}/v1/accounts/${buyer}/purchases`);
    const { items } = (await answer.json()) as { items: { listingId: string; channel: { state: string } }[] };
    expect(items).toHaveLength(1);
    expect(items[0]!.channel.state).toBe("closed");
    await guest.axe();
    guest.check();
  });

  it("shows every page in the dark and on a phone without a serious finding", async () => {
    for (const look of [{ dark: true }, { width: 360, height: 780 }]) {
      const passing = await visit(browser, look);
      for (const path of ["/", "/listing?id=1", "/live?id=1", "/purchases"]) {
        await passing.page.goto(`${stack.app}${path}`);
        await passing.page.getByRole("heading", { level: 1 }).first().waitFor();
        await passing.axe();
        await passing.fits();
      }
      passing.check();
      await passing.close();
    }
  });

  it("loses its relay: the page says so and reads on from the other one, nothing lost or paid twice", async () => {
    const messages = () => figure(page(), '[data-meter="messages"]');
    const carrier = async () =>
      (await page().locator("[data-relay]").getAttribute("data-relay"))?.toLowerCase();
    const dialog = await openBuy(page(), stack.app!, { id: "1" });
    await dialog.getByLabel("Deposit").fill("0.001");
    await dialog.getByRole("button", { name: /^Deposit / }).click();
    await arrives(page());
    await until(async () => (await messages()) > 20n);
    await page().getByText("Carried by relay").waitFor();
    guest.check();

    const first = await carrier();
    const at = stack.relays.findIndex(({ operator }) => operator.toLowerCase() === first);
    stack.programs.get(["relay", "relay2"][at]!)!.child.kill("SIGKILL");
    const before = await messages();
    await page()
      .getByText("A relay went away and this page moved to another; nothing is paid twice.")
      .waitFor({ timeout: BUY_MS });
    expect(await carrier()).toBe(stack.relays[1 - at]!.operator.toLowerCase());
    await until(async () => (await messages()) > before + 20n);
    await guest.axe();

    await page()
      .getByRole("button", { name: /Stop and get the rest back/ })
      .click();
    await page().getByRole("heading", { name: "Settled" }).waitFor({ timeout: 30_000 });
    const claimed = await wei('[data-stop="claimed"]');
    expect(claimed).toBe(PRICE * (await messages()));
    expect(claimed + (await wei('[data-stop="refund"]'))).toBe(10n ** 15n);
    // The file says the same, segment after segment in one chain, and the chain claims no more than it shows.
    const [saved] = await Promise.all([
      page().waitForEvent("download"),
      page().getByRole("button", { name: "JSON lines with proofs", exact: true }).click(),
    ]);
    const report = await verifyOnChain({
      crypto: portableCrypto,
      client: createPublicClient({ chain: hardhat, transport: http(stack.rpc) }),
      contracts: stack.contracts,
      chainId: hardhat.id,
      lines: (await readFile((await saved.path())!, "utf8")).split("\n"),
    });
    expect(report).toMatchObject({ messages: Number(claimed / PRICE), gaps: [] });
    expect(report.channel).toMatchObject({ claimed, closed: true });
    guest.check(REFUSED);
  });

  it("loses its seller's gateway: closes alone, and withdraws all of it after the challenge, to the wei", async () => {
    const transport = http(stack.rpc);
    const client = createPublicClient({ chain: hardhat, transport, cacheTime: 0 });
    const clock = createTestClient({ chain: hardhat, mode: "hardhat", transport });
    const { contracts } = stack;
    const dialog = await openBuy(page(), stack.app!, { id: "1" });
    await dialog.getByLabel("Deposit").fill("0.001");
    await dialog.getByRole("button", { name: /^Deposit / }).click();
    await arrives(page());
    stack.programs.get("gateway")!.child.kill("SIGKILL");
    await page()
      .getByRole("button", { name: /Stop and get the rest back/ })
      .click();
    // What the page does by itself, once it has waited long enough for the seller: the wallet is asked to begin the challenge.
    const ending = page().getByRole("status", { name: "Stopped" });
    await ending.getByRole("button", { name: "Withdraw the rest" }).waitFor({ timeout: BUY_MS });
    await guest.axe();

    const grants = await client.getLogs({ address: contracts.Grants, fromBlock: 0n });
    const last = parseEventLogs({ abi: grantsAbi, logs: grants, eventName: "Purchased" }).at(-1)!;
    const { grantId, paymentId: channelId, buyer } = last.args;
    const { closeAt, claimed } = await getChannel(client, { contracts, channelId });
    expect(closeAt).toBeGreaterThan(0);
    expect(claimed).toBe(0n);
    await page().goto(`${stack.app}/purchases`);
    const card = page().locator(`[data-grant="${grantId}"]`);
    const withdraw = card.getByRole("button", { name: "Withdraw the rest" });
    await card.getByText(/ left$/).waitFor();
    expect(await withdraw.isDisabled()).toBe(true);
    await clock.setNextBlockTimestamp({ timestamp: BigInt(closeAt) });
    await clock.mine({ blocks: 1 });
    await card.getByText("The challenge is over.").waitFor();
    await guest.axe();
    const before = await client.getBalance({ address: buyer });
    await withdraw.click();
    await card.getByText("closed", { exact: true }).waitFor({ timeout: BUY_MS });
    const logs = await client.getLogs({ address: contracts.Channels, fromBlock: 0n });
    const [withdrawn] = parseEventLogs({ abi: channelsAbi, logs, eventName: "ChannelWithdrawn" });
    expect(withdrawn!.args).toMatchObject({ channelId, refund: 10n ** 15n });
    const { gasUsed, effectiveGasPrice } = await client.getTransactionReceipt({
      hash: withdrawn!.transactionHash,
    });
    const fee = gasUsed * effectiveGasPrice;
    expect(await client.getBalance({ address: buyer })).toBe(before + 10n ** 15n - fee);
    await guest.axe();
    guest.check(REFUSED);
  });
});
