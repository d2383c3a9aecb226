// A buyer as a program of its own, to be killed at any moment. It opens a purchase, says what it does, a JSON line each, and stops the
// purchase when its standard input says so. Argument: JSON of ReaderOptions. Amounts are strings.
import { createInterface } from "node:readline";
import { createWalletClient, type Hex, http } from "viem";
import { hardhat } from "viem/chains";
import { accountOf, type Role } from "../../scripts/stack/accounts.ts";
import type { Contracts } from "../../sdk/src/chain/index.ts";
import { openPurchase, type RelayAddress } from "../../sdk/src/client/index.ts";
import { createNode, fileStore, nativeCrypto } from "../../sdk/src/client/node.ts";

export type ReaderOptions = {
  rpc: string;
  contracts: Contracts;
  relays: readonly RelayAddress[];
  role: Role;
  /** Where its ledger is kept over its lives. */
  store: string;
  grantId: Hex;
};

export type ReaderLine =
  | { event: "state"; status: string; reason?: string }
  | { event: "voucher"; cumulative: string; relay: string }
  | { event: "segment"; generation: number; seq: string; segmentId: Hex; numbers: number[] }
  | { event: "meter"; messages: number; due: string; signed: string }
  | { event: "stopped"; by: string; capture?: string; due?: string };

const options = JSON.parse(process.argv[2]!) as ReaderOptions;
// A pipe takes a line before `write` returns: what was said before a kill is heard.
const say = (line: object): void => {
  const text = JSON.stringify(line, (_, value) => (typeof value === "bigint" ? String(value) : value));
  process.stdout.write(`${text}\n`);
};

const market = {
  wallet: createWalletClient({
    account: accountOf(options.role).account,
    chain: hardhat,
    transport: http(options.rpc),
    pollingInterval: 50,
  }),
  contracts: options.contracts,
  relays: options.relays,
  node: await createNode(),
  crypto: nativeCrypto,
  store: fileStore(options.store),
  site: "tests",
};
const { feed } = await openPurchase(market, { grantId: options.grantId });
feed.on("state", ({ status, reason }) =>
  say({ event: "state", status, reason: reason && `${reason.name}: ${reason.message}` }),
);
feed.on("voucher", ({ cumulative, relay }) => say({ event: "voucher", cumulative, relay }));
feed.on("tick", ({ total, relay }) => say({ event: "voucher", cumulative: total, relay }));
feed.on("messages", ({ segmentId, segment: { header }, messages }) => {
  const numbers = messages.map(({ json }) => (json as { n: number }).n);
  say({ event: "segment", generation: header.generation, seq: header.seq, segmentId, numbers });
});
feed.on("meter", ({ messages, due, signed }) => say({ event: "meter", messages, due, signed }));

const orders = createInterface({ input: process.stdin });
orders.once("line", async () => {
  say({ event: "stopped", ...(await feed.stop()) });
  process.exit(0);
});
orders.once("close", () => process.exit(1)); // the test is gone
