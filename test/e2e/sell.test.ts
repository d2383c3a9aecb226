// A new seller's day, in Chromium, against everything that `npm start` runs. He begins with an account, some coin and nothing else.
//   hub           created from the page; the notes key comes from his wallet
//   gateway key   pasted as the gateway prints it
//   people        a role given and taken; the hub offered and taken back
//   key rotation  a second gateway key registered, the first one revoked
//   device        registered, with a key that is saved as a file; the kit holds no password yet
//   listing       through the wizard: faults are named, a reload keeps the draft, naughty strings are text; then in the market
//   revise        a new price is a new version, and the page said what changes
//   pause         no sales, then sales again
//   requests      notes readable, one approved (and bought with), one declined with its reason
//   earnings      what was claimed and kept in the escrow is withdrawn, to the wei
//   ownership     the hub offered again, and accepted in the next owner's browser
//   a seeded hub  a device's password from the gateway by a signed message: an unmodified MQTT client publishes with it, until the
//                 device is revoked, which ends its session
// Any request to a foreign host, console error, dialog or serious axe finding fails it. Long because one market serves all of them.
import { readFileSync } from "node:fs";
import { connectAsync, type MqttClient } from "mqtt";
import type { Browser, Locator } from "playwright-core";
import {
  createPublicClient,
  createTestClient,
  createWalletClient,
  type Hex,
  http,
  parseEther,
  zeroAddress,
} from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import words from "../../app/src/messages/en.json" with { type: "json" };
import {
  buy,
  claimSubscriptions,
  getApproval,
  getDevices,
  getHub,
  getListing,
  getListingIds,
  getOwed,
  getPublisherKeys,
  getPurchases,
  getRoles,
  ROLES,
  requestGrant,
} from "../../sdk/src/chain/index.ts";
import {
  FOREVER,
  LICENCE_FLAGS,
  ListingFlag,
  licenceBit,
  metadataHash,
  purposeBit,
  randomSalt,
  sealNote,
  subscriptionTermsOf,
  USE_FLAGS,
  ZERO_HASH,
} from "../../sdk/src/core/index.ts";
import { grantsAbi, subscriptionsAbi } from "../../sdk/src/generated/index.ts";
import { chromiumPath, launch, type Visit, visit, type Wallet } from "../support/browser.ts";
import { CASE_MS } from "../support/buyer.ts";
import { publisherKey } from "../support/market.ts";
import { type RunningStack, startStack } from "../support/stack.ts";

const NAUGHTY = new URL("../../../shared/vectors/naughty-strings.json", import.meta.url);
const MARKUP = `"><img src=x onerror="window.naughty=1"><script>window.naughty=1</script>`;
const here = chromiumPath() !== undefined || process.env.WEIR_REQUIRE_ALL === "1";
if (!here)
  console.warn("browser journeys need Chromium (package chromium, or WEIR_CHROMIUM): they are left out");

