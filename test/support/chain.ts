/**
 * A real chain for a test: Hardhat's node on a free loopback port, with our contracts deployed by the same function that
 * `npm run deploy` runs. Every call is a chain of its own.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import hre from "hardhat";
import {
  type Account,
  createPublicClient,
  createTestClient,
  createWalletClient,
  type HDAccount,
  type Hex,
  http,
  type PublicClient,
  type TestClient,
  type Transport,
  toHex,
  type WalletClient,
} from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";
import { deploy } from "../../scripts/deploy.ts";
import { alignClock } from "../../scripts/stack/clock.ts";
import { type Contracts, type Deployment, parseDeployment } from "../../sdk/src/chain/index.ts";
import { freePort } from "./ports.ts";

/** Public: the accounts of every development chain. */
const MNEMONIC = "test test test test test test test test test test test junk";
const ACCOUNT_COUNT = 20;
/** viem's default of 4 s would make every receipt a wait. */
const POLLING_MS = 50;

export type TestWallet = WalletClient<Transport, typeof hardhat, Account>;

export type TestChain = {
  rpc: string;
  port: number;
  chainId: number;
  contracts: Contracts;
  deployment: Deployment;
  /** Path of the deployment file. */
  deploymentPath: string;
  /** A folder of this chain, removed by `stop`. */
  folder: string;
  /** Twenty accounts with 10,000 ether each. The first deployed the contracts. */
  accounts: HDAccount[];
  client: PublicClient;
  /** Moves time and mines. */
  test: TestClient<"hardhat">;
  /** Mines blocks one by one. Of many at once Hardhat leaves out all but the last ones' `parentHash`, and no chain is like that. */
  mine: (blocks: number) => Promise<void>;
  /**
   * Takes blocks back to a snapshot. Hardhat's clock then runs ahead by as long as the snapshot is old, and no chain's
   * does: it is set right. What is mined next differs from what was taken back: two empty blocks of one second are
   * otherwise the same block.
   */
  revert: (id: Hex) => Promise<void>;
  /** A client that reads and writes as account number `index`. */
  wallet: (index: number) => TestWallet;
  /** Ends the chain and starts an empty one on the same port, with the contracts deployed again unless told otherwise. */
  restart: (options?: { deploy?: boolean }) => Promise<void>;
  /** Takes the node away; `restart` brings an empty one. */
  halt: () => Promise<void>;
  /** Deploys again after a restart without. */
  deploy: () => Promise<void>;
  stop: () => Promise<void>;
};

/** One of the twenty, which are the same on every chain. */
export const testAccount = (addressIndex: number): HDAccount => mnemonicToAccount(MNEMONIC, { addressIndex });

/**
 * `parameters` are those of scripts/ignition/parameters.ts, as JSON; default: a local chain's.
 *
 * @example
 * const chain = await startChain();
 * await createHub(chain.wallet(1), { contracts: chain.contracts, ... });
 * await chain.stop();
 */
export async function startChain(options: { port?: number; parameters?: unknown } = {}): Promise<TestChain> {
  const folder = await mkdtemp(join(tmpdir(), "weir-chain-"));
  const port = options.port ?? (await freePort());
  let node = await startNode(port);
  const rpc = `http://127.0.0.1:${port}`;
  const transport = http(rpc);
  const accounts = Array.from({ length: ACCOUNT_COUNT }, (_, index) => testAccount(index));
  const parameters = { chain: hardhat, transport, pollingInterval: POLLING_MS, cacheTime: 0 } as const;

  const deployContracts = async () => {
    const written = await deploy({
      network: "localhost",
      rpcUrl: rpc,
      dataDir: folder,
      deploymentsDir: join(folder, "deployments"),
      parameters: options.parameters,
      log: () => undefined,
    });
    chain.deployment = parseDeployment(written);
    chain.contracts = chain.deployment.contracts;
  };

  const chain: TestChain = {
    contracts: {} as Contracts,
    deployment: {} as Deployment,
    rpc,
    port,
    chainId: hardhat.id,
    deploymentPath: join(folder, "deployments", `${hardhat.id}.json`),
    folder,
    accounts,
    client: createPublicClient(parameters) as PublicClient,
    test: createTestClient({ ...parameters, mode: "hardhat" }) as unknown as TestClient<"hardhat">,
    async mine(blocks) {
      for (let block = 0; block < blocks; block += 1) await chain.test.mine({ blocks: 1 });
    },
    async revert(id) {
      await chain.test.revert({ id });
      const { timestamp } = await chain.client.getBlock();
      const now = BigInt(Math.floor(Date.now() / 1000));
      await chain.test.setNextBlockTimestamp({ timestamp: now > timestamp ? now : timestamp });
      const prevRandao = toHex(randomBytes(32));
      await chain.test.request({ method: "hardhat_setPrevRandao" as never, params: [prevRandao] as never });
    },
    wallet: (index) => createWalletClient({ ...parameters, account: accounts[index]! }),
    async restart({ deploy = true } = {}) {
      await node.close();
      node = await startNode(port);
      if (deploy) await deployContracts();
    },
    halt: () => node.close(),
    deploy: deployContracts,
    async stop() {
      await node.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await deployContracts();
  return chain;
}

async function startNode(port: number): Promise<{ close: () => Promise<void> }> {
  const server = await hre.network.createServer("default", "127.0.0.1", port);
  const address = await server.listen();
  await alignClock(`http://127.0.0.1:${address.port}`);
  let closed: Promise<void> | undefined;
  return {
    close() {
      closed ??= server.close();
      return closed;
    },
  };
}
