// Chromium with a wallet in it: an injected EIP-6963 provider whose key stays in this process. A page that asks a foreign host, logs
// an error, is without a title for a moment or has a serious accessibility finding fails its journey.
import { existsSync } from "node:fs";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { createWalletClient, type Hex, http, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { waitForTransactionReceipt } from "viem/actions";
import { hardhat } from "viem/chains";

const CHROMIUM = [
  process.env.WEIR_CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];
/** No sandbox as root, and nothing that phones home by itself. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What one step may take where many programs share two cores; a case has more (CASE_MS). */
const STEP_MS = 60_000;

type Look = { colorScheme: "light" | "dark"; width?: number; height?: number };
/** A page that is there already is looked at in these ways, too. */
const LOOKS: readonly Look[] = [{ colorScheme: "dark" }, { colorScheme: "light", width: 360, height: 780 }];

/** The browser's program, or undefined where there is none. */
export const chromiumPath = (): string | undefined =>
  CHROMIUM.find((path) => path !== undefined && existsSync(path));

export async function launch(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined)
    throw new Error("no Chromium here: install the package chromium, or set WEIR_CHROMIUM");
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

export type Wallet = {
  name: string;
  privateKey: Hex;
  rpc: string /** Answers "no" to everything while true. */;
  rejects: boolean;
  asked: string[];
  /** The chain it is on when it is not the market's; it changes when the page asks. */
  chainId?: number;
  /** Sends several calls as one (EIP-5792). */
  batches?: boolean;
};

export type Visit = {
  page: Page;
  context: BrowserContext;
  /** Throws what the page did wrong so far, save what a test brought about itself. */
  check(except?: RegExp): void;
  /** Throws on serious or critical findings of axe. */
  axe(): Promise<void>;
  /** Throws where the page, or a dialog on it, can be scrolled sideways. */
  fits(): Promise<void>;
  /** `axe` and `fits` of the page as it stands now: as it is, in the dark, and on a phone. Then it is as it was. */
  looks(): Promise<void>;
  close(): Promise<void>;
};

type Sending = { to: Hex; data?: Hex; value?: Hex; gas?: Hex };
type Request = { method: string; params?: unknown[] };
class Refusal extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

function answer(wallet: Wallet): (request: Request) => Promise<unknown> {
  const account = privateKeyToAccount(wallet.privateKey);
  const client = createWalletClient({ account, chain: hardhat, transport: http(wallet.rpc) });
  let connected = false;
  const bundles = new Map<string, Hex[]>();
  const send = ({ to, data, value, gas }: Sending) =>
    client.sendTransaction({
      to,
      ...(data ? { data } : {}),
      ...(gas ? { gas: BigInt(gas) } : {}),
      value: BigInt(value ?? 0),
    });
  return async ({ method, params = [] }) => {
    const asks =
      /^(eth_requestAccounts|wallet_requestPermissions|personal_sign|eth_signTypedData_v4|eth_sendTransaction|wallet_sendCalls|wallet_switchEthereumChain)$/.test(
        method,
      );
    if (asks) wallet.asked.push(method);
    if (asks && wallet.rejects) throw new Refusal(4001, "User rejected the request.");
    switch (method) {
      case "eth_requestAccounts":
        connected = true;
        return [account.address];
      case "eth_accounts":
        return connected ? [account.address] : [];
      case "wallet_requestPermissions":
        return [{ parentCapability: "eth_accounts" }];
      case "eth_chainId":
        return toHex(wallet.chainId ?? hardhat.id);
      case "wallet_switchEthereumChain":
        wallet.chainId = Number((params[0] as { chainId: Hex }).chainId);
        return null;
      case "wallet_revokePermissions":
        return null;
      case "wallet_getCapabilities":
        if (!wallet.batches) throw new Refusal(-32601, "the method does not exist");
        return { [toHex(hardhat.id)]: { atomic: { status: "supported" } } };
      case "wallet_sendCalls": {
        const hashes: Hex[] = [];
        for (const call of (params[0] as { calls: Sending[] }).calls) {
          const hash = await send(call);
          await waitForTransactionReceipt(client, { hash });
          hashes.push(hash);
        }
        const id = toHex(bundles.size + 1, { size: 32 });
        bundles.set(id, hashes);
        return { id };
      }
      case "wallet_getCallsStatus": {
        const hashes = bundles.get(params[0] as string) ?? [];
        const receipts = await Promise.all(
          hashes.map((hash) =>
            client.request({ method: "eth_getTransactionReceipt", params: [hash] } as never),
          ),
        );
        return {
          version: "2.0.0",
          id: params[0],
          chainId: toHex(hardhat.id),
          status: 200,
          atomic: true,
          receipts,
        };
      }
      case "personal_sign":
        return account.signMessage({ message: { raw: params[0] as Hex } });
      case "eth_signTypedData_v4":
        return account.signTypedData(JSON.parse(params[1] as string));
      case "eth_sendTransaction":
        return send(params[0] as Sending);
      default:
        return client.request({ method, params } as never);
    }
  };
}

/** What runs in the page before its own scripts: the provider, announced as EIP-6963 says. */
function inject({ name, bridge }: { name: string; bridge: string }): void {
  const listeners = new Map<string, Set<(value: unknown) => void>>();
  const provider = {
    async request(request: unknown) {
      const call = (
        globalThis as unknown as Record<
          string,
          (r: unknown) => Promise<{ result?: unknown; error?: { code: number; message: string } }>
        >
      )[bridge]!;
      const { result, error } = await call(request);
      if (error !== undefined) throw Object.assign(new Error(error.message), { code: error.code });
      const { method, params } = request as { method: string; params?: { chainId: string }[] };
      if (method === "wallet_switchEthereumChain")
        for (const act of listeners.get("chainChanged") ?? []) act(params?.[0]?.chainId);
      return result;
    },
    on: (event: string, act: (value: unknown) => void) => {
      listeners.set(event, (listeners.get(event) ?? new Set()).add(act));
      return provider;
    },
    removeListener: (event: string, act: (value: unknown) => void) => {
      listeners.get(event)?.delete(act);
      return provider;
    },
  };
  const icon =
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'><rect width='1' height='1' fill='teal'/></svg>";
  const info = {
    uuid: `00000000-0000-4000-8000-${bridge.padStart(12, "0").slice(-12)}`,
    name,
    icon,
    rdns: `test.wallet.${bridge}`,
  };
  const announce = () =>
    dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider }) }));
  addEventListener("eip6963:requestProvider", announce);
  announce();
}

