// The whole local market: chain, contracts, tokens, seed, two relays, gateway, devices, indexer, app. Used by start, demo and tests.
// Long because it is one story told in order: what starts after what.
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Address, type Hex, zeroAddress } from "viem";
import { type Contracts, parseDeployment } from "../../sdk/src/chain/index.ts";
import { deploy } from "../deploy.ts";
import { serve } from "../serve.ts";
import { ACCOUNTS, accountOf } from "./accounts.ts";
import { APP_OUT } from "./build.ts";
import { alignClock } from "./clock.ts";
import type { SeedListing } from "./listings.ts";
import { freePort, type PortName } from "./ports.ts";
import { type Program, startProgram } from "./program.ts";
import { listRelay } from "./relays.ts";
import { devicePassword, LOCAL_PASSPHRASE, type SeededHub, type SeededListing, seed } from "./seed.ts";
import { seedTokens, type Token } from "./tokens.ts";

export const CHAIN_ID = 31337;
const GATEWAY_ID = "gateway-1";
/** Two, so that a buyer can move from one to the other. */
const RELAY_PROGRAMS = [
  { name: "relay", role: "relay1", prefix: "relay" },
  { name: "relay2", role: "relay2", prefix: "relay2" },
] as const;

/** What `npm start` writes to .weir/stack.json. */
export type StackFile = {
  chainId: number;
  rpc: string;
  contracts: Contracts;
  /** The deployment's first block: no event of its contracts is older. */
  fromBlock: number;
  relays: { operator: Address; peerId: string; multiaddrs: string[]; http: string }[];
  gateways: { id: string; mqtt: string; http: string }[];
  /** The chain's coin under the zero address, and the test token. */
  tokens: Token[];
  indexer: string | null;
  app: string | null;
  accounts: { role: string; address: Address; privateKey: Hex }[];
  buildMs: number;
  readyMs: number;
};

export type Stack = {
  file: Omit<StackFile, "buildMs" | "readyMs">;
  hubs: SeededHub[];
  listings: SeededListing[];
  /** The test token. */
  token: Address;
  /** "port 3000 is busy: the app is on 3001 instead", a line each. */
  moved: string[];
  programs: ReadonlyMap<string, Program<unknown>>;
  /** Resolves with a sentence when a program ends by itself. */
  broken: Promise<string>;
  /** Starts a program that has ended once more, with its own files and ports. */
  restart(name: string): Promise<void>;
  stop(): Promise<void>;
};

export type StackOptions = {
  /** Everything that the run writes; emptied at the start. */
  folder: string;
  /** Where <chainId>.json is written; default: below the folder. */
  deployments?: string;
  /** Without them only chain, relay, gateway and devices run. */
  app?: boolean;
  indexer?: boolean;
  /** Play the seed's devices. */
  devices?: boolean;
  listings?: readonly SeedListing[];
  log: (line: string) => void;
};

