// What a buyer does after the first visit, in Chromium, against everything that `npm start` runs.
//   before        a sample: what was published is shown, a changed one is refused in words
//   wallets       none: everything can be looked at; two: the one that is picked is asked, the other is not; on another chain: switched first,
//                 then a free listing is got for the fee alone, and read
//   time          a period plan subscribed, extended and cancelled: the notice is paid and no more; a flat plan is paid once
//   size          bought by the mebibyte: what is paid is the bytes of what was read
//   token         paid by EIP-3009, permit, Permit2, two steps, and in one EIP-5792 bundle
//   cart          three listings in one confirmation; the one that was closed meanwhile keeps its money
//   money         run dry, a top-up declined, then made in place, and the data goes on; a slow chain and a busy node are waited for; a
//                 payment survives a reload before it is mined; one that is cancelled in the wallet is said to be
//   restricted    asked with a note, declined with a reason, asked again, approved, bought and read
//   given         a gift is told from a purchase, and the page says what opens it
//   misfits       what a device sends that its listing does not describe: said in words, counted, shown as it came
//   afterwards    rated by who paid, and answered by who sold; restored in a fresh profile, all of it, and nothing paid twice; read on after a change of keys; exported as JSON lines and CSV, and checked against the chain
//   faults        the RPC away while buying, and while reading; the faucet; naughty strings in every field, and from a hostile seller on
//                 every page that shows what sellers write
// Any request to a foreign host, console error or serious axe finding fails it. Long because one market serves all of them.
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import type { Browser, Page, Response, Route } from "playwright-core";
import {
  createPublicClient,
  createTestClient,
  erc20Abi,
  formatEther,
  type Hex,
  http,
  parseEventLogs,
} from "viem";
import { sendTransaction, signTypedData } from "viem/actions";
import { hardhat } from "viem/chains";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accountOf } from "../../scripts/stack/accounts.ts";
import { SEED_LISTINGS } from "../../scripts/stack/listings.ts";
import { devicePassword, walletOf } from "../../scripts/stack/seed.ts";
import {
  approveRequest,
  closeListing,
  createHub,
  createListing,
  declineRequest,
  getHub,
  getListing,
  getPurchase,
  getRequests,
  getRotations,
  giveGrant,
  registerDevice,
  registerPublisherKey,
  reviseListing,
} from "../../sdk/src/chain/index.ts";
import {
  getGatewayChannels,
  portableCrypto,
  rotatePurchaseKeys,
  signInAtGateway,
  signOutAtGateway,
  verifyOnChain,
} from "../../sdk/src/client/index.ts";
import {
  decodeHeader,
  grantsDomain,
  hubMetadata,
  ListingFlag,
  listingMetadata,
  metadataHash,
  Rights,
  randomSalt,
  signable,
  unhex,
} from "../../sdk/src/core/index.ts";
import { channelsAbi, grantsAbi, ratingsAbi, subscriptionsAbi } from "../../sdk/src/generated/index.ts";
import { launch, type Visit, visit, type Wallet } from "../support/browser.ts";
import {
  arrives,
  BUY_MS,
  CASE_MS,
  connect,
  figure,
  type Listed,
  listingWith,
  openBuy,
  until,
} from "../support/buyer.ts";
import { publisherKey } from "../support/market.ts";
import { NAUGHTY } from "../support/naughty.ts";
import { type RunningStack, startStack } from "../support/stack.ts";

type Head = { listingId: string; sealedAtMs: number };

/** A device that does not send what its listing describes. */
const STRAY = "stray-1";
const ZERO = `0x${"00".repeat(20)}`;
const isCoin = ({ token }: { token: string }) => token === ZERO;

