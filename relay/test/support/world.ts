/** A real chain with one seller, one message plan and one free plan, and a real relay in front of it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { p256 } from "@noble/curves/nist.js";
import { createHub, registerPublisherKey } from "@weir/sdk/chain";
import { type Address, type Bytes, type Delivery, hex, type Plan, type PublicKey } from "@weir/sdk/core";
import { createNode } from "@weir/sdk/wire/node";
import { startChain, type TestChain } from "../../../test/support/chain.ts";
import {
  freePlan,
  makeListing,
  messagePlan,
  OPERATOR,
  RELAY,
  SELLER,
  type TestListing,
} from "../../../test/support/market.ts";
import type { RelayConfig } from "../../src/config.ts";
import { createLog } from "../../src/log.ts";
import { type Relay, startRelay } from "../../src/relay.ts";

/** Ten messages a segment at most, so an entry of two segments is twenty messages. */
export const MAX_MESSAGES = 10;
export const PRICE = messagePlan.price;
export const ENTRY = 2n * BigInt(MAX_MESSAGES) * PRICE;
export const METERED = 0;
export const FREE = 1;
const paid: Plan = { ...messagePlan, entry: ENTRY };

export type World = {
  chain: TestChain;
  delivery: Delivery;
  hubId: bigint;
  keyId: number;
  publisherPrivateKey: Bytes;
  publisherKey: PublicKey;
  relayOperator: Address;
  /** A new listing of the hub; plan 0 is metered, plan 1 is free. */
  listing(title: string, more?: Parameters<typeof makeListing>[3], bond?: bigint): Promise<TestListing>;
  /** Registers another key of the hub. */
  addKey(): Promise<{ keyId: number; privateKey: Bytes }>;
  config(dataDir: string): RelayConfig;
  /** A data folder that is removed at the end. */
  folder(): string;
  relay(dataDir?: string, more?: Partial<RelayConfig>): Promise<Relay>;
  /** A libp2p node that is stopped at the end, if nobody has by then: of a scripted buyer or gateway. */
  node(): ReturnType<typeof createNode>;
  stop(): Promise<void>;
};

export async function startWorld(): Promise<World> {
  const chain = await startChain();
  const { contracts, accounts } = chain;
  const owner = chain.wallet(SELLER);
  const { hubId } = await createHub(owner, {
    contracts,
    metadata: "{}",
    payout: owner.account.address,
    encryptionKey: hex(new Uint8Array(32).fill(1)),
  });
  const folders: string[] = [];
  const relays: Relay[] = [];
  const nodes: Awaited<ReturnType<typeof createNode>>[] = [];
  const addKey = async () => {
    const privateKey = p256.utils.randomSecretKey() as Bytes;
    const point = p256.getPublicKey(privateKey, false);
    const publicKey = { x: hex(point.subarray(1, 33)), y: hex(point.subarray(33)) };
    const { keyId } = await registerPublisherKey(owner, {
      contracts,
      hubId,
      account: accounts[OPERATOR]!.address,
      publicKey,
    });
    return { keyId, privateKey, publicKey };
  };
  const first = await addKey();
  const world: World = {
    chain,
    hubId,
    keyId: first.keyId,
    publisherPrivateKey: first.privateKey,
    publisherKey: first.publicKey,
    addKey,
    relayOperator: accounts[RELAY]!.address,
    delivery: {
      chainId: chain.chainId,
      hubs: contracts.Hubs,
      grants: contracts.Grants,
      channels: contracts.Channels,
    },
    listing(title, more, bond) {
      const segment = { flushMs: 50, maxMessages: MAX_MESSAGES, maxBytes: 4096 };
      const terms = { plans: [paid, freePlan], segment, ...more };
      return makeListing(chain, hubId, title, terms, undefined, bond);
    },
    folder() {
      const path = mkdtempSync(join(tmpdir(), "weir-relay-"));
      folders.push(path);
      return path;
    },
    config: (dataDir) => ({
      rpcUrl: chain.rpc,
      chainId: chain.chainId,
      dataDir,
      deployment: chain.deployment,
      operator: accounts[RELAY]!.address,
      host: "127.0.0.1",
      ports: { tcp: 0, ws: 0, http: 0 },
      parentWatch: false,
      logLevel: process.env.WEIR_LOG_LEVEL ?? "silent",
      confirmations: {},
    }),
    async relay(dataDir = world.folder(), more = {}) {
      const config = { ...world.config(dataDir), ...more };
      const relay = await startRelay(config, {
        log: createLog(config.logLevel),
        onFatal(error) {
          throw error;
        },
      });
      relays.push(relay);
      return relay;
    },
    async node() {
      const node = await createNode();
      nodes.push(node);
      return node;
    },
    async stop() {
      for (const node of nodes) await node.stop();
      for (const relay of relays) await relay.stop();
      await chain.stop();
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    },
  };
  return world;
}
