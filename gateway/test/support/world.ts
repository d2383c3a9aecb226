/** A real chain with one hub whose secrets the gateway holds, devices, and the gateway as a program of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createHub, ROLES, registerDevice, registerPublisherKey, setRoles } from "@weir/sdk/chain";
import { type ChannelStatus, gatewayDomain, type Hex, hex, TYPES } from "@weir/sdk/core";
import mqtt, { type MqttClient } from "mqtt";
import type { Account } from "viem";
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
import { freePort } from "../../../test/support/ports.ts";
import { STATUS_FILE } from "../../src/claims/status.ts";
import { createSecrets, type PublicSecrets } from "../../src/secrets.ts";

export const GATEWAY_ID = "gateway-test";
export const PASSPHRASE = "a passphrase of a test";
export const MANAGER = 6;
export const STRANGER = 7;
/** Cheap on purpose: everybody knows this passphrase. */
const SCRYPT_N = 1 << 10;

export type RunningGateway = {
  child: ChildProcess;
  /** host:port of the broker. */
  mqtt: string;
  mqttPort: number;
  http: string;
  /** Everything it logged so far. */
  logs: () => string;
  /** Resolves when a log line contains `text`. */
  logged: (text: string) => Promise<void>;
  stop: () => Promise<number | null>;
  kill: () => Promise<void>;
};

export type Login = { user: string; password: string };

export type World = {
  chain: TestChain;
  hubId: bigint;
  secrets: PublicSecrets;
  secretsPath: string;
  keyId: number;
  folder: string;
  relays: { operator: string; multiaddrs: string[] }[];
  device(name: string): Promise<void>;
  listing(title: string, more?: Parameters<typeof makeListing>[3], metadata?: string): Promise<TestListing>;
  gateway(options?: {
    dataDir?: string;
    config?: Record<string, unknown>;
    env?: Record<string, string>;
  }): Promise<RunningGateway>;
  /** A manager's signed order; every part can be falsified. */
  order(device: string, more?: Partial<Order> & { account?: number }): Promise<Record<string, unknown>>;
  login(gateway: RunningGateway, device: string): Promise<Login>;
  /** The device's MQTT client: it comes back by itself when the program is started again on the same port. */
  connect(gateway: RunningGateway, device: string): Promise<MqttClient>;
  stop(): Promise<void>;
};

export type Order = {
  hubId: bigint;
  device: string;
  gatewayId: string;
  nonce: Hex;
  deadline: number;
  chainId: number;
};