describe("a buyer who stays", { timeout: CASE_MS }, () => {
  let stack: RunningStack;
  let browser: Browser;
  let guest: Visit;
  let wallet: Wallet;
  let other: Wallet;
  const reader = () => createPublicClient({ chain: hardhat, transport: http(stack.rpc), cacheTime: 0 });
  const chain = () => createTestClient({ chain: hardhat, mode: "hardhat", transport: http(stack.rpc) });
  const page = (): Page => guest.page;
  const app = () => stack.app!;
  const walletOfRole = (role: string, name: string): Wallet => {
    const { privateKey } = stack.accounts.find((account) => account.role === role)!;
    return { name, privateKey, rpc: stack.rpc, rejects: false, asked: [] };
  };
  /** The wallet of a seeded listing's owner. */
  const sellerOf = async ({ hubId }: { hubId: string }) => {
    const { owner } = await getHub(reader(), { contracts: stack.contracts, hubId: BigInt(hubId) });
    const seller = stack.accounts.find(({ address }) => address.toLowerCase() === owner.toLowerCase())!;
    return walletOf(stack.rpc, accountOf(seller.role as "seller1"));
  };
  const sent = (): number => wallet.asked.filter((method) => method === "eth_sendTransaction").length;

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(), launch()]);
    wallet = walletOfRole("buyer2", "Second Wallet");
    other = walletOfRole("buyer3", "First Wallet");
    guest = await visit(browser, { wallets: [other, wallet] });
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  it("finds no wallet: it is said, and everything can be looked at", async () => {
    const without = await visit(browser);
    await without.page.goto(`${app()}/listing?id=1`);
    await without.page.getByRole("button", { name: "Buy", exact: true }).click();
    await without.page.getByRole("button", { name: "Connect a wallet to buy" }).click();
    await without.page.getByRole("heading", { name: "Connect wallet" }).waitFor();
    await without.axe();
    without.check();
    await without.close();
  });

  it("looks at a sample before paying: what was published; a changed one is refused in words", async () => {
    const listing = await listingWith(stack, ({ title }) => title === "Seattle weather, day by day");
    const from = `/v1/listings/${listing.id}/sample`;
    const given = async () => {
      const answers = await Promise.all(stack.relays.map((relay) => fetch(`${relay.http}${from}`)));
      return (await Promise.all(answers.map((answer) => answer.json()))).every((sample) => sample !== null);
    };
    await until(given);
    const curious = await visit(browser);
    const sample = curious.page.locator("[data-sample]");
    await curious.page.goto(`${app()}/listing?id=${listing.id}`);
    await sample.waitFor();
    await curious.page.getByText(/given away .* Signatures and order were checked in this page/).waitFor();
    // Against the records that its device sends, which neither relay nor gateway wrote.
    const { fields, readings } = SEED_LISTINGS.find(({ title }) => title === listing.title)!;
    const records = readings();
    const published = new Set<string>();
    for (let i = 0; i < 2_000; i++) {
      const { value } = records.next();
      published.add(
        Object.keys(fields)
          .map((name) => String(value[name]))
          .join("|"),
      );
    }
    const rows = await sample.locator("tbody tr").all();
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      const [, ...cells] = await row.locator("td").allTextContents();
      expect([...published]).toContain(cells.join("|"));
    }

    const change = async (route: Route): Promise<void> => {
      const response = await route.fetch();
      const answer = (await response.json()) as { segments: { bytes: string }[] };
      const bytes = Buffer.from(answer.segments[0]!.bytes, "base64");
      bytes[bytes.length - 1]! ^= 1;
      answer.segments[0]!.bytes = bytes.toString("base64");
      await route.fulfill({ response, json: answer });
    };
    // One relay that changes it is passed over; where all of them do, there is nothing to show.
    await curious.context.route(`${stack.relays[0]!.http}${from}`, change);
    await curious.page.reload();
    await sample.waitFor();
    await curious.context.route(`${stack.relays[1]!.http}${from}`, change);
    await curious.page.reload();
    await curious.page.getByText("A piece of data did not pass its checks and was refused.").waitFor();
    expect(await sample.count()).toBe(0);
    await curious.axe();
    curious.check();
    await curious.close();
  });

  it("loads at most 200 kB of JavaScript, compressed, for the market page", async () => {
    const first = await visit(browser);
    const sizes: Promise<number>[] = [];
    first.page.on("response", (response) => {
      if (new URL(response.url()).pathname.endsWith(".js"))
        sizes.push(response.body().then((body) => gzipSync(body).length));
    });
    await first.page.goto(app());
    await first.page.getByRole("region", { name: "Listings" }).getByRole("listitem").first().waitFor();
    await first.page.waitForLoadState("networkidle");
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThanOrEqual(200_000);
    await first.close();
  });

  it("has two wallets: the one that is picked is asked, the other is not", async () => {
    await page().goto(app());
    await connect(page(), "Second Wallet");
    expect(wallet.asked).toContain("eth_requestAccounts");
    expect(other.asked).toEqual([]);
    guest.check();
  });

  it("is on another chain: the page asks for the switch, then goes on to a free listing and reads it", async () => {
    const lost = { ...walletOfRole("buyer1", "Lost Wallet"), chainId: 1 };
    const stray = await visit(browser, { wallets: [lost] });
    await stray.page.goto(`${app()}/listing?id=1`);
    await stray.page.getByRole("button", { name: "Connect wallet" }).click();
    await stray.page.getByRole("button", { name: /Lost Wallet/ }).click();
    await stray.page.getByRole("button", { name: "Wrong chain" }).click();
    await stray.page.getByRole("button", { name: /Switch the wallet/ }).click();
    await until(async () => lost.chainId === hardhat.id);
    await stray.page.getByRole("button", { name: "Wrong chain" }).waitFor({ state: "hidden" });

    const listing = await listingWith(stack, (item) => item.plans.every(({ kind }) => kind === "free"));
    const dialog = await openBuy(stray.page, app(), listing);
    await dialog.getByText("the transaction’s fee and nothing else").waitFor();
    await dialog.getByRole("button", { name: "Get access" }).click();
    await arrives(stray.page);
    await stray.page.getByText("Free: nothing is paid, so there is nothing to stop.").waitFor();
    expect(lost.asked.filter((method) => method === "eth_sendTransaction")).toHaveLength(1);
    const { address: buyer } = accountOf("buyer1").account;
    const [got] = parseEventLogs({
      abi: grantsAbi,
      logs: await reader().getLogs({ address: stack.contracts.Grants, fromBlock: 0n }),
      eventName: "Purchased",
      args: { buyer },
    });
    expect(got!.args).toMatchObject({ listingId: BigInt(listing.id), amount: 0n });
    const { value } = await reader().getTransaction({ hash: got!.transactionHash });
    expect(value).toBe(0n);
    await stray.axe();
    stray.check();
    await stray.close();
  });

  it("subscribes by time: one transaction in the coin, paid ahead, and data comes", async () => {
    const listing = await listingWith(stack, (item) => item.plans.some(({ kind }) => kind === "period"));
    const dialog = await openBuy(page(), app(), listing, "By time");
    await dialog.getByLabel("How long").fill("0");
    await dialog.getByText(/whole number from 1/).waitFor();
    await dialog.getByLabel("How long").fill("7");
    await guest.axe();
    const before = sent();
    await dialog.getByRole("button", { name: /^Subscribe for/ }).click();
    await arrives(page());
    expect(sent()).toBe(before + 1);
    await page()
      .getByText(/Paid ahead/)
      .waitFor();
    await guest.axe();
    guest.check();
  });

  it("tops the subscription up and cancels it: the notice is paid, the rest comes back at once", async () => {
    await page().goto(`${app()}/purchases`);
    const card = page().locator("[data-grant]").filter({ hasText: "Paid until" }).first();
    await card.waitFor();
    const paid = await figure(card, '[data-subscription="deposited"]');
    await card.getByRole("button", { name: "Top up" }).click();
    await card.getByRole("button", { name: "Top up now" }).click();
    await until(async () => (await figure(card, '[data-subscription="deposited"]')) === paid * 2n);
    await card.getByRole("button", { name: "Cancel" }).click();
    await card.getByText(/The notice is 1 h/).waitFor();
    await guest.looks();
    await card.getByRole("button", { name: "Cancel now" }).click();
    await card.getByText(/^Cancelled:/).waitFor();
    const logs = await reader().getLogs({ address: stack.contracts.Subscriptions, fromBlock: 0n });
    const [ended] = parseEventLogs({ abi: subscriptionsAbi, logs, eventName: "SubscriptionEnded" });
    const shown = await card.locator("[data-cancel-refund]").getAttribute("data-cancel-refund");
    expect(String(ended!.args.refund)).toBe(shown);
    // Seven days at the listed price; what stays is the time until now and one hour of notice.
    const { plans } = await listingWith(stack, (item) => item.plans.some(({ kind }) => kind === "period"));
    const plan = plans.find(({ kind }) => kind === "period")!;
    const block = await reader().getBlock({ blockNumber: ended!.blockNumber });
    const [begun] = parseEventLogs({ abi: subscriptionsAbi, logs, eventName: "SubscriptionFunded" });
    const seconds = block.timestamp - BigInt(begun!.args.start) + BigInt(plan.notice);
    const kept = BigInt(plan.upfront) + (BigInt(plan.price) * seconds) / BigInt(plan.period);
    expect(ended!.args.refund).toBe(paid * 2n - kept);
    guest.check();
  });

  it("pays a flat plan once", async () => {
    const listing = await listingWith(stack, (item) => item.plans.some(({ kind }) => kind === "flat"));
    const dialog = await openBuy(page(), app(), listing, "Once");
    await dialog.getByText("all of it: it is due at once").waitFor();
    await dialog.getByRole("button", { name: /^Pay / }).click();
    await arrives(page());
    guest.check();
  });

  /** What the live page saves under that name. */
  const save = async (name: string): Promise<string> => {
    const [file] = await Promise.all([
      page().waitForEvent("download"),
      page().getByRole("button", { name, exact: true }).click(),
    ]);
    return readFile((await file.path())!, "utf8");
  };
  const checked = (text: string) =>
    verifyOnChain({
      crypto: portableCrypto,
      client: reader(),
      contracts: stack.contracts,
      chainId: hardhat.id,
      lines: text.split("\n"),
    });

  it("buys by size: what is paid is the bytes of what it read, rounded down once", async () => {
    const listing = await listingWith(stack, ({ title }) => title === "Seattle hourly climate normals");
    const dialog = await openBuy(page(), app(), listing, "By size");
    await dialog.getByLabel("Deposit").fill("0.001");
    await dialog.getByRole("button", { name: /^Deposit 0\.001 ETH/ }).click();
    await arrives(page());
    await until(async () => (await figure(page(), '[data-meter="messages"]')) > 20n);
    await page()
      .getByRole("button", { name: /Stop and get the rest back/ })
      .click();
    await page().getByRole("heading", { name: "Settled" }).waitFor({ timeout: BUY_MS });
    const claimed = await figure(page(), '[data-stop="claimed"]');
    expect(claimed + (await figure(page(), '[data-stop="refund"]'))).toBe(10n ** 15n);
    const text = await save("JSON lines with proofs");
    const report = await checked(text);
    expect(report.channel).toMatchObject({ claimed, closed: true });
    // Ten to the fifteenth a mebibyte, as the seed says; the bytes are those that the publisher signed.
    const bytes = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; header: Hex })
      .filter(({ type }) => type === "segment")
      .reduce((sum, { header }) => sum + BigInt(decodeHeader(unhex(header)).bodyBytes), 0n);
    expect(bytes).toBeGreaterThan(0n);
    expect(claimed).toBe((10n ** 15n * bytes) / 2n ** 20n);
    await guest.axe();
    guest.check();
  });

  it("pays in a token in every way that the token and the wallet have", async () => {
    const listing = await listingWith(stack, (item) => !isCoin(item));
    const balance = () =>
      reader().readContract({
        address: listing.token,
        abi: erc20Abi,
        functionName: "balanceOf",
        args: [accountOf("buyer2").account.address],
      });
    const ways = [
      { way: "eip3009", transactions: 1, signatures: 1 },
      { way: "permit", transactions: 1, signatures: 1 },
      { way: "permit2", transactions: 2, signatures: 1 },
      { way: "approve", transactions: 2, signatures: 0 },
    ];
    for (const { way, transactions, signatures } of ways) {
      const held = await balance();
      const dialog = await openBuy(page(), app(), listing);
      await dialog.getByLabel("Deposit").fill("1");
      await dialog.getByLabel("How to pay").selectOption(way);
      const asked = wallet.asked.length;
      await dialog.getByRole("button", { name: /^Deposit 1 / }).click();
      if (transactions === 2) await dialog.getByText(/[12] of 2/).waitFor();
      await arrives(page());
      const count = (method: string) => wallet.asked.slice(asked).filter((each) => each === method).length;
      expect([count("eth_sendTransaction"), count("eth_signTypedData_v4")], way).toEqual([
        transactions,
        signatures,
      ]);
      expect(await balance(), way).toBe(held - 1_000_000n);
    }
    // A fifth one is refused by name: an account holds four live grants of a listing.
    const dialog = await openBuy(page(), app(), listing);
    await dialog.getByRole("button", { name: /^Deposit / }).click();
    await dialog.getByText("This account holds four live grants for the listing.").waitFor();
    await guest.axe();
    guest.check();
  }, 300_000);

  it("approves and pays in one confirmation where the wallet can send both together", async () => {
    const able = { ...walletOfRole("buyer3", "Able Wallet"), batches: true };
    const modern = await visit(browser, { wallets: [able] });
    const listing = await listingWith(stack, (item) => !isCoin(item));
    await modern.page.goto(app());
    await connect(modern.page, "Able Wallet");
    const dialog = await openBuy(modern.page, app(), listing);
    await dialog.getByLabel("Deposit").fill("1");
    await dialog.getByLabel("How to pay").selectOption("batch");
    await dialog.getByRole("button", { name: /^Deposit 1 / }).click();
    await arrives(modern.page);
    expect(able.asked.filter((method) => method === "wallet_sendCalls")).toHaveLength(1);
    expect(able.asked).not.toContain("eth_sendTransaction");
    modern.check();
    await modern.close();
  });

  it("buys a cart in one confirmation; the listing that was closed meanwhile keeps its money", async () => {
    const titles: string[] = [];
    const wanted = [
      await listingWith(stack, (item) => isCoin(item) && item.plans[0]!.kind === "message"),
      await listingWith(stack, (item) => isCoin(item) && item.plans[0]!.kind === "byte"),
      await listingWith(stack, (item) => item.plans[0]!.kind === "free"),
    ];
    for (const listing of wanted) {
      const dialog = await openBuy(page(), app(), listing);
      await dialog.getByRole("button", { name: "Put into the cart" }).click();
      await dialog.waitFor({ state: "hidden" });
      titles.push(listing.title);
    }
    const closed = wanted[2]!;
    const cart = page().getByRole("dialog", { name: "Cart" });
    const payCart = async () => {
      await page().getByRole("button", { name: /Cart/ }).click();
      await cart.getByRole("button", { name: /^Pay / }).click();
    };
    const before = sent();

    // On new terms, what was shown is not what would be bought: neither alone nor in the cart.
    const shown = await openBuy(page(), app(), closed);
    const listingId = BigInt(closed.id);
    const { terms, metadata } = await getListing(reader(), { contracts: stack.contracts, listingId });
    const revision = { contracts: stack.contracts, listingId, terms, metadata };
    const { version } = await reviseListing(await sellerOf(closed), revision);
    await until(async () => {
      const answer = await fetch(`${stack.indexer}/v1/listings/${closed.id}`);
      return ((await answer.json()) as { version: number }).version === version;
    });
    const revised = "The seller has changed this listing since it was shown to you.";
    await shown.getByRole("button", { name: "Get access" }).click();
    await shown.getByText(revised).waitFor();
    await page().reload();
    await payCart();
    await cart.getByText(revised).waitFor();
    expect(sent()).toBe(before);
    const again = await openBuy(page(), app(), closed);
    await again.getByRole("button", { name: "Put into the cart" }).click();
    await again.waitFor({ state: "hidden" });
    await closeListing(await sellerOf(closed), {
      contracts: stack.contracts,
      listingId: BigInt(closed.id),
    });
    await payCart();
    await cart.getByText("2 listings were bought.").waitFor({ timeout: BUY_MS });
    await cart.getByText(`Not bought: ${titles[2]}`, { exact: false }).waitFor();
    expect(sent()).toBe(before + 1);
    await guest.axe();
    await cart.getByRole("link", { name: titles[0]! }).click();
    await cart.waitFor({ state: "hidden" });
    await page().getByRole("button", { name: "Read on" }).click();
    await arrives(page());
    await page().getByRole("heading", { level: 1, name: titles[0]! }).waitFor();
    guest.check();
  });

  it("runs dry on the live page, is topped up in place, and the data goes on", async () => {
    const listing = await listingWith(stack, ({ title }) => title === "This machine, live");
    const dialog = await openBuy(page(), app(), listing);
    // The entry, and thirty messages.
    const [plan] = listing.plans;
    const deposit = BigInt(plan!.entry) + 30n * BigInt(plan!.price);
    await dialog.getByLabel("Deposit").fill(inEther(deposit));
    await dialog.getByRole("button", { name: /^Deposit / }).click();
    await arrives(page());
    const form = page().getByRole("form", { name: "Top up" });
    await form.waitFor({ timeout: BUY_MS });
    const had = await figure(page(), '[data-meter="messages"]');
    await guest.axe();
    await form.getByLabel(/Amount in/).fill("-1");
    await form.getByText(/not an amount/).waitFor();
    await form.getByLabel(/Amount in/).fill("0.001");
    const { address } = accountOf("buyer2").account;
    const made = () => reader().getTransactionCount({ address });
    const before = await made();
    wallet.rejects = true;
    await form.getByRole("button", { name: "Top up now" }).click();
    await form.getByText("The request was declined in the wallet.").waitFor();
    wallet.rejects = false;
    expect(await made()).toBe(before);
    await form.getByRole("button", { name: "Top up now" }).click();
    await until(async () => (await figure(page(), '[data-meter="messages"]')) > had + 10n);
    guest.check();
  });

  it("exports what it read as JSON lines that hold against the chain, and as CSV", async () => {
    const text = await save("JSON lines with proofs");
    const report = await checked(text);
    expect(report.messages).toBeGreaterThan(30);
    expect(report.channel).not.toBeNull();
    const csv = await save("CSV");
    const [head, ...rows] = csv.trimEnd().split("\r\n");
    expect(head).toMatch(/^time,device,topic,segmentId,cpu,/);
    expect(rows.length).toBeGreaterThanOrEqual(report.messages);
    const edited = text.replace(/"payload":"\{/, '"payload":"{ ');
    await expect(checked(edited)).rejects.toThrow(/payload/);
  });

  it("stops, and rates what it paid for; the listing shows it to everybody", async () => {
    const grant = new URL(page().url()).searchParams.get("grant");
    await page()
      .getByRole("button", { name: /Stop and get the rest back/ })
      .click();
    await page().getByRole("heading", { name: "Settled" }).waitFor({ timeout: BUY_MS });
    await page().goto(`${app()}/purchases`);
    const card = page().locator(`[data-grant="${grant}"]`);
    // What was put in, the top-up included, and what the chain says came back of it.
    const { paymentId: channelId } = await getPurchase(reader(), {
      contracts: stack.contracts,
      grantId: grant as Hex,
    });
    const logs = await reader().getLogs({ address: stack.contracts.Channels, fromBlock: 0n });
    const funded = parseEventLogs({
      abi: channelsAbi,
      logs,
      eventName: "ChannelFunded",
      args: { channelId },
    });
    expect(funded).toHaveLength(2);
    const [closed] = parseEventLogs({
      abi: channelsAbi,
      logs,
      eventName: "ChannelClosed",
      args: { channelId },
    });
    const { claimed, refund } = closed!.args;
    const figures = [funded[1]!.args.deposit, claimed, refund].map((amount) => `${formatEther(amount)} ETH`);
    await card.getByText("Came back").waitFor();
    const shown = () =>
      card.locator("dl [title]").evaluateAll((all) => all.map((one) => one.getAttribute("title")));
    await until(async () => (await shown()).join() === figures.join());
    await card.getByRole("button", { name: "Rate" }).click();
    const form = card.getByRole("form", { name: "Rate" });
    await form.getByRole("group", { name: "In time" }).getByText("3", { exact: true }).click();
    const comment = `As promised. ${NAUGHTY.slice(0, 6).join(" ")}`;
    await form.getByLabel("Comment").fill(comment);
    await guest.axe();
    await form.getByRole("button", { name: "Send the rating" }).click();
    await card.getByText("Rated. Thank you.").waitFor({ timeout: BUY_MS });
    await page().goto(`${app()}/listing?id=1`);
    await page().getByText("As described 5 · In time 3").waitFor({ timeout: BUY_MS });
    expect(await page().getByText("As promised.").textContent()).toContain(NAUGHTY[0]!);
    await guest.axe();
    guest.check();
  });

  it("reads the seller's answer below the rating: given in his console, once, and declined in his wallet at first", async () => {
    const { contracts } = stack;
    const { address: buyer } = accountOf("buyer2").account;
    const responder = walletOfRole("seller1", "Seller's Wallet");
    const selling = await visit(browser, { wallets: [responder] });
    const main = selling.page.getByRole("main");
    await selling.page.goto(`${app()}/sell?hub=1&view=listings`);
    await main.getByRole("button", { name: "Connect a wallet" }).click();
    await selling.page.getByRole("button", { name: /Seller's Wallet/ }).click();
    const row = main.locator('[data-listing="1"]');
    await row.getByRole("button", { name: "Ratings" }).click();
    const rated = row.locator(`[data-rating="${buyer}"]`);
    await rated.getByText(/^As promised\./).waitFor();
    await rated.getByRole("button", { name: "Answer" }).click();
    const send = rated.getByRole("button", { name: "Send the answer" });
    expect(await send.isDisabled()).toBe(true);
    await rated.getByLabel("Your answer").fill("€".repeat(342));
    await rated.getByText("At most 1024 bytes; this has 1026.").waitFor();
    expect(await send.isDisabled()).toBe(true);
    const text = `The clock was off, and is right now. ${NAUGHTY.slice(0, 6).join(" ")}`;
    await rated.getByLabel("Your answer").fill(text);
    await selling.looks();
    const responses = () =>
      reader().getContractEvents({
        address: contracts.Ratings,
        abi: ratingsAbi,
        eventName: "Responded",
        fromBlock: 0n,
      });
    responder.rejects = true;
    await send.click();
    await rated.getByText("The request was declined in the wallet.").waitFor();
    responder.rejects = false;
    expect(await responses()).toEqual([]);
    await send.click();
    await rated.getByText("The seller:").waitFor({ timeout: BUY_MS });
    expect(await rated.getByRole("button").filter({ hasText: /nswer/ }).count()).toBe(0);
    const by = accountOf("seller1").account.address;
    const said = (await responses()).map(({ args }) => args);
    expect(said).toEqual([{ listingId: 1n, buyer, revision: 1, by, text }]);
    selling.check();
    await selling.close();

    const below = page().locator(`[data-rating="${buyer}"]`);
    await below.getByText("The seller:").waitFor({ timeout: BUY_MS });
    expect(await below.textContent()).toContain(`The seller: ${text}`);
    await guest.axe();
    guest.check();
  });

  it("is let into a restricted listing: declined with the reason, asked again, approved, bought and read", async () => {
    const { contracts, chainId } = stack;
    const { address: buyer } = accountOf("buyer2").account;
    const machine = await listingWith(stack, ({ title }) => title === "This machine, live");
    const seller = await sellerOf(machine);
    const known = await getListing(reader(), { contracts, listingId: BigInt(machine.id) });
    // The same device's data once more, and another's beside it, for those only whom the seller lets in.
    await registerDevice(seller, { contracts, hubId: known.terms.hubId, name: STRAY });
    const described = JSON.parse(known.metadata);
    const feed = { devices: [...described.feed.devices, STRAY] };
    const metadata = JSON.stringify({ ...described, feed, name: "This machine, for some" });
    const terms = {
      ...known.terms,
      flags: known.terms.flags | ListingFlag.restricted,
      metadataHash: metadataHash(metadata),
    };
    const { listingId, version } = await createListing(seller, {
      contracts,
      hubId: terms.hubId,
      terms,
      metadata,
    });
    await until(async () => (await fetch(`${stack.indexer}/v1/listings/${listingId}`)).ok);

    await page().goto(`${app()}/listing?id=${listingId}`);
    const buyButton = page().getByRole("button", { name: "Buy", exact: true });
    const send = page().getByRole("button", { name: "Ask for approval" });
    await send.waitFor();
    expect(await buyButton.isDisabled()).toBe(true);
    await guest.axe();
    await page().getByLabel("Note to the seller").fill("To compare it with mine.");
    await send.click();
    await page().getByText("The seller has not answered yet.").waitFor({ timeout: BUY_MS });
    await page().getByRole("status").getByText("asked", { exact: true }).waitFor();
    const asked = () => getRequests(reader(), { contracts, listingId, buyer });
    expect(await asked()).toMatchObject([{ state: "open", version }]);

    await declineRequest(seller, { contracts, listingId, buyer, reason: `Say why. ${NAUGHTY[0]}` });
    await page().getByText(`Say why. ${NAUGHTY[0]}`).waitFor({ timeout: BUY_MS });
    await page().getByRole("status").getByText("declined", { exact: true }).waitFor();
    expect(await buyButton.isDisabled()).toBe(true);
    await guest.axe();
    await page().getByLabel("Note to the seller").fill("To see whether mine is slow.");
    await send.click();
    await page().getByText("The seller has not answered yet.").waitFor({ timeout: BUY_MS });
    expect(await asked()).toMatchObject([{ state: "open" }]);

    const deadline = Number((await reader().getBlock()).timestamp) + 86_400;
    const { termsHash } = terms;
    const message = { listingId, version, buyer, termsHash, deadline };
    const typed = signable(grantsDomain({ chainId, grants: contracts.Grants }), "Approval", message);
    const signature = await signTypedData(seller, typed as Parameters<typeof signTypedData>[1]);
    const approval = { manager: seller.account.address, deadline, signature };
    await approveRequest(seller, { contracts, listingId, version, buyer, termsHash, approval });
    await page()
      .getByText(/^Buy before/)
      .waitFor({ timeout: BUY_MS });
    await guest.axe();
    await buyButton.click();
    const dialog = page().getByRole("dialog", { name: "Buy" });
    await dialog.getByLabel("Deposit").fill("0.001");
    await dialog.getByRole("button", { name: /^Deposit / }).click();
    await arrives(page());
    guest.check();
  });

  it("gets messages that are not what the seller describes: how many, which and why is said, and they are shown as they came", async () => {
    const { chainId } = stack;
    const [gateway] = stack.gateways;
    const hub = { hubId: 1n, seller: accountOf("seller1") };
    const { user, password } = await devicePassword({ gateway: gateway!, chainId, hub, device: STRAY });
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
    const panel = page().getByRole("region", { name: "Messages that do not fit", exact: true }).first();
    expect(await page().locator("[data-misfits]").count()).toBe(0);
    const sent = [NAUGHTY[1]!, JSON.stringify({ cpu: "hot" }), JSON.stringify({ cpu: 7 })];
    for (const body of sent) {
      const { status } = await fetch(`${gateway!.http}/v1/ingest/${user}`, {
        method: "POST",
        headers: { authorization, "content-type": "text/plain" },
        body,
      });
      expect(status).toBe(200);
    }
    // The third one fits: a reading may leave fields out.
    await page().locator('[data-misfits="2"]').waitFor();
    await panel.getByText(/^2 of [\d,]+ messages are not what the seller describes\./).waitFor();
    await panel.getByText("Show the newest 2").click();
    const shown = panel.getByRole("listitem");
    for (const [text, why] of [
      [sent[0]!, `${STRAY}/data · not JSON`],
      [sent[1]!, `${STRAY}/data · “cpu” is not of its type`],
    ] as const)
      expect(await shown.filter({ hasText: text }).textContent()).toContain(why);
    expect(await page().evaluate(() => (globalThis as { hacked?: boolean }).hacked)).toBeUndefined();
    await guest.looks();
    guest.check();
  });

  it("is given something: the page says that it is a gift, and what opens it", async () => {
    const { contracts } = stack;
    const listing = await listingWith(stack, ({ title }) => title === "This machine, for some");
    const now = Number((await reader().getBlock()).timestamp);
    const { grantId } = await giveGrant(await sellerOf(listing), {
      contracts,
      listingId: BigInt(listing.id),
      buyer: accountOf("buyer2").account.address,
      rights: Rights.read,
      notBefore: now,
      notAfter: now + 86_400,
      nonce: randomSalt(),
      encryptionKey: randomSalt(),
    });
    await page().goto(`${app()}/purchases`);
    const card = page().locator(`[data-grant="${grantId}"]`);
    await card.getByText(/A gift from the seller.*Read it with the program that made the key/).waitFor();
    await card.getByText(/^Given /).waitFor();
    expect(await card.getByRole("link", { name: "Read on" }).count()).toBe(0);
    await page().goto(`${app()}/live?id=${listing.id}&grant=${grantId}`);
    await page()
      .getByText(/This is a gift.*Read it with the program that made the key/)
      .waitFor();
    expect(await page().getByRole("button", { name: "Read on" }).count()).toBe(0);
    await guest.axe();
    guest.check();
  });

  /** Buys from the live listing and looks around before the payment is in a block; then the chain goes on. */
  async function whileUnmined(look: () => Promise<void>): Promise<void> {
    const listing = await listingWith(stack, ({ title }) => title === "This machine, live");
    const dialog = await openBuy(page(), app(), listing);
    await dialog.getByLabel("Deposit").fill("0.002");
    await chain().setAutomine(false);
    try {
      await dialog.getByRole("button", { name: /^Deposit / }).click();
      await dialog.locator('[aria-current="step"]', { hasText: "Wait for the chain" }).waitFor();
      await look();
    } finally {
      await chain().setAutomine(true);
      await chain().mine({ blocks: 1 });
    }
  }

  const purchases = async (): Promise<number> => {
    const logs = await reader().getLogs({ address: stack.contracts.Grants, fromBlock: 0n });
    return parseEventLogs({ abi: grantsAbi, logs, eventName: "Purchased" }).length;
  };

  it("waits for a slow chain and a busy node: the dialog and the transactions say so, then the data comes, paid once", async () => {
    const [had, sends] = [await purchases(), sent()];
    let refused = 0;
    await whileUnmined(async () => {
      await page()
        .getByRole("button", { name: "Transactions: 1 on their way", includeHidden: true })
        .waitFor();
      await guest.looks();
      await guest.context.route(`${stack.rpc}/**`, (route) => {
        const asked = route.request().postData();
        if (!asked?.includes("eth_getTransactionReceipt")) return route.fallback();
        refused += 1;
        const error = { code: -32005, message: "limit exceeded" };
        return route.fulfill({
          json: { jsonrpc: "2.0", id: JSON.parse(asked).id, error },
          headers: { "access-control-allow-origin": "*" },
        });
      });
    });
    await until(async () => refused >= 12);
    const dialog = page().getByRole("dialog", { name: "Buy" });
    await dialog.locator('[aria-current="step"]', { hasText: "Wait for the chain" }).waitFor();
    expect(await dialog.getByRole("button", { name: /Try again|Back/ }).count()).toBe(0);
    await guest.context.unroute(`${stack.rpc}/**`);
    await arrives(page());
    expect([await purchases(), sent()]).toEqual([had + 1, sends + 1]);
    guest.check();
  });

  it("cancels a payment in the wallet: it is said in words, and nothing was bought", async () => {
    const had = await purchases();
    const { account } = accountOf("buyer2");
    let looks = 0;
    const count = (response: Response) => {
      if (response.request().postData()?.includes("eth_getTransactionByHash")) looks += 1;
    };
    page().on("response", count);
    await whileUnmined(async () => {
      // The dialog and the list of transactions: whoever has not seen the first one cannot know it for replaced.
      await until(async () => looks >= 2);
      const { transactions } = await reader().getBlock({ blockTag: "pending", includeTransactions: true });
      const { nonce, gas, maxFeePerGas, maxPriorityFeePerGas } = transactions.find(
        ({ from }) => from.toLowerCase() === account.address.toLowerCase(),
      )!;
      await sendTransaction(walletOf(stack.rpc, accountOf("buyer2")), {
        to: account.address,
        nonce,
        gas,
        maxFeePerGas: maxFeePerGas! * 2n,
        maxPriorityFeePerGas: maxPriorityFeePerGas! * 2n + 1n,
      });
    });
    page().off("response", count);
    const dialog = page().getByRole("dialog", { name: "Buy" });
    await dialog.getByText("The wallet sent another transaction in its place").waitFor();
    await dialog.getByRole("button", { name: "Try again" }).waitFor();
    expect(await purchases()).toBe(had);
    await page().goto(`${app()}/activity`);
    await page().locator('[data-state="replaced"]', { hasText: "Buy" }).waitFor();
    await guest.axe();
    guest.check();
  });

  it("reloads before the payment is mined: My data says that it is on its way, then shows it", async () => {
    await whileUnmined(async () => {
      await page().goto(`${app()}/purchases`);
      await page().getByText("A purchase is on its way.").waitFor();
      await guest.axe();
    });
    await page().getByText("is on its way").waitFor({ state: "hidden" });
    // The one before is open, too: it is this one that must be there.
    const logs = await reader().getLogs({ address: stack.contracts.Grants, fromBlock: 0n });
    const { grantId } = parseEventLogs({ abi: grantsAbi, logs, eventName: "Purchased" }).at(-1)!.args;
    const card = page().locator(`[data-grant="${grantId}"]`);
    await card.filter({ hasText: "This machine, live" }).filter({ hasText: "open" }).waitFor();
    guest.check();
  });

  /** What the gateway has opened to the buyer of a channel, in the coin. */
  async function owedOn(listing: Listed, channelId: Hex): Promise<bigint> {
    const { http } = stack.gateways[0]!;
    const { token } = await signInAtGateway(await sellerOf(listing), { http });
    const channels = await getGatewayChannels({ http, token });
    await signOutAtGateway({ http, token });
    return BigInt(channels.find((channel) => channel.channelId === channelId)!.owed);
  }

  it("restores everything in a fresh profile from the wallet alone, and pays for nothing twice", async () => {
    const logs = await reader().getLogs({ address: stack.contracts.Grants, fromBlock: 0n });
    const args = { buyer: accountOf("buyer2").account.address };
    const bought = parseEventLogs({ abi: grantsAbi, logs, eventName: "Purchased", args });
    const given = parseEventLogs({ abi: grantsAbi, logs, eventName: "GrantGiven", args });
    const fresh = await visit(browser, { wallets: [wallet] });
    await fresh.page.goto(`${app()}/purchases`);
    await connect(fresh.page, "Second Wallet");
    const grants = [...bought, ...given].map(({ args: { grantId } }) => grantId);
    const shown = () =>
      fresh.page
        .locator("[data-grant]")
        .evaluateAll((cards) => cards.map((card) => card.getAttribute("data-grant")));
    await until(async () => (await shown()).length === grants.length);
    expect((await shown()).toSorted()).toEqual(grants.toSorted());

    // The one that was read last in the other profile: what it was charged there has come to rest when later epochs add nothing.
    const listing = await listingWith(stack, ({ title }) => title === "This machine, live");
    const { grantId, paymentId } = bought.at(-2)!.args;
    const sealed = async () => {
      const answers = await Promise.all(stack.relays.map((relay) => fetch(`${relay.http}/v1/heads`)));
      const heads = await Promise.all(answers.map((answer) => answer.json() as Promise<{ items: Head[] }>));
      return Math.max(
        ...heads.flatMap(({ items }) =>
          items.filter(({ listingId }) => listingId === listing.id).map(({ sealedAtMs }) => sealedAtMs),
        ),
      );
    };
    let paid = -1n;
    await until(async () => {
      const before = paid;
      const at = await sealed();
      await until(async () => (await sealed()) > at + 3_000);
      paid = await owedOn(listing, paymentId);
      return paid === before;
    }, BUY_MS);
    expect(paid).toBeGreaterThan(0n);

    const card = fresh.page.locator(`[data-grant="${grantId}"]`);
    await card.getByRole("link", { name: "Read on" }).click();
    await fresh.page.getByRole("button", { name: "Read on" }).click();
    await arrives(fresh.page);
    const messages = () => figure(fresh.page, '[data-meter="messages"]');
    await until(async () => (await messages()) > 10n);
    await fresh.page.getByRole("button", { name: /Stop and get the rest back/ }).click();
    await fresh.page.getByRole("heading", { name: "Settled" }).waitFor({ timeout: BUY_MS });
    // What was paid before, and each message that came here, once.
    const claimed = await figure(fresh.page, '[data-stop="claimed"]');
    expect(claimed).toBe(paid + BigInt(listing.plans[0]!.price) * (await messages()));
    expect(await figure(fresh.page, '[data-meter="due"]')).toBe(claimed);
    const ended = parseEventLogs({
      abi: channelsAbi,
      logs: await reader().getLogs({ address: stack.contracts.Channels, fromBlock: 0n }),
      eventName: "ChannelClosed",
      args: { channelId: paymentId },
    });
    expect(ended.map(({ args: { claimed } }) => claimed)).toEqual([claimed]);
    fresh.check();
    await fresh.close();
  }, 300_000);

  it("reads on after its keys were changed elsewhere, and changes them here", async () => {
    const { contracts } = stack;
    const logs = await reader().getLogs({ address: contracts.Grants, fromBlock: 0n });
    const { grantId } = parseEventLogs({ abi: grantsAbi, logs, eventName: "Purchased" }).at(-1)!.args;
    const changes = async () => (await getRotations(reader(), { contracts, grantId })).length;
    const elsewhere = { wallet: walletOf(stack.rpc, accountOf("buyer2")), contracts, site: app() };
    await rotatePurchaseKeys(elsewhere, { grantId });
    const readOn = async () => {
      const card = page().locator(`[data-grant="${grantId}"]`);
      await card.getByRole("link", { name: "Read on" }).click();
      await page().getByRole("button", { name: "Read on" }).click();
      await arrives(page());
    };
    await page().goto(`${app()}/purchases`);
    await readOn();

    await page().goto(`${app()}/purchases`);
    const card = page().locator(`[data-grant="${grantId}"]`);
    await card.getByRole("button", { name: "Change keys" }).click();
    await card.getByText(/reads nothing more from the next block on/).waitFor();
    await guest.axe();
    await card.getByRole("button", { name: "Change them now" }).click();
    await card.getByText(/^The keys were changed/).waitFor({ timeout: BUY_MS });
    expect(await changes()).toBe(2);
    await readOn();
    guest.check();
  });

  it("gets test money from the faucet of the local chain", async () => {
    const account = accountOf("buyer2").account.address;
    const before = await reader().getBalance({ address: account });
    await page().goto(app());
    await page()
      .getByRole("button", { name: /Your account/ })
      .click();
    await page().getByRole("button", { name: "Get test money" }).click();
    await page()
      .getByText(/1 test ETH and 100/)
      .waitFor();
    expect(await reader().getBalance({ address: account })).toBe(before + 10n ** 18n);
    guest.check();
  });

  it("types naughty strings into every field: shown as text, nothing runs", async () => {
    const curious = await visit(browser);
    /** What the indexer was asked for, and has answered. */
    const asked = new Set<string>();
    curious.page.on("response", (response) => {
      const { pathname, searchParams } = new URL(response.url());
      if (pathname === "/v1/listings" && response.ok()) asked.add(searchParams.get("q") ?? "");
    });
    await curious.page.goto(app());
    const search = curious.page.getByLabel("Search");
    // Each one is waited for: typing that goes on is one question only. The indexer's own tests ask it the whole list.
    for (const text of NAUGHTY) {
      await search.fill(text);
      const typed = (await search.inputValue())
        .toWellFormed()
        .replace(/\p{Cc}+/gu, " ")
        .trim();
      await until(async () => asked.has(typed));
    }
    await search.fill(NAUGHTY[0]!);
    await curious.page.getByText("No listing matches.").waitFor();
    const listing = await listingWith(stack, ({ title }) => title === "This machine, live");
    const dialog = await openBuy(curious.page, app(), listing);
    for (const text of NAUGHTY) {
      await dialog.getByLabel("Deposit").fill(text.replaceAll("\n", ""));
      await dialog.getByText(/not an amount|Too small/).waitFor();
    }
    expect(await curious.page.evaluate(() => (globalThis as { hacked?: boolean }).hacked)).toBeUndefined();
    curious.check();
    await curious.close();
  });

  it("meets a hostile seller: what he wrote of hub, listing and device is text on every page, before the scripts and after", async () => {
    const { contracts } = stack;
    const role = "curator";
    const seller = walletOf(stack.rpc, accountOf(role));
    const [script, image, svg] = NAUGHTY as [string, string, string];
    const worst = NAUGHTY.join(" ").toWellFormed();
    const machine = await listingWith(stack, ({ title }) => title === "This machine, live");
    const known = await getListing(reader(), { contracts, listingId: BigInt(machine.id) });
    const { address } = seller.account;
    const { hubId } = await createHub(seller, {
      contracts,
      metadata: hubMetadata({ name: image, description: worst }),
      payout: address,
      encryptionKey: randomSalt(),
    });
    const { x, y } = await publisherKey();
    await registerPublisherKey(seller, { contracts, hubId, account: address, publicKey: { x, y } });
    await registerDevice(seller, { contracts, hubId, name: "odd", metadata: worst });
    const metadata = listingMetadata({
      title: script,
      description: worst,
      category: script,
      keywords: NAUGHTY.map((text) => text.toWellFormed()),
      place: { name: svg, latitude: 1, longitude: 1 },
      licence: image,
      source: { kind: "live", rate: svg, origin: image },
      feed: { devices: ["odd"] },
      fields: {
        [script]: { type: "number", unit: svg, title: image },
        __proto__x: { type: "string", title: worst },
      },
      timeField: script,
      agreement: worst,
    });
    const { listingId } = await createListing(seller, {
      contracts,
      hubId,
      terms: {
        ...known.terms,
        hubId,
        payee: address,
        operator: address,
        metadataHash: metadataHash(metadata),
      },
      metadata,
    });
    await until(async () => (await fetch(`${stack.indexer}/v1/listings/${listingId}`)).ok);

    const wary = await visit(browser, { wallets: [walletOfRole(role, "Wary Wallet")] });
    const main = wary.page.getByRole("main");
    const isText = async (...texts: string[]) => {
      for (const text of texts) await main.getByText(text).first().waitFor();
      expect(await wary.page.evaluate(() => (globalThis as { hacked?: boolean }).hacked)).toBeUndefined();
      expect(await wary.page.locator('img[src="x"], svg[onload]').count()).toBe(0);
    };
    const held: Route[] = [];
    let holds = true;
    await wary.context.route(/\.js$/, async (route) => {
      if (holds) held.push(route);
      else await route.continue();
    });
    await wary.page.goto(app(), { waitUntil: "commit" });
    await isText(script, image, svg);
    holds = false;
    for (const route of held) await route.continue();
    await wary.page.getByText(/\d+ listings, \d+ live now/).waitFor();
    await isText(script, image, svg);
    await wary.page.goto(`${app()}/listing?id=${listingId}`);
    await wary.page.getByRole("heading", { level: 1, name: script }).waitFor();
    await isText(script, image, svg, "DROP TABLE listings");
    await wary.axe();
    await wary.page.goto(`${app()}/sell?hub=${hubId}`);
    await main.getByRole("button", { name: "Connect a wallet" }).click();
    await wary.page.getByRole("button", { name: /Wary Wallet/ }).click();
    await main.getByRole("heading", { name: image }).waitFor();
    await isText();
    await wary.page.goto(`${app()}/sell?hub=${hubId}&view=devices`);
    await main.locator('[data-device="odd"]').waitFor();
    await isText();
    await wary.page.goto(`${app()}/sell?hub=${hubId}&view=listings`);
    await main.locator("[data-listing]").getByText(script).first().waitFor();
    await isText();
    await wary.page.goto(`${app()}/sell?hub=${hubId}&view=listings&edit=${listingId}`);
    await main.getByRole("heading", { name: "What is it?" }).waitFor();
    await isText(script);
    await wary.page.goto(`${app()}/activity`);
    await isText(script);
    wary.check();
    await wary.close();
  });

  it("loses the RPC: it is said in words, and everything works again when it is back", async () => {
    const unlucky = await visit(browser, { wallets: [walletOfRole("buyer1", "Third Wallet")] });
    const listing = await listingWith(stack, ({ title }) => title === "This machine, live");
    await unlucky.page.goto(app());
    await connect(unlucky.page, "Third Wallet");
    const dialog = await openBuy(unlucky.page, app(), listing);
    await dialog.getByLabel("Deposit").fill("0.001");
    await unlucky.context.route(`${stack.rpc}/**`, (route) => route.abort());
    await dialog.getByRole("button", { name: /^Deposit / }).click();
    await dialog.getByText("The chain cannot be reached.").waitFor();
    await unlucky.context.unroute(`${stack.rpc}/**`);
    await dialog.getByRole("button", { name: "Try again" }).click();
    await arrives(unlucky.page);

    // Away once more: reading needs no chain and goes on, stopping does and says so, and may be tried again.
    const messages = () => figure(unlucky.page, '[data-meter="messages"]');
    await unlucky.context.route(`${stack.rpc}/**`, (route) => route.abort());
    const had = await messages();
    await until(async () => (await messages()) > had + 10n);
    await unlucky.page.getByRole("button", { name: /Stop and get the rest back/ }).click();
    await unlucky.page.getByText("The chain cannot be reached.").waitFor();
    await unlucky.page.getByText("Decrypted in this page.").waitFor();
    const then = await messages();
    await until(async () => (await messages()) > then + 10n);
    await unlucky.axe();
    await unlucky.context.unroute(`${stack.rpc}/**`);
    await unlucky.page.getByRole("button", { name: "Try again" }).click();
    await unlucky.page.getByRole("heading", { name: "Settled" }).waitFor({ timeout: BUY_MS });
    const claimed = await figure(unlucky.page, '[data-stop="claimed"]');
    expect(claimed).toBe(BigInt(listing.plans[0]!.price) * (await messages()));
    // A browser writes requests that found nobody into its console by itself.
    unlucky.check(/net::ERR_FAILED/);
    await unlucky.close();
  });

  it("never saw a purchase of which the chain does not know", async () => {
    const logs = await reader().getLogs({ address: stack.contracts.Grants, fromBlock: 0n });
    const bought = parseEventLogs({ abi: grantsAbi, logs, eventName: "Purchased" });
    const funded = parseEventLogs({
      abi: channelsAbi,
      logs: await reader().getLogs({ address: stack.contracts.Channels, fromBlock: 0n }),
      eventName: "ChannelFunded",
    });
    const channels = new Set<Hex>(funded.map(({ args }) => args.channelId));
    expect(bought.filter(({ args }) => channels.has(args.paymentId)).length).toBe(channels.size);
  });
});

/** Wei as the amount field reads it. */
function inEther(amount: bigint): string {
  const digits = amount.toString().padStart(19, "0");
  return `${digits.slice(0, -18)}.${digits.slice(-18)}`;
}
