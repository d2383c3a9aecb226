// A relay operator, an auditor and an account's history, in Chromium, against everything that `npm start` runs.
//   operate    a relay at work: five checks hold, the share is fetched to the wei; a newcomer: registered under a slow chain
//              with a reload in the middle, shown to sellers, chosen by one, wrong entries named, changed, left, the stake back after the delay
//   verify     without a wallet: a bought file holds; an edited one says line, field and rule; none of it leaves the page; a fault of
//              the page itself, and a script that does not arrive, are told, and the way on leads on
//   activity   what was sent and what the chain says, after all of that
// Any request to a foreign host, console error or serious axe finding fails it. Long because one market serves all of them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { createPublicClient, createTestClient, type Hex, http, parseEther, zeroAddress } from "viem";
import { hardhat } from "viem/chains";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { getListing, getOwed, getRelay } from "../../sdk/src/chain/index.ts";
import { launch, type Visit, visit, type Wallet } from "../support/browser.ts";
import { CASE_MS, connect, listingWith, until } from "../support/buyer.ts";
import { type RunningStack, startStack } from "../support/stack.ts";

const MESSAGES = 20;

describe("operators and auditors", { timeout: CASE_MS }, () => {
  let stack: RunningStack;
  let browser: Browser;
  let exported: string;

  const reader = () => createPublicClient({ chain: hardhat, transport: http(stack.rpc), cacheTime: 0 });
  const chain = () => createTestClient({ chain: hardhat, mode: "hardhat", transport: http(stack.rpc) });
  const accountOf = (role: string) => stack.accounts.find((account) => account.role === role)!;
  const walletOf = (role: string): Wallet => ({
    name: "Test Wallet",
    privateKey: accountOf(role).privateKey,
    rpc: stack.rpc,
    rejects: false,
    asked: [],
  });
  const verdict = (page: Page, point: string) =>
    page.locator(`[data-check="${point}"]`).getAttribute("data-verdict");

  /** Buys, reads and stops as a program, which leaves an export and a settled channel. */
  async function trade(): Promise<string> {
    const file = join(stack.folder, "export.jsonl");
    const buyer = spawn(process.execPath, ["sdk/examples/buy.ts", "1", String(MESSAGES), "0.001", file], {
      env: { ...process.env, WEIR_DATA_DIR: stack.folder },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    buyer.stderr.on("data", (chunk: Buffer) => {
      said += chunk;
    });
    const [code] = await once(buyer, "exit");
    expect(code, said).toBe(0);
    return file;
  }

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(), launch()]);
    await writeFile(join(stack.folder, "stack.json"), JSON.stringify(stack));
    exported = await trade();
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  describe("operate", () => {
    let newcomer: Visit;
    const role = "curator";
    const operator = () => accountOf(role).address;
    /** The account's transactions in blocks; contracts are read with what is pending on a local chain. */
    const mined = () => reader().getTransactionCount({ address: operator(), blockTag: "latest" });
    const entry = () => getRelay(reader(), { contracts: stack.contracts, operator: operator() });

    it("a relay at work: everything holds, and its share is fetched to the wei", async () => {
      // The one that the buyer read from: its vouchers name it.
      const owedTo = (holder: Hex) =>
        getOwed(reader(), { contracts: stack.contracts, holder, token: zeroAddress });
      const roles = ["relay1", "relay2"];
      const amounts = () => Promise.all(roles.map((name) => owedTo(accountOf(name).address)));
      await until(async () => (await amounts()).some((amount) => amount > 0n));
      const paid = (await amounts()).findIndex((amount) => amount > 0n);
      const { address } = accountOf(roles[paid]!);
      const owed = (await amounts())[paid]!;

      const working = await visit(browser, { wallets: [walletOf(roles[paid]!)] });
      const { page } = working;
      await page.goto(`${stack.app}/operate`);
      await page.getByText("Connect the operator's wallet").waitFor();
      await working.axe();
      await connect(page, "Test Wallet");
      for (const point of ["registered", "reachable", "serving", "chosen", "earning"])
        await until(async () => (await verdict(page, point)) === "yes");
      await page
        .getByText(/answered in \d+ ms/)
        .first()
        .waitFor();
      await working.looks();
      const before = await reader().getBalance({ address });
      await page
        .locator(`[data-owed="${owed}"]`)
        .getByRole("button", { name: /^Fetch/ })
        .click();
      await page.getByText("Nothing is waiting.").waitFor();
      expect(await owedTo(address)).toBe(0n);
      const [pulled] = await reader().getContractEvents({
        address: stack.contracts.Channels,
        abi: [
          {
            type: "event",
            name: "OwedPulled",
            inputs: [
              { name: "holder", type: "address", indexed: true },
              { name: "token", type: "address", indexed: true },
              { name: "to", type: "address" },
              { name: "amount", type: "uint256" },
            ],
          },
        ],
        eventName: "OwedPulled",
        fromBlock: 0n,
      });
      const { gasUsed, effectiveGasPrice } = await reader().getTransactionReceipt({
        hash: pulled!.transactionHash,
      });
      expect(pulled!.args).toMatchObject({ holder: address, amount: owed });
      expect(await reader().getBalance({ address })).toBe(before + owed - gasUsed * effectiveGasPrice);
      working.check();
      await working.close();
    });

    it("a newcomer's wrong entry is named by field and rule, and nothing is asked of the wallet", async () => {
      const wallet = walletOf(role);
      newcomer = await visit(browser, { wallets: [wallet] });
      const { page } = newcomer;
      await page.goto(`${stack.app}/operate`);
      await connect(page, "Test Wallet");
      await page.getByRole("textbox", { name: "Endpoints" }).fill("https://relay.example");
      await page.getByRole("textbox", { name: "Share asked for" }).fill("31");
      await page.getByRole("textbox", { name: "Region" }).fill("€€€");
      await page.getByRole("textbox", { name: "Stake" }).fill("0.001");
      await page.getByRole("button", { name: "Register", exact: true }).click();
      await page.getByText(/Endpoints: "https:\/\/relay.example" is no multiaddr/).waitFor();
      for (const text of [
        "Share: a number from 0 to 30",
        "Region: at most 8 bytes.",
        "Stake: at least 0.01.",
      ])
        await page.getByText(text).first().waitFor();
      expect(wallet.asked).not.toContain("eth_sendTransaction");
      await newcomer.axe();
    });

    it("registers while the chain is slow; a reload in the middle loses nothing", async () => {
      const { page } = newcomer;
      const { multiaddrs, http: web } = stack.relays[1]!;
      const { hostname, port } = new URL(web);
      await page
        .getByLabel("Endpoints")
        .fill([...multiaddrs, `/ip4/${hostname}/tcp/${port}/http`].join("\n"));
      await page.getByRole("textbox", { name: "Share asked for" }).fill("2.5");
      await page.getByRole("textbox", { name: "Region" }).fill("eu-west");
      await page.getByRole("textbox", { name: "Stake" }).fill("0.5");
      await chain().setAutomine(false);
      try {
        await page.getByRole("button", { name: "Register", exact: true }).click();
        const open = page.getByRole("button", { name: "Transactions: 1 on their way" });
        const drawer = page.getByRole("dialog", { name: "Transactions" });
        const pending = drawer.locator('[data-state="pending"]').getByText("Register a relay");
        await open.click();
        await pending.waitFor();
        await page.reload();
        await open.click();
        await pending.waitFor();
        await newcomer.looks();
        expect(await mined()).toBe(0);
        await chain().setAutomine(true);
        await chain().mine({ blocks: 1 });
        await drawer.locator('[data-state="mined"]').getByText("Register a relay").waitFor();
        await page.keyboard.press("Escape");
      } finally {
        await chain().setAutomine(true);
      }
      expect(await entry()).toMatchObject({ stake: parseEther("0.5"), feeBps: 250, region: "eu-west" });
      for (const [point, expected] of [
        ["registered", "yes"],
        ["reachable", "yes"],
        ["serving", "yes"],
        ["chosen", "no"],
        ["earning", "no"],
      ] as const)
        await until(async () => (await verdict(page, point)) === expected);
      // What sellers choose from.
      await page.locator(`[data-operator="${operator()}"]`).getByText("2.5 %").waitFor();
      await newcomer.axe();
      newcomer.check();
    });

    it("is chosen by a listing: a seller ticks it, and the checklist says so", async () => {
      const listing = await listingWith(stack, ({ title }) => title === "Earthquakes of one week");
      const of = { contracts: stack.contracts, listingId: BigInt(listing.id) };
      const { terms: before } = await getListing(reader(), of);
      const selling = await visit(browser, { wallets: [walletOf("seller1")] });
      const { page } = selling;
      const main = page.getByRole("main");
      await page.goto(`${stack.app}/sell?hub=${listing.hubId}&view=listings&edit=${listing.id}`);
      await main.getByRole("button", { name: "Connect a wallet" }).click();
      await page.getByRole("button", { name: /Test Wallet/ }).click();
      const step = (name: RegExp) =>
        main.getByRole("navigation", { name: "Steps" }).getByRole("button", { name }).click();
      await step(/Delivery/);
      await main.getByRole("checkbox", { name: new RegExp(operator().slice(0, 8)) }).check();
      await step(/Review/);
      await main.locator('[data-change="relays"] ins').getByText(operator()).waitFor();
      await selling.axe();
      await main.getByRole("button", { name: "Sign the new version" }).click();
      await main.getByText(`Listing ${listing.id}, version 2`).waitFor();
      const { terms } = await getListing(reader(), of);
      expect(terms.relays).toEqual([...before.relays, operator()]);
      expect(terms).toMatchObject({ flags: before.flags, relayBps: before.relayBps });
      selling.check();
      await selling.close();

      await until(async () => (await verdict(newcomer.page, "chosen")) === "yes");
      await newcomer.page.getByText("1 listing names your relay.").waitFor();
      newcomer.check();
    });

    it("changes the entry: an endpoint that nobody answers at is told from those that do", async () => {
      const { page } = newcomer;
      const [own] = (await entry()).endpoints.filter((line) => line.includes("/ws"));
      const dead = own!.replace(/\/tcp\/\d+/, "/tcp/1");
      await page.getByText("Change the entry").click();
      await page.getByRole("textbox", { name: "Endpoints" }).fill([own, dead].join("\n"));
      await page.getByRole("button", { name: "Save the entry" }).click();
      await page.getByText("Saved.").waitFor();
      expect((await entry()).endpoints).toEqual([own, dead]);
      await until(async () => (await verdict(page, "reachable")) === "no");
      await page.getByText("1 of 2 endpoints answered").waitFor();
    });

    it("leaves the list; the stake is free when the delay is over, and comes back whole", async () => {
      // A browser may write refused connections into its console, and the test before was about one: a fresh profile.
      await newcomer.close();
      newcomer = await visit(browser, { wallets: [walletOf(role)] });
      const { page } = newcomer;
      await page.goto(`${stack.app}/operate`);
      await connect(page, "Test Wallet");
      await page.getByRole("button", { name: "Leave the list" }).click();
      await page.getByText("Your stake can be fetched after 7 d").waitFor();
      await page.getByRole("button", { name: "Yes, leave the list" }).click();
      await page
        .getByRole("timer")
        .getByText(/^Free in/)
        .waitFor();
      const withdraw = page.getByRole("button", { name: "Fetch the stake" });
      expect(await withdraw.isDisabled()).toBe(true);
      await until(async () => (await page.locator(`[data-operator="${operator()}"]`).count()) === 0);
      await newcomer.axe();
      const { withdrawableAt } = await entry();
      await chain().setNextBlockTimestamp({ timestamp: BigInt(withdrawableAt) });
      await chain().mine({ blocks: 1 });
      await until(async () => withdraw.isEnabled());
      await withdraw.click();
      await page.getByRole("button", { name: "Register", exact: true }).waitFor();
      expect((await entry()).stake).toBe(0n);
    });

    it("finds all of it under Activity, newest first", async () => {
      const { page } = newcomer;
      await page.getByRole("link", { name: "Activity" }).click();
      const history = page.getByRole("list", { name: "On the chain" });
      await history.getByText("A stake went back").waitFor();
      const rows = await history.getByRole("listitem").locator("p:first-child").allTextContents();
      expect(rows.filter((row) => /relay|stake/.test(row))).toEqual([
        "A stake went back",
        "A relay left the list",
        "A relay's entry was changed",
        "A relay was registered",
      ]);
      const sent = page.getByRole("list", { name: "Sent from this browser" });
      await sent.locator('[data-state="mined"]').getByText("Fetch a stake").waitFor();
      await newcomer.axe();
      newcomer.check();
      await newcomer.close();
    });
  });

  describe("verify", () => {
    let auditor: Visit;
    const bodies: string[] = [];
    const choose = (name: string, text: string) =>
      auditor.page
        .getByLabel("Drop an exported file here")
        .setInputFiles({ name, mimeType: "application/x-ndjson", buffer: Buffer.from(text) });
    const shown = (what: string) => auditor.page.locator(`[data-verify="${what}"]`).textContent();

    beforeAll(async () => {
      auditor = await visit(browser);
      auditor.page.on("request", (request) => bodies.push(`${request.url()} ${request.postData() ?? ""}`));
      await auditor.page.goto(`${stack.app}/verify`);
    });
    afterAll(() => auditor?.close());

    it("a bought file holds: counts, price and bill as they were traded, without a wallet", async () => {
      const text = await readFile(exported, "utf8");
      await choose("export.jsonl", text);
      await auditor.page.getByRole("heading", { name: "The file holds" }).waitFor();
      const lines = text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      const end = lines.at(-1);
      expect(Number(await shown("messages"))).toBe(lines.filter(({ type }) => type === "message").length);
      expect(Number(await shown("segments"))).toBe(end.segments);
      expect(await auditor.page.locator('[data-verify="due"]').getAttribute("data-value")).toBe(end.due);
      await auditor.page.getByText(/Claimed on the chain: ([\d.]+ ETH)\. Shown here: \1\./).waitFor();
      await auditor.axe();
    });

    it("an edited one says which line, which field and which rule", async () => {
      const lines = (await readFile(exported, "utf8")).trim().split("\n");
      const edits = [
        { find: "message", edit: (row: Record<string, unknown>) => ({ ...row, payload: '{"cpu":0}' }) },
        {
          find: "segment",
          edit: (row: Record<string, unknown>) => ({ ...row, signature: `0x${"11".repeat(64)}` }),
        },
        { find: "end", edit: (row: Record<string, unknown>) => ({ ...row, due: "1" }) },
      ];
      for (const { find, edit } of edits) {
        const at = lines.findIndex((line) => JSON.parse(line).type === find);
        const edited = lines.with(at, JSON.stringify(edit(JSON.parse(lines[at]!))));
        await choose(`edited-${find}.jsonl`, edited.join("\n"));
        await auditor.page.getByText(`edited-${find}.jsonl`, { exact: true }).waitFor();
        await auditor.page.getByRole("heading", { name: "The file does not hold" }).waitFor();
        const line = Number(await shown("line"));
        // What a body hides is found where the segment of the message is checked, never behind the edit.
        expect(line, find).toBeGreaterThan(0);
        expect(line, find).toBeLessThanOrEqual(at + 1);
        expect((await shown("field"))?.length, find).toBeGreaterThan(0);
        expect((await shown("rule"))?.length, find).toBeGreaterThan(0);
      }
      await auditor.axe();
    });

    it.each([
      ["nothing", ""],
      ["no export", "a;b;c\n1;2;3\n"],
      ["markup", '<img src=x onerror="alert(1)">\n'],
      ["a prototype", '{"__proto__":{"type":"purchase"},"type":"purchase"}\n'],
    ])("a file with %s in it is refused at its first line", async (name, text) => {
      await choose(`${name}.jsonl`, text);
      await auditor.page.getByText(`${name}.jsonl`, { exact: true }).waitFor();
      await until(async () => (await shown("line")) === "1");
    });

    it("what nobody foresaw in a page's own code: a sentence and a way on, and the page is whole again", async () => {
      const broken = await visit(browser);
      const { page } = broken;
      const input = page.getByLabel("Drop an exported file here");
      await page.goto(`${stack.app}/verify`);
      await input.waitFor({ state: "attached" });
      await page.evaluate(() => {
        const inRadix = BigInt.prototype.toString;
        BigInt.prototype.toString = function (this: bigint, radix?: number) {
          if (radix === undefined) throw new RangeError("a browser without numbers");
          return inRadix.call(this, radix);
        };
      });
      await input.setInputFiles(exported);
      await page.getByRole("heading", { name: "This page has stopped" }).waitFor();
      await page.getByText("Details").click();
      await page.getByText("a browser without numbers").waitFor();
      await broken.looks();
      await page.getByRole("button", { name: "Try again" }).click();
      await input.waitFor({ state: "attached" });
      await input.setInputFiles(exported);
      await page.getByRole("heading", { name: "The file holds" }).waitFor();
      broken.check(/a browser without numbers/);
      await broken.close();
    });

    it("a script that does not arrive: the page that stands still says so, and is there when it is tried again", async () => {
      const cut = await visit(browser);
      const { page } = cut;
      let isAway = true;
      await page.route("**/_next/static/chunks/*.js", (route) => (isAway ? route.abort() : route.continue()));
      await page.goto(`${stack.app}/verify`);
      const said = page.getByRole("alert").filter({ hasText: "did not arrive" });
      await said.waitFor();
      await cut.looks();
      isAway = false;
      await said.getByRole("button", { name: "Try again" }).click();
      await page.getByLabel("Drop an exported file here").waitFor({ state: "attached" });
      expect(await said.isVisible()).toBe(false);
      cut.check(/net::ERR_FAILED/);
      await cut.close();
    });

    it("nothing of the file left the page", async () => {
      const row = JSON.parse((await readFile(exported, "utf8")).split("\n")[2]!);
      expect(row.type).toBe("message");
      expect(bodies.filter((text) => text.includes(JSON.stringify(row.payload).slice(1, -1)))).toEqual([]);
      const foreign = bodies.filter((text) => !text.startsWith(stack.app!) && !text.startsWith(stack.rpc));
      expect(foreign.filter((text) => !text.startsWith(stack.indexer!))).toEqual([]);
      auditor.check();
    });
  });

  it("every page in the dark and on a phone: no serious finding, nothing scrolls sideways", async () => {
    for (const look of [{ dark: true }, { width: 360, height: 780 }]) {
      const passing = await visit(browser, look);
      for (const path of ["/operate", "/verify", "/activity"]) {
        await passing.page.goto(`${stack.app}${path}`);
        await passing.page.getByRole("heading", { level: 1 }).first().waitFor();
        await passing.axe();
        await passing.fits();
      }
      passing.check();
      await passing.close();
    }
  });
});