/** The strings of ../shared/vectors, or where that folder is not, those that markup is made of. */
function naughty(): string[] {
  try {
    return JSON.parse(readFileSync(NAUGHTY, "utf8")) as string[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    console.warn("../shared/vectors is not here: a few strings of our own instead");
    return [
      MARKUP,
      "javascript:alert(1)",
      "{{7*7}}",
      "%s%n<!--#exec-->",
      "\u202Eabc",
      "﷽",
      "👩‍🔬",
      "'; DROP TABLE x;--",
    ];
  }
}

describe.runIf(here)("a new seller", { timeout: CASE_MS }, () => {
  let stack: RunningStack;
  let browser: Browser;
  let seller: Visit;
  let wallet: Wallet;
  let hubId: string;
  let listingId: string;
  /** The licence flags that are ticked when the listing is signed. */
  let licence = 0;
  let gateway: { account: Hex; x: Hex; y: Hex };
  const privateKey = generatePrivateKey();

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(), launch()]);
    const { address } = privateKeyToAccount(privateKey);
    await createTestClient({ mode: "hardhat", transport: http(stack.rpc) }).setBalance({
      address,
      value: parseEther("10"),
    });
    wallet = { name: "Test Wallet", privateKey, rpc: stack.rpc, rejects: false, asked: [] };
    seller = await visit(browser, { wallets: [wallet] });
    const { x, y } = await publisherKey();
    gateway = { account: privateKeyToAccount(generatePrivateKey()).address, x, y };
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  const page = () => seller.page;
  const main = () => page().getByRole("main");
  const reader = () =>
    createPublicClient({ chain: hardhat, transport: http(stack.rpc), pollingInterval: 50 });
  const button = (name: string | RegExp, within: Locator = main()) => within.getByRole("button", { name });
  const view = async (name: string) => {
    await main().getByRole("navigation", { name: "Parts of the hub" }).getByRole("link", { name }).click();
  };
  const listed = async () =>
    getListing(reader(), { contracts: stack.contracts, listingId: BigInt(listingId) });

  it("creates a hub, with nothing but a wallet", async () => {
    await page().goto(`${stack.app}/sell`);
    await page().getByText("Connect a wallet to sell.").waitFor();
    await seller.axe();
    await button("Connect a wallet").click();
    await page()
      .getByRole("button", { name: /Test Wallet/ })
      .click();
    await page().getByRole("dialog").waitFor({ state: "hidden" });
    await page().getByRole("heading", { name: "Create your hub" }).waitFor();
    await button("Create the hub").click();
    await page().getByText("Give it a name.").waitFor();
    expect(wallet.asked).not.toContain("eth_sendTransaction");
    await page().getByLabel("Name", { exact: true }).fill("Pier & Sons");
    await page().getByLabel("Description", { exact: true }).fill("Tides since 1911.");
    await seller.axe();
    await button("Create the hub").click();
    await page().getByRole("heading", { name: "Pier & Sons" }).waitFor();
    hubId = new URL(page().url()).searchParams.get("hub")!;
    const hub = await getHub(reader(), { contracts: stack.contracts, hubId: BigInt(hubId) });
    expect(hub.owner).toBe(privateKeyToAccount(privateKey).address);
    expect(JSON.parse(hub.metadata)).toMatchObject({ name: "Pier & Sons", description: "Tides since 1911." });
    // The text for the keys twice, and one transaction.
    expect(wallet.asked.filter((method) => method === "personal_sign")).toHaveLength(2);
    seller.check();
  });

  it("registers its gateway's key, as pasted", async () => {
    await button("Register the key").click();
    expect(await page().getByText("An address: 0x and 40 hexadecimal digits.").count()).toBe(1);
    await page()
      .getByLabel("What the gateway printed", { exact: true })
      .fill(JSON.stringify(gateway, null, 2));
    expect(await page().getByLabel("Gateway’s account", { exact: true }).inputValue()).toBe(gateway.account);
    await button("Register the key").click();
    await page().getByRole("heading", { name: "Key 0" }).waitFor();
    await page().getByText("PUBLISHER").first().waitFor();
    await seller.axe();
    seller.check();
  });

  it("gives a role and takes it away; offers the hub to somebody and takes that back", async () => {
    const helper = stack.accounts.find(({ role }) => role === "curator")!.address;
    const of = { contracts: stack.contracts, hubId: BigInt(hubId) };
    await page().getByLabel("Account", { exact: true }).fill(helper);
    await page().getByLabel("TREASURER", { exact: true }).check();
    await button("Give these roles").click();
    const member = main()
      .getByRole("listitem")
      .filter({ hasText: "MANAGER" })
      .filter({ hasText: "TREASURER" });
    await member.waitFor();
    expect(await getRoles(reader(), { ...of, account: helper })).toBe(ROLES.MANAGER | ROLES.TREASURER);
    await button("Take all roles away", member).click();
    await button("Yes, do it", member).click();
    await member.waitFor({ state: "detached" });
    expect(await getRoles(reader(), { ...of, account: helper })).toBe(0);
    await page().getByLabel("Next owner", { exact: true }).fill(helper);
    await button("Offer the hub").click();
    await button("Yes, do it").click();
    await button("Take the offer back").click();
    await button("Offer the hub").waitFor();
    expect((await getHub(reader(), of)).pendingOwner).toBe(zeroAddress);
    seller.check();
  });

  it("rotates its gateway's key: a new one is registered, the old one signs nothing any more", async () => {
    const of = { contracts: stack.contracts, hubId: BigInt(hubId) };
    const { x, y } = await publisherKey();
    await button("Register another key").click();
    await page()
      .getByLabel("What the gateway printed", { exact: true })
      .fill(`account: ${gateway.account}\nx: ${x}\ny: ${y}`);
    await button("Register the key").click();
    await page().getByRole("heading", { name: "Key 1" }).waitFor();
    const old = main()
      .getByRole("listitem")
      .filter({ has: page().getByRole("heading", { name: "Key 0" }) });
    await button("Revoke", old).click();
    await button("Yes, do it", old).click();
    await old.getByText("revoked", { exact: true }).waitFor();
    const [first, second] = await getPublisherKeys(reader(), of);
    expect(first).toMatchObject({ keyId: 0, x: gateway.x });
    expect(first!.revokedAt).toBeGreaterThan(0);
    expect(second).toMatchObject({ keyId: 1, account: gateway.account, x, y, revokedAt: 0 });
    await seller.axe();
    seller.check();
  });

  it("registers a device with a key of its own, and shows its kit", async () => {
    await view("Devices");
    await button("Register a device").click();
    await page().getByLabel("Name", { exact: true }).fill("tide gauge");
    await button("Register the device").click();
    await page().getByText("A name has 1 to 64 characters").waitFor();
    await page().getByLabel("Name", { exact: true }).fill("tide-gauge");
    await page().getByLabel("Give it a key of its own", { exact: true }).check();
    const [saved] = await Promise.all([
      page().waitForEvent("download"),
      button("Register the device").click(),
    ]);
    expect(saved.suggestedFilename()).toBe("tide-gauge.key.pem");
    const device = main().locator('[data-device="tide-gauge"]');
    await device.waitFor();
    const pem = readFileSync(await saved.path(), "utf8");
    expect(pem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    await button("Kit", device).click();
    await device.getByText(`-u '${hubId}/tide-gauge' -P 'PASSWORD'`).waitFor();
    await device.getByLabel("Publish with", { exact: true }).selectOption("python");
    await device.getByText("paho.mqtt.publish").waitFor();
    await seller.axe();
    seller.check();
  });

  it("writes a listing: faults are named by field, and a reload keeps the draft", async () => {
    await view("Listings");
    await main().getByRole("link", { name: "Offer a listing" }).first().click();
    await page().getByRole("heading", { name: "What is it?" }).waitFor();
    await button("Next").click();
    await page().getByText("Give it a title.").waitFor();
    await page().getByLabel("Title", { exact: true }).fill("Tide at pier 7");
    await page().getByLabel("Description", { exact: true }).fill("Height of the water, once a second.");
    await page().getByLabel("Category", { exact: true }).selectOption("geoscience");
    await page().getByLabel("Stated rate", { exact: true }).fill("1 message a second");
    await page().getByLabel("Latitude, °", { exact: true }).fill("95");
    await button("Next").click();
    await page().getByText("Degrees from -90 to 90").waitFor();
    await page().getByLabel("Latitude, °", { exact: true }).fill("47.6");
    await page().getByLabel("Longitude, °", { exact: true }).fill("-122.34");
    await page().getByLabel("Name of the place", { exact: true }).fill("Pier 7");
    // The market's own card, before anything is signed.
    const card = page().locator('[data-preview="card"]');
    await card.getByText("Tide at pier 7").waitFor();
    await card.getByText("Pier & Sons · Pier 7").waitFor();
    await page().reload();
    await page().getByText("Your draft is back.").waitFor();
    expect(await page().getByLabel("Title", { exact: true }).inputValue()).toBe("Tide at pier 7");
    seller.check();
  });

  it("says what a message holds and what it costs; the entry is proposed by the formula", async () => {
    const card = page().locator('[data-preview="card"]');
    await button("Next").click();
    await page().getByRole("heading", { name: "What does a message hold?" }).waitFor();
    await page().getByLabel("Field 1", { exact: true }).fill("level");
    await page().getByLabel("Meaning", { exact: true }).fill("Water level");
    await page().getByLabel("Unit", { exact: true }).fill("m");
    await page().getByLabel("Every device of the hub", { exact: true }).uncheck();
    await page().getByLabel("tide-gauge", { exact: true }).check();
    await seller.axe();
    await button("Next").click();
    await page().getByLabel("Price", { exact: true }).fill("0.000001");
    await card.getByText("0.000001 ETH a message").waitFor();
    await page().getByLabel("Entry", { exact: true }).fill("0.0001");
    await button("Next").click();
    await page().getByText("at least 0.000512 ETH").waitFor();
    await page().getByLabel("Entry", { exact: true }).fill("");
    await button("Add a plan").click();
    const second = main().locator('[data-plan="2"]');
    await second.getByLabel("Plan 2", { exact: true }).selectOption("period");
    await second.getByLabel("Price", { exact: true }).fill("0.01");
    await seller.axe();
    seller.check();
  });

  it("chooses relays and licence, and looks at the page once more", async () => {
    await button("Next").click();
    await page().getByRole("heading", { name: "How does it travel?" }).waitFor();
    // Both are ticked from the start; one of them shall carry it.
    const short = stack.relays[1]!.operator.slice(0, 8);
    await page()
      .getByRole("checkbox", { name: new RegExp(short) })
      .uncheck();
    await button("Next").click();
    await page().getByLabel("Restricted", { exact: true }).check();
    await page().getByLabel("Train models", { exact: true }).check();
    for (const flag of LICENCE_FLAGS)
      if (await page().getByLabel(words.licence.flags[flag], { exact: true }).isChecked())
        licence |= licenceBit(flag);
    for (const flag of USE_FLAGS)
      if (await page().getByLabel(words.licence.flags[flag], { exact: true }).isChecked())
        licence |= purposeBit(flag);
    await seller.axe();
    await button("Next").click();
    await page().getByRole("heading", { name: "Look once more, then sign" }).waitFor();
    await page().locator('[data-preview="page"]').getByText("Water level").waitFor();
    await seller.axe();
    seller.check();
  });

  it("shows naughty strings as text, in every field of the wizard, and runs none", async () => {
    page().on("dialog", (dialog) => {
      throw new Error(`a dialog opened: ${dialog.message()}`);
    });
    const strings = naughty().filter((text) => text !== "");
    const kept = await page().evaluate(() =>
      Object.fromEntries(Object.entries(localStorage).filter(([key]) => key.includes("sell.draft"))),
    );
    const steps = main().getByRole("navigation", { name: "Steps" });
    // All of them over all fields, many in one: each field gets its part, and the first of every step the worst.
    const perField = Math.ceil(strings.length / 24);
    let at = 0;
    const part = (): string => {
      const some = Array.from({ length: perField }, (_, i) => strings[(at + i) % strings.length]);
      at += perField;
      return some.join(" ");
    };
    for (const step of ["Describe", "Data", "Price", "Delivery", "Licence"]) {
      await steps.getByRole("button", { name: new RegExp(step) }).click();
      const closed = main().locator("form details:not([open]) > summary");
      while ((await closed.count()) > 0) await closed.first().click();
      const fields = main().locator("form :is(input[type=text], textarea)");
      for (let i = 0; i < (await fields.count()); i++) await fields.nth(i).fill(i === 0 ? MARKUP : part());
    }
    expect(at).toBeGreaterThanOrEqual(strings.length);
    await steps.getByRole("button", { name: /Describe/ }).click();
    await page().getByLabel("Title", { exact: true }).fill(MARKUP);
    await page().getByLabel("Description", { exact: true }).fill(MARKUP);
    const card = page().locator('[data-preview="card"]');
    await card.getByText(MARKUP).first().waitFor();
    await steps.getByRole("button", { name: /Review/ }).click();
    await page().getByText("Not ready to be signed").waitFor();
    await page().locator('[data-preview="page"]').getByText(MARKUP).first().waitFor();
    expect(await page().evaluate(() => (window as unknown as { naughty?: number }).naughty)).toBeUndefined();
    expect(await page().locator("main img").count()).toBe(0);
    expect(await button("Sign and offer it").isDisabled()).toBe(true);
    // Back to what was written before.
    await page().evaluate((entries) => {
      for (const [key, value] of Object.entries(entries)) localStorage.setItem(key, value);
    }, kept);
    await page().reload();
    seller.check();
  });

  it("signs it once, and finds it in the market", async () => {
    await page()
      .getByRole("navigation", { name: "Steps" })
      .getByRole("button", { name: /Review/ })
      .click();
    await button("Sign and offer it").click();
    const row = main().locator("[data-listing]");
    await row.getByText("Tide at pier 7").waitFor();
    listingId = (await row.getAttribute("data-listing"))!;
    const ids = await getListingIds(reader(), { contracts: stack.contracts, hubId: BigInt(hubId) });
    expect(ids.map(String)).toEqual([listingId]);
    const { terms, metadata } = await listed();
    expect(terms.metadataHash).toBe(metadataHash(metadata));
    expect(terms.relays).toEqual([stack.relays[0]!.operator]);
    // Other markets may show it unless the seller says otherwise.
    expect(terms.flags).toBe(licence | ListingFlag.restricted | ListingFlag.sharedWithMarkets);
    expect(terms.flags & licenceBit("train")).not.toBe(0);
    expect(terms.plans.map(({ kind }) => kind)).toEqual([0, 2]);
    expect(terms.plans[0]!.entry).toBe(512n * 10n ** 12n);
    expect(JSON.parse(metadata)).toMatchObject({
      spatial: { name: "Pier 7", latitude: 47.6, longitude: -122.34 },
      feed: { devices: ["tide-gauge"] },
      schema: { properties: { level: { type: "number", unit: "m", title: "Water level" } } },
    });
    await page().getByRole("link", { name: "Market" }).first().click();
    await page().getByRole("link", { name: "Tide at pier 7" }).waitFor({ timeout: 30_000 });
    await seller.axe();
    seller.check();
  });

  const back = async (name: string) => {
    await page().getByRole("link", { name: "Sell" }).first().click();
    await view(name);
  };

  it("revises the price: the page says what changes, and the chain has a second version", async () => {
    await back("Listings");
    await main().getByRole("link", { name: "Revise" }).click();
    await page().getByRole("navigation", { name: "Steps" }).getByRole("button", { name: /Price/ }).click();
    await page().getByLabel("Price", { exact: true }).first().fill("0.000002");
    await page()
      .getByRole("navigation", { name: "Steps" })
      .getByRole("button", { name: /Review/ })
      .click();
    const change = main().locator('[data-change="plans"]');
    await change.locator("del").getByText("0.000001 ETH a message").waitFor();
    await change.locator("ins").getByText("0.000002 ETH a message").waitFor();
    expect(await main().locator("[data-change]").count()).toBe(1);
    await seller.axe();
    await button("Sign the new version").click();
    await main().getByText(`Listing ${listingId}, version 2`).waitFor();
    const { terms, version } = await listed();
    expect(version).toBe(2);
    expect(terms.plans[0]).toMatchObject({ price: 2n * 10n ** 12n, entry: 1_024n * 10n ** 12n });
    seller.check();
  });

  it("pauses and resumes", async () => {
    await button("Pause sales").click();
    await button("Resume sales").waitFor();
    expect((await listed()).state.paused).toBe(true);
    await button("Resume sales").click();
    await button("Pause sales").waitFor();
    expect((await listed()).state.paused).toBe(false);
    seller.check();
  });

  /** A buyer of the stack asks to be let in, as a program would. */
  async function ask(role: string, text: string) {
    const account = privateKeyToAccount(stack.accounts.find((one) => one.role === role)!.privateKey);
    const client = createWalletClient({
      account,
      chain: hardhat,
      transport: http(stack.rpc),
      pollingInterval: 50,
    });
    const { contracts, chainId } = stack;
    const { encryptionKey } = await getHub(reader(), { contracts, hubId: BigInt(hubId) });
    const context = {
      chainId,
      grants: contracts.Grants,
      listingId: BigInt(listingId),
      buyer: account.address,
      encryptionKey,
    };
    const note = await sealNote(context, text);
    await requestGrant(client, { contracts, listingId: BigInt(listingId), version: 2, note });
    return { account, client };
  }

  it("reads the notes of two requests, approves one and declines the other", async () => {
    const first = await ask("buyer2", `For a study of tides. ${MARKUP}`);
    await ask("buyer3", "To sell it on.");
    await view("Requests");
    const cards = main().locator("[data-request]");
    await expect.poll(() => cards.count(), { timeout: 30_000 }).toBe(2);
    await button("Read the notes").click();
    await page().getByText(`For a study of tides. ${MARKUP}`).waitFor();
    await seller.axe();
    await button("Approve", cards.filter({ hasText: "study of tides" })).click();
    await expect.poll(() => cards.count(), { timeout: 30_000 }).toBe(1);
    await button("Decline", cards).click();
    await page().getByLabel("Reason", { exact: true }).fill("No resale, please.");
    await button("Decline", cards).click();
    await page().getByText("Nobody is waiting.").waitFor({ timeout: 30_000 });
    await button("Declined").click();
    await page().getByText("Reason: No resale, please.").waitFor();
    expect(await page().evaluate(() => (window as unknown as { naughty?: number }).naughty)).toBeUndefined();

    const { contracts } = stack;
    const { terms, version } = await listed();
    const buyer = first.account.address;
    const approval = await getApproval(reader(), { contracts, listingId: BigInt(listingId), buyer, version });
    expect(approval?.manager).toBe(privateKeyToAccount(privateKey).address);
    const amount = parseEther("0.01");
    const { grantId } = await buy(first.client, {
      contracts,
      purchase: {
        listingId: BigInt(listingId),
        version,
        plan: 1,
        listing: terms,
        buyer,
        signer: buyer,
        encryptionKey: gateway.x,
        buyerSalt: randomSalt(),
        notBefore: 0,
        notAfter: FOREVER,
        market: zeroAddress,
        amount,
        minCredited: amount,
        funding: 0,
        authorization: "0x",
        attestation: ZERO_HASH,
        approval: approval!,
      },
    });
    expect(grantId).toMatch(/^0x/);
    seller.check();
  });

  it("withdraws what was kept for it in the escrow, to the wei", async () => {
    const { contracts, chainId } = stack;
    const account = privateKeyToAccount(privateKey);
    const client = createWalletClient({
      account,
      chain: hardhat,
      transport: http(stack.rpc),
      pollingInterval: 50,
    });
    // As `weir claim` does for a payee: claimed, and kept in the contract until it is worth a transfer.
    const [purchase] = await getPurchases(reader(), { contracts, listingId: BigInt(listingId) });
    const { terms: offered } = await listed();
    const at = { chainId, subscriptions: contracts.Subscriptions, grants: contracts.Grants };
    const terms = subscriptionTermsOf(offered, purchase!, at);
    const common = { ...terms, relays: offered.relays };
    let vested = 0n;
    // In the second of the purchase nothing has vested yet: the row is skipped.
    await expect
      .poll(async () => {
        const { claimed } = await claimSubscriptions(client, { contracts, common, rows: [terms] });
        vested = claimed[0]?.claimed ?? 0n;
        return vested;
      })
      .toBeGreaterThan(0n);
    const owedTo = () =>
      getOwed(reader(), { contracts, escrow: "Subscriptions", holder: account.address, token: zeroAddress });
    const owed = await owedTo();
    expect(owed).toBeGreaterThan(0n);
    expect(owed).toBeLessThanOrEqual(vested);

    await view("Earnings");
    await page().getByRole("heading", { name: "Waiting for you" }).waitFor();
    await button("Withdraw").waitFor();
    await seller.axe();
    const before = await reader().getBalance({ address: account.address });
    await button("Withdraw").click();
    await page().getByText("Nothing waits in the escrows").waitFor();
    expect(await owedTo()).toBe(0n);
    const [pulled] = await reader().getContractEvents({
      address: contracts.Subscriptions,
      abi: subscriptionsAbi,
      eventName: "OwedPulled",
      fromBlock: 0n,
    });
    expect(pulled!.args).toMatchObject({ holder: account.address, to: account.address, amount: owed });
    const { gasUsed, effectiveGasPrice } = await reader().getTransactionReceipt({
      hash: pulled!.transactionHash,
    });
    const fee = gasUsed * effectiveGasPrice;
    expect(await reader().getBalance({ address: account.address })).toBe(before + owed - fee);
    seller.check();
  });

  it("sees the buyer, and revokes: the subscription is stopped and refunded in the same call", async () => {
    await view("Listings");
    await button("Buyers").click();
    const row = main().locator("[data-grant]");
    await row.waitFor({ timeout: 30_000 });
    await seller.axe();
    const buyer = stack.accounts.find(({ role }) => role === "buyer2")!.address;
    const before = await reader().getBalance({ address: buyer });
    await button("Revoke", row).click();
    await button("Yes, do it", row).click();
    await row.getByText("revoked").waitFor({ timeout: 30_000 });
    expect(await reader().getBalance({ address: buyer })).toBeGreaterThan(before);
    const revoked = await reader().getContractEvents({
      address: stack.contracts.Grants,
      abi: grantsAbi,
      eventName: "GrantRevoked",
      fromBlock: 0n,
    });
    expect(revoked).toHaveLength(1);
    seller.check();
  });

  it("closes the listing for ever", async () => {
    await view("Listings");
    await button("Close for ever").click();
    await page().getByText("It can never be sold again.").waitFor();
    await button("Yes, do it").click();
    await button(/Get the bond back, 0\.01 ETH/).waitFor();
    expect((await listed()).state.closedAt).toBeGreaterThan(0);
    seller.check();
  });

  it("hands the hub over: it is the next owner's once he accepts, and all roles end", async () => {
    const of = { contracts: stack.contracts, hubId: BigInt(hubId) };
    const heir = stack.accounts.find(({ role }) => role === "curator")!;
    await view("Hub");
    await page().getByLabel("Next owner", { exact: true }).fill(heir.address);
    await button("Offer the hub").click();
    await button("Yes, do it").click();
    await button("Take the offer back").waitFor();
    // Offered is not given.
    expect((await getHub(reader(), of)).owner).toBe(privateKeyToAccount(privateKey).address);

    const next = await visit(browser, {
      wallets: [
        { name: "Heir's Wallet", privateKey: heir.privateKey, rpc: stack.rpc, rejects: false, asked: [] },
      ],
    });
    await next.page.goto(`${stack.app}/sell`);
    await next.page.getByRole("main").getByRole("button", { name: "Connect a wallet" }).click();
    await next.page.getByRole("button", { name: /Heir's Wallet/ }).click();
    await next.page.getByRole("dialog").waitFor({ state: "hidden" });
    await next.page.getByRole("heading", { name: "This hub is offered to you" }).waitFor({ timeout: 30_000 });
    await next.axe();
    await next.page.getByRole("button", { name: "Accept the hub" }).click();
    await next.page.getByRole("heading", { name: "This hub is offered to you" }).waitFor({ state: "hidden" });
    await next.page.getByRole("heading", { name: "Hand the hub over" }).waitFor();
    expect(await getHub(reader(), of)).toMatchObject({ owner: heir.address, pendingOwner: zeroAddress });
    expect(await getRoles(reader(), { ...of, account: gateway.account })).toBe(0);
    next.check();
    await next.close();
    // The former owner sees it, too, and can do nothing there any more.
    await page().getByText("You hold no role here").waitFor({ timeout: 30_000 });
    expect(await button("Take the offer back").count()).toBe(0);
    seller.check();
  });

  let other: Visit;
  let device: Locator;
  let client: MqttClient;
  const journeyDevice = { username: "1/journey-1", password: "" };

  it("sets the password of a seeded hub's device at the gateway; an ordinary MQTT client publishes with it", async () => {
    const { privateKey: key } = stack.accounts.find(({ role }) => role === "seller1")!;
    other = await visit(browser, {
      wallets: [{ name: "Test Wallet", privateKey: key, rpc: stack.rpc, rejects: false, asked: [] }],
    });
    await other.page.goto(`${stack.app}/sell?hub=1&view=devices`);
    await other.page.getByRole("main").getByRole("button", { name: "Connect a wallet" }).click();
    await other.page.getByRole("button", { name: /Test Wallet/ }).click();
    await other.page.getByRole("dialog").waitFor({ state: "hidden" });
    await other.page.getByRole("button", { name: "Register another device" }).click();
    await other.page.getByLabel("Name", { exact: true }).fill("journey-1");
    await other.page.getByRole("button", { name: "Register the device" }).click();
    device = other.page.locator('[data-device="journey-1"]');
    await device.getByRole("button", { name: "Kit" }).click();
    await device.getByRole("button", { name: "Set a password" }).click();
    journeyDevice.password = (await device.locator("[data-password]").textContent())!;
    await device.getByText(`-P '${journeyDevice.password}'`).waitFor();
    client = await connectAsync(stack.gateways[0]!.mqtt, { ...journeyDevice, reconnectPeriod: 0 });
    // Resolves with the acknowledgement: the message is on the gateway's disk.
    await client.publishAsync("journey-1/data", JSON.stringify({ value: 21.5 }), { qos: 1 });
    await other.axe();
    other.check();
  });

  it("revokes the device: its session at the gateway ends, and its password opens no other", async () => {
    expect(client.connected).toBe(true);
    const closed = new Promise<void>((resolve) => client.once("close", () => resolve()));
    await button("Revoke", device).click();
    await button("Yes, do it", device).click();
    await closed;
    await expect(
      connectAsync(stack.gateways[0]!.mqtt, { ...journeyDevice, reconnectPeriod: 0 }, false),
    ).rejects.toThrow(/Bad username or password/);
    await device.waitFor({ state: "hidden" });
    const devices = await getDevices(reader(), { contracts: stack.contracts, hubId: 1n });
    expect(devices.find(({ name }) => name === "journey-1")!.revokedAt).toBeGreaterThan(0);
    other.check();
    await other.close();
  });

  it("shows every part in the dark on a phone without a serious finding or sideways scroll", async () => {
    const { privateKey: key } = stack.accounts.find(({ role }) => role === "seller1")!;
    const passing = await visit(browser, {
      dark: true,
      width: 360,
      height: 780,
      wallets: [{ name: "Test Wallet", privateKey: key, rpc: stack.rpc, rejects: false, asked: [] }],
    });
    await passing.page.goto(`${stack.app}/sell?hub=1`);
    await passing.page.getByRole("main").getByRole("button", { name: "Connect a wallet" }).click();
    await passing.page.getByRole("button", { name: /Test Wallet/ }).click();
    await passing.page.getByRole("dialog").waitFor({ state: "hidden" });
    const parts = passing.page.getByRole("navigation", { name: "Parts of the hub" });
    const look = async (name: string) => {
      await passing.page.getByRole("main").getByRole("heading", { name, exact: true }).first().waitFor();
      await passing.axe();
      await passing.fits();
    };
    await look("Estuary Instruments");
    for (const part of ["Devices", "Requests", "Earnings", "Listings"]) {
      await parts.getByRole("link", { name: part }).click();
      await look(part);
    }
    await passing.page.getByRole("main").getByRole("link", { name: "Revise" }).first().click();
    await look("What is it?");
    await passing.page.getByRole("link", { name: "New hub" }).click();
    await look("Create another hub");
    passing.check();
    await passing.close();
  });
});