export async function startWorld(): Promise<World> {
  const chain = await startChain();
  const { contracts, accounts } = chain;
  const folder = mkdtempSync(join(tmpdir(), "weir-gateway-"));
  const owner = chain.wallet(SELLER);
  const secretsPath = join(folder, "hub.secrets.json");
  const operatorPrivateKey = hex(accounts[OPERATOR]!.getHdKey().privateKey!);
  const secrets = await createSecrets({
    path: secretsPath,
    passphrase: PASSPHRASE,
    operatorPrivateKey,
    scryptN: SCRYPT_N,
  });
  const { hubId } = await createHub(owner, {
    contracts,
    metadata: "{}",
    payout: owner.account.address,
    encryptionKey: hex(new Uint8Array(32).fill(1)),
  });
  const { keyId } = await registerPublisherKey(owner, {
    contracts,
    hubId,
    account: secrets.operator,
    publicKey: secrets.publisherKey,
  });
  await setRoles(owner, { contracts, hubId, account: accounts[MANAGER]!.address, roles: ROLES.MANAGER });
  const running = new Set<RunningGateway>();

  const world: World = {
    chain,
    hubId,
    secrets,
    secretsPath,
    keyId,
    folder,
    relays: [],
    async device(name) {
      await registerDevice(owner, { contracts, hubId, name });
    },
    listing: (title, more, metadata) =>
      makeListing(
        chain,
        hubId,
        title,
        { plans: [messagePlan, freePlan], relays: [accounts[RELAY]!.address], ...more },
        metadata ?? JSON.stringify({ "@type": "Dataset", name: title }),
      ),
    async gateway({ dataDir = mkdtempSync(join(folder, "data-")), config = {}, env = {} } = {}) {
      const path = join(dataDir, "..", `config-${randomBytes(4).toString("hex")}.json`);
      const file = {
        id: GATEWAY_ID,
        hubs: [{ hubId: String(hubId), secrets: secretsPath }],
        relays: world.relays,
        corsOrigins: ["https://market.example"],
        ...config,
      };
      writeFileSync(path, JSON.stringify(file));
      const gateway = await startProgram({
        WEIR_GATEWAY_CONFIG: path,
        WEIR_RPC_URL: chain.rpc,
        WEIR_CHAIN_ID: String(chain.chainId),
        WEIR_DATA_DIR: dataDir,
        WEIR_DEPLOYMENT: chain.deploymentPath,
        WEIR_PORT_MQTT: String(await freePort()),
        WEIR_PORT_GATEWAY_HTTP: "0",
        WEIR_GATEWAY_PASSPHRASE: PASSPHRASE,
        ...env,
      });
      running.add(gateway);
      gateway.child.once("exit", () => running.delete(gateway));
      return gateway;
    },
    async order(device, more = {}) {
      const { account = MANAGER, chainId = chain.chainId, ...rest } = more;
      const now = Math.floor(Date.now() / 1000);
      const message = {
        hubId,
        device,
        gatewayId: GATEWAY_ID,
        nonce: hex(randomBytes(32)),
        deadline: now + 600,
        ...rest,
      };
      const signer = accounts[account] as Account;
      const signature = await signer.signTypedData!({
        domain: gatewayDomain(chainId),
        types: { DevicePassword: TYPES.DevicePassword },
        primaryType: "DevicePassword",
        message,
      });
      const { gatewayId, nonce, deadline } = message;
      return { gatewayId, nonce, deadline, signature };
    },
    async login(gateway, device) {
      const response = await post(
        `${gateway.http}/v1/devices/${hubId}/${device}/password`,
        await world.order(device),
      );
      if (!response.ok) throw new Error(await response.text());
      return (await response.json()) as Login;
    },
    async connect(gateway, device) {
      const { user: username, password } = await world.login(gateway, device);
      return mqtt.connectAsync(gateway.mqtt, {
        protocolVersion: 4,
        username,
        password,
        reconnectPeriod: 100,
      });
    },
    async stop() {
      await Promise.all([...running].map((gateway) => gateway.kill()));
      await chain.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return world;
}

export const post = (url: string, body: unknown): Promise<Response> =>
  fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

/** Starts gateway/src/main.ts; rejects with its log if it ends before it is ready. */
export async function startProgram(env: Record<string, string>): Promise<RunningGateway> {
  const program = join(import.meta.dirname, "../../src/main.ts");
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let log = "";
  const waiting = new Set<() => void>();
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    log += text;
    for (const look of waiting) look();
  });
  const exited = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  const ready = new Promise<{ mqtt: string; http: string }>((resolve, reject) => {
    createInterface({ input: child.stdout! }).once("line", (line) => resolve(JSON.parse(line)));
    child.once("exit", (code) => reject(new Error(`the gateway ended with ${code}: ${log}`)));
  });
  const { mqtt, http } = await ready;
  return {
    child,
    mqtt,
    mqttPort: Number(new URL(mqtt).port),
    http,
    logs: () => log,
    logged: (text) =>
      new Promise((resolve) => {
        const look = () => {
          if (!log.includes(text)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    async stop() {
      child.kill("SIGTERM");
      return exited;
    },
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

export const readJson = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));

/** What the program on this folder counts of one channel: what `weir gateway status` shows. */
export async function statusOf(dataDir: string, channelId: Hex): Promise<ChannelStatus | undefined> {
  const { url, token } = readJson(join(dataDir, STATUS_FILE)) as { url: string; token: string };
  const response = await fetch(`${url}/v1/channels`, { headers: { authorization: `Bearer ${token}` } });
  const { channels } = (await response.json()) as { channels: ChannelStatus[] };
  return channels.find((channel) => channel.channelId === channelId);
}