/** Ready means that a visitor sees the listings: the indexer may still be reading the newest blocks. */
async function indexed(indexer: string, listings: number): Promise<void> {
  const until = Date.now() + INDEXED_PATIENCE_MS;
  for (;;) {
    const answer = await fetch(`${indexer}/v1/listings?limit=100`);
    const { items } = (await answer.json()) as { items: unknown[] };
    if (items.length >= listings) return;
    if (Date.now() > until) throw new Error(`the indexer shows ${items.length} of ${listings} listings`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const INDEXED_PATIENCE_MS = 60_000;

/** Writes a file so that nobody ever reads half of it. */
export async function writeWhole(path: string, text: string, mode = 0o600): Promise<void> {
  await writeFile(`${path}.new`, text, { mode });
  await rename(`${path}.new`, path);
}

/** Starts everything and resolves when data flows; stops what it started if anything fails. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { folder, log } = options;
  const logs = join(folder, "logs");
  const programs = new Map<string, Program<unknown>>();
  const begun = new Map<string, Parameters<typeof startProgram>[0]>();
  const closers: (() => Promise<void>)[] = [];
  const moved: string[] = [];
  let breakdown: (sentence: string) => void = () => undefined;
  const broken = new Promise<string>((resolve) => {
    breakdown = resolve;
  });
  let stopping = false;

  async function stop(): Promise<void> {
    stopping = true;
    for (const close of closers.reverse()) await close();
    // Last started first: nobody loses what it depends on while it ends.
    for (const program of [...programs.values()].reverse()) await program.stop();
  }
  async function port(name: PortName, what: string): Promise<number> {
    const found = await freePort(name);
    if (found.moved) moved.push(`${what} is on port ${found.port}: its own was busy`);
    return found.port;
  }
  async function start<Ready>(p: Parameters<typeof startProgram>[0]): Promise<Ready> {
    const startedAt = performance.now();
    begun.set(p.name, p);
    const program = await startProgram<Ready>(p);
    programs.set(p.name, program);
    void program.ended.then((code) => {
      if (!stopping) breakdown(`${p.name} ended with ${code}; see ${join(logs, `${p.name}.log`)}`);
    });
    log(`${p.name} is ready (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
    return program.ready;
  }

  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const rpcPort = await port("rpc", "the chain");
    const rpc = `http://127.0.0.1:${rpcPort}`;
    const deployments = options.deployments ?? join(folder, "deployments");
    const deployment = join(deployments, `${CHAIN_ID}.json`);
    const common = {
      WEIR_RPC_URL: rpc,
      WEIR_CHAIN_ID: String(CHAIN_ID),
      WEIR_DEPLOYMENT: deployment,
    };
    const indexerPort = options.indexer ? await port("indexer", "the indexer") : 0;
    const indexer = options.indexer ? `http://127.0.0.1:${indexerPort}` : null;
    // It waits for chain and contracts by itself, and is the slowest to be ready: it starts first.
    const indexing =
      indexer === null
        ? Promise.resolve()
        : start({
            name: "indexer",
            script: "indexer/src/main.ts",
            args: ["--stdin"],
            env: { ...common, WEIR_DATA_DIR: folder, WEIR_PORT_INDEXER: String(indexerPort) },
            logs,
            readyUrl: `${indexer}/ready`,
            patienceMs: 240_000,
          });
    indexing.catch(() => undefined); // awaited below; an early failure must not go unhandled meanwhile
    await start({
      name: "chain",
      script: "scripts/stack/chain.ts",
      env: { WEIR_PORT_RPC: String(rpcPort) },
      logs,
    });
    await alignClock(rpc);
    const written = await deploy({
      rpcUrl: rpc,
      dataDir: folder,
      deploymentsDir: deployments,
      log: (line) => log(`  ${line}`),
    });
    const { contracts, fromBlock } = parseDeployment(written);
    log("contracts are deployed");

    const operators = RELAY_PROGRAMS.map(({ role }) => accountOf(role));
    const token = await seedTokens({ rpc, deployer: accountOf("deployer"), holders: ACCOUNTS });
    const tokens = [{ address: zeroAddress, symbol: "ETH", decimals: 18 }, token];
    const [relays, seeded] = await Promise.all([
      Promise.all(RELAY_PROGRAMS.map(startRelay)),
      seed({
        rpc,
        contracts,
        token: token.address,
        folder: join(folder, "secrets"),
        relays: operators.map(({ account }) => account.address),
        ...(options.listings ? { listings: options.listings } : {}),
      }),
    ]);
    log(
      `${relays.length} relays, ${seeded.hubs.length} hubs and ${seeded.listings.length} listings are on chain`,
    );
    const app = options.app ? await serveApp() : null;
    const gateway = await startGateway();
    if (app !== null) await configureApp(app.config);
    if (options.devices) await startDevices();
    await indexing;
    if (indexer !== null) await indexed(indexer, seeded.listings.length);

    async function startRelay({ name, role, prefix }: (typeof RELAY_PROGRAMS)[number]) {
      const operator = accountOf(role);
      const { address } = operator.account;
      const ports = {
        tcp: await port(`${prefix}Tcp`, `${name} (TCP)`),
        ws: await port(`${prefix}Ws`, `${name} (WebSocket)`),
        http: await port(`${prefix}Http`, `${name} (HTTP)`),
      };
      const ready = await start<{ peerId: string; multiaddrs: string[]; http: string }>({
        name,
        script: "relay/src/main.ts",
        env: {
          ...common,
          WEIR_DATA_DIR: join(folder, name),
          WEIR_RELAY_OPERATOR: address,
          WEIR_PORT_RELAY_TCP: String(ports.tcp),
          WEIR_PORT_RELAY_WS: String(ports.ws),
          WEIR_PORT_RELAY_HTTP: String(ports.http),
        },
        logs,
      });
      const { peerId, multiaddrs, http } = ready;
      await listRelay({ rpc, contracts, operator, relay: ready, region: "local" });
      return { operator: address, peerId, multiaddrs, http };
    }

    async function startGateway() {
      const config = join(folder, "gateway.json");
      const file = {
        id: GATEWAY_ID,
        hubs: seeded.hubs.map(({ hubId, secrets }) => ({ hubId: String(hubId), secrets })),
        relays: relays.map(({ operator, multiaddrs }) => ({ operator, multiaddrs })),
        corsOrigins: app === null ? [] : [app.url],
      };
      await writeWhole(config, `${JSON.stringify(file, null, 2)}\n`);
      return start<{ id: string; mqtt: string; http: string }>({
        name: "gateway",
        script: "gateway/src/main.ts",
        env: {
          ...common,
          WEIR_DATA_DIR: join(folder, "gateway"),
          WEIR_GATEWAY_CONFIG: config,
          WEIR_GATEWAY_PASSPHRASE: LOCAL_PASSPHRASE,
          WEIR_PORT_MQTT: String(await port("mqtt", "MQTT")),
          WEIR_PORT_GATEWAY_HTTP: String(await port("gatewayHttp", "the gateway (HTTP)")),
        },
        logs,
      });
    }

    async function startDevices(): Promise<void> {
      const logins = await Promise.all(
        seeded.listings.map(async ({ hub, device }) => ({
          device,
          ...(await devicePassword({ gateway, chainId: CHAIN_ID, hub, device })),
        })),
      );
      const line = `${JSON.stringify({ broker: gateway.mqtt, logins })}\n`;
      await start({ name: "devices", script: "scripts/stack/feeder.ts", env: {}, logs, input: line });
    }

    /** Serves the app; its configuration follows when the gateway's address is known. */
    async function serveApp() {
      const config = join(folder, "config.json");
      const served = await serve({
        folder: APP_OUT,
        config,
        port: await port("app", "the app"),
        host: "127.0.0.1",
      });
      closers.push(served.close);
      return { url: served.url.replace(/\/$/, ""), config };
    }

    /** What the app is told. The two keys are public, and `serve` gives them to no other chain. */
    function configureApp(path: string): Promise<void> {
      const config = {
        chainId: CHAIN_ID,
        rpc,
        contracts,
        fromBlock: Number(fromBlock),
        indexers: indexer === null ? [] : [indexer],
        relays,
        gateways: [{ id: gateway.id, mqtt: gateway.mqtt, http: gateway.http }],
        tokens,
        testWallet: { privateKey: accountOf("buyer1").privateKey, label: "buyer1" },
        faucet: true,
        faucetKey: accountOf("faucet").privateKey,
      };
      return writeWhole(path, JSON.stringify(config));
    }

    return {
      file: {
        chainId: CHAIN_ID,
        rpc,
        contracts,
        fromBlock: Number(fromBlock),
        relays,
        tokens,
        gateways: [{ id: gateway.id, mqtt: gateway.mqtt, http: gateway.http }],
        indexer,
        app: app?.url ?? null,
        accounts: ACCOUNTS.map(({ role, account, privateKey }) => ({
          role,
          address: account.address,
          privateKey,
        })),
      },
      hubs: seeded.hubs,
      listings: seeded.listings,
      token: token.address,
      moved,
      programs,
      broken,
      async restart(name) {
        await start(begun.get(name)!);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