/** Runs in the page. A document that had a title and has none, however shortly, is announced to nobody who cannot see it. */
function watchTitle(): void {
  addEventListener("DOMContentLoaded", () => {
    let title = document.title;
    new MutationObserver(() => {
      if (document.title === "" && title !== "") console.error(`no title after "${title}"`);
      title = document.title;
    }).observe(document.head, { childList: true });
  });
}

/** Runs in the page: what is wider than the place it has. */
function tooWide(): string[] {
  const over = [...document.querySelectorAll<HTMLElement>("[role=dialog]")].filter(
    ({ scrollWidth, clientWidth }) => scrollWidth > clientWidth,
  );
  const dialogs = over.map((dialog) => `the dialog by ${dialog.scrollWidth - dialog.clientWidth} px`);
  const { scrollWidth } = document.documentElement;
  return scrollWidth > innerWidth ? [`the page by ${scrollWidth - innerWidth} px`, ...dialogs] : dialogs;
}

/** Runs in the page: resolves when what was changed is on the screen. */
async function painted(): Promise<void> {
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}

/** A fresh profile with these wallets in it. */
export async function visit(
  browser: Browser,
  options: { wallets?: Wallet[]; dark?: boolean; width?: number; height?: number } = {},
): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1280, height: options.height ?? 900 },
    colorScheme: options.dark ? "dark" : "light",
  });
  context.setDefaultTimeout(STEP_MS);
  const wrong: string[] = [];
  for (const [i, wallet] of (options.wallets ?? []).entries()) {
    const bridge = `weirwallet${i}`;
    const act = answer(wallet);
    await context.exposeFunction(bridge, async (request: Request) => {
      try {
        return { result: await act(request) };
      } catch (error) {
        const { code = -32000, message } = error as Refusal;
        return { error: { code, message } };
      }
    });
    await context.addInitScript(inject, { name: wallet.name, bridge });
  }
  context.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    const local = hostname === "127.0.0.1" || hostname === "localhost" || hostname === "[::1]";
    if (/^(https?|wss?):$/.test(protocol) && !local) wrong.push(`asked a foreign host: ${request.url()}`);
  });
  await context.addInitScript(watchTitle);
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error") wrong.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("dialog", (dialog) => {
    wrong.push(`opened an alert: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("pageerror", (error) => wrong.push(`uncaught: ${error.message}`));
  const seen: Visit = {
    page,
    context,
    check(except) {
      const left = except ? wrong.filter((line) => !except.test(line)) : wrong;
      if (left.length > 0) throw new Error(`the page did wrong:\n${left.join("\n")}`);
    },
    async axe() {
      // Our pages have no frames, so one pass in the page itself is the whole analysis: a third of the time.
      if (page.frames().length > 1) throw new Error(`axe at ${page.url()}: a frame would not be looked at`);
      const axe = new AxeBuilder({ page: page as never }).setLegacyMode();
      const { violations } = await axe.options({ resultTypes: ["violations"], preload: false }).analyze();
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      if (serious.length === 0) return;
      const text = serious.map(
        ({ id, help, nodes }) =>
          `${id}: ${help}\n  ${nodes
            .map((n) => n.html)
            .slice(0, 3)
            .join("\n  ")}`,
      );
      throw new Error(`axe at ${page.url()}:\n${text.join("\n")}`);
    },
    async fits() {
      const wide = await page.evaluate(tooWide);
      if (wide.length > 0) throw new Error(`${page.url()} scrolls sideways: ${wide.join(", ")}`);
    },
    async looks() {
      const size = page.viewportSize()!;
      const colorScheme = options.dark ? "dark" : "light";
      const usual: Look = { colorScheme };
      for (const look of [usual, ...LOOKS]) {
        const { width, height } = { ...size, ...look };
        // Nothing fades meanwhile: a colour half-way is nobody's choice.
        await page.emulateMedia({ colorScheme: look.colorScheme, reducedMotion: "reduce" });
        await page.setViewportSize({ width, height });
        await page.evaluate(painted);
        try {
          await seen.axe();
          await seen.fits();
        } catch (error) {
          throw new Error(`${look.colorScheme}, ${width} px wide: ${(error as Error).message}`, {
            cause: error,
          });
        }
      }
      await page.emulateMedia({ colorScheme, reducedMotion: null });
      await page.setViewportSize(size);
    },
    close: () => context.close(),
  };
  return seen;
}
