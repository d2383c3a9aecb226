/** The wallet's state where the browser keeps nothing for us, and where it does: under the names that survive a restarted chain. */
import { CONTRACT_NAMES, type Contracts } from "@weir/sdk/chain";
import { afterEach, expect, it, vi } from "vitest";
import { parseConfig } from "../src/lib/config.ts";
import { wagmiFor } from "../src/lib/wagmi.ts";

const contracts = Object.fromEntries(
  CONTRACT_NAMES.map((name) => [name, `0x${"11".repeat(20)}`]),
) as Contracts;
/** A new object each time: the wallet's state is made once per configuration. */
const config = () =>
  parseConfig({ chainId: 31337, rpc: "http://127.0.0.1:9", contracts, indexers: ["http://127.0.0.1:9"] });

/** A page's window with this storage. */
function openPage(localStorage: () => Pick<Storage, "getItem" | "setItem" | "removeItem">): void {
  const page = new EventTarget();
  Object.defineProperty(page, "localStorage", { get: localStorage });
  vi.stubGlobal("window", page);
}
afterEach(() => vi.unstubAllGlobals());

it("is there where site data is blocked, and then remembers nothing", async () => {
  openPage(() => {
    throw new DOMException("The operation is insecure.", "SecurityError");
  });
  const { storage } = wagmiFor(config());
  await storage?.setItem("recentConnectorId", "a-wallet");
  expect(await storage?.getItem("recentConnectorId")).toBeNull();
  await storage?.removeItem("recentConnectorId");
});

it("is remembered under weir.wallet elsewhere", async () => {
  const kept = new Map<string, string>();
  openPage(() => ({
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  }));
  const { storage } = wagmiFor(config());
  await storage?.setItem("recentConnectorId", "a-wallet");
  expect([...kept.keys()]).toContain("weir.wallet.recentConnectorId");
  expect(await storage?.getItem("recentConnectorId")).toBe("a-wallet");
  await storage?.removeItem("recentConnectorId");
  expect([...kept.keys()]).not.toContain("weir.wallet.recentConnectorId");
});
