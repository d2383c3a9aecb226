/**
 * `npm run deploy` off the local chain, by the real program against a second chain with an id of its own.
 * Long because one second chain and one keystore serve every way in which a deployment can begin, stop and go on.
 *
 * - the key and the address come from Hardhat's production keystore: every contract is there, the file is what the SDK reads
 * - once more: nothing is sent, the file stays
 * - killed between two contracts and started again: it goes on, and every contract is created once
 * - killed between sending and noting it, and out of money half way: the same
 * - what is recorded is compared with the chain: another contract, no contract, other arguments, a broken entry, a lost journal
 * - parameters: taken from the file, kept for later runs, refused when they changed or mean nothing
 * - one sentence and exit code 1: unknown network, no key, a wrong key, nobody answers, another chain's journal
 * - the ids of channels differ between two chains even at equal addresses
 */
import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import hre from "hardhat";
import {
  type Address,
  createPublicClient,
  createTestClient,
  type Hex,
  http,
  keccak256,
  parseEther,
  toHex,
  zeroAddress,
} from "viem";
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Deployment, DeploymentDiffers, deploy } from "../../scripts/deploy.ts";
import { parseDeployment } from "../../sdk/src/chain/index.ts";
import { channelsAbi, listingsAbi } from "../../sdk/src/generated/index.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const SECOND_CHAIN = 71_111;
/** No account of the node: it signs nothing for this key, the program does. */
const KEY = generatePrivateKey();
const PASSWORD = "correct horse";
/** Several starts of the program on a machine that others use too. */
const CONTRACTS = [
  "Anchors",
  "Channels",
  "Consents",
  "EAS",
  "Grants",
  "Hubs",
  "Listings",
  "Ratings",
  "Relays",
  "SchemaRegistry",
  "Subscriptions",
];

/** What Hardhat takes for a build server, where it never looks into a keystore. */
const CI_VARIABLES = ["CI", "GITHUB_ACTIONS", "CONTINUOUS_INTEGRATION", "BUILD_NUMBER", "RUN_ID"];

type Chain = Awaited<ReturnType<typeof startChain>>;

async function startChain(chainId: number) {
  const server = await hre.network.createServer(
    { network: "default", override: { chainId } },
    "127.0.0.1",
    0,
  );
  const { port } = await server.listen();
  const rpc = `http://127.0.0.1:${port}`;
  const transport = http(rpc);
  const client = createPublicClient({ transport, cacheTime: 0 });
  const node = createTestClient({ transport, mode: "hardhat" });
  const deployer = privateKeyToAddress(KEY);
  await node.setBalance({ address: deployer, value: parseEther("100") });
  return {
    rpc,
    client,
    node,
    deployer,
    nonce: () => client.getTransactionCount({ address: deployer }),
    stop: () => server.close(),
  };
}

let folder: string;
let chain: Chain;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-deploy-"));
  chain = await startChain(SECOND_CHAIN);
});

afterAll(async () => {
  await chain?.stop();
  await rm(folder, { recursive: true, force: true });
});

function environment(settings: Record<string, string>): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, XDG_CONFIG_HOME: join(folder, "no keystore") };
  for (const name of [...CI_VARIABLES, "WEIR_DEPLOY_RPC_URL", "WEIR_DEPLOYER_KEY"]) delete env[name];
  return { ...env, ...settings };
}

const fromEnvironment = (rpc = chain.rpc, key: string = KEY) =>
  environment({ WEIR_DEPLOY_RPC_URL: rpc, WEIR_DEPLOYER_KEY: key });

function start(args: string[], env: NodeJS.ProcessEnv): ChildProcess {
  const program = ["--disable-warning=ExperimentalWarning", join(ROOT, "scripts", "deploy.ts")];
  return spawn(process.execPath, [...program, ...args], { cwd: ROOT, env, stdio: "pipe" });
}

async function finish(child: ChildProcess, input = "") {
  const output = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk: Buffer) => {
    output.stdout += chunk;
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    output.stderr += chunk;
  });
  child.stdin?.end(input);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, ...output };
}

const run = (args: string[], env = fromEnvironment(), input = "") => finish(start(args, env), input);
const toCustom = (deployments: string, ...more: string[]) => [
  "--network",
  "custom",
  "--deployments",
  deployments,
  ...more,
];

/** Answers the questions of `hardhat keystore set`, each when it is asked. */
async function storeSecret(env: NodeJS.ProcessEnv, name: string, answers: string[]) {
  const bin = join(ROOT, "node_modules", ".bin", "hardhat");
  const child = spawn(bin, ["keystore", "set", name], { cwd: ROOT, env, stdio: "pipe" });
  const left = [...answers];
  child.stdout.on("data", (chunk: Buffer) => {
    if (!String(chunk).trimEnd().endsWith(":")) return;
    child.stdin.write(`${left.shift() ?? ""}\n`);
    if (left.length === 0) child.stdin.end();
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect({ name, code, left }).toEqual({ name, code: 0, left: [] });
}

/** In this process, for errors with their types. */
function deployHere(deploymentsDir: string, parameters?: unknown): Promise<Deployment> {
  process.env.WEIR_DEPLOY_RPC_URL = chain.rpc;
  process.env.WEIR_DEPLOYER_KEY = KEY;
  return deploy({ network: "custom", deploymentsDir, parameters, log: () => undefined });
}

const json = async (path: string) => JSON.parse(await readFile(path, "utf8"));

describe("a second chain", () => {
  const deployments = () => join(folder, "second");
  const file = () => join(deployments(), `${SECOND_CHAIN}.json`);
  let sent = 0;

  test("key and address from the production keystore; every contract is there and has its price", async () => {
    const env = environment({ XDG_CONFIG_HOME: join(folder, "config") });
    await storeSecret(env, "WEIR_DEPLOYER_KEY", [PASSWORD, PASSWORD, KEY]);
    await storeSecret(env, "WEIR_DEPLOY_RPC_URL", [PASSWORD, chain.rpc]);

    const { code, stdout, stderr } = await run(toCustom(deployments(), "--json"), env, `${PASSWORD}\n`);
    expect(code, stderr).toBe(0);
    expect(stderr).not.toContain(KEY.slice(2));
    const printed = JSON.parse(stdout) as Deployment;
    expect(printed.chainId).toBe(SECOND_CHAIN);
    expect(Object.keys(printed.contracts).sort()).toEqual(CONTRACTS);
    expect(await json(file())).toEqual({ contracts: printed.contracts });
    parseDeployment(await json(file()));

    let gas = 0;
    for (const [name, { address, block }] of Object.entries(printed.contracts)) {
      const code = await chain.client.getCode({ address });
      expect(printed.cost.contracts[name]!.bytes).toBe((code!.length - 2) / 2);
      const { transactions } = await chain.client.getBlock({ blockNumber: BigInt(block) });
      const receipt = await chain.client.getTransactionReceipt({ hash: transactions[0] as Hex });
      expect(receipt.contractAddress?.toLowerCase()).toBe(address.toLowerCase());
      expect(printed.cost.contracts[name]!.gas).toBe(Number(receipt.gasUsed));
      gas += Number(receipt.gasUsed);
    }
    expect(printed.cost.gas).toBe(gas);
    sent = await chain.nonce();
    expect(sent).toBe(CONTRACTS.length);
  });

  test("once more: nothing is sent and the file stays", async () => {
    const before = await readFile(file(), "utf8");
    const { code, stdout } = await run(toCustom(deployments()));
    expect(code).toBe(0);
    expect(stdout).toBe("");
    expect(await chain.nonce()).toBe(sent);
    expect(await readFile(file(), "utf8")).toBe(before);
  });

  test("a wrong entry is refused by the contract's name, by the program and with its type", async () => {
    const good = await readFile(file(), "utf8");
    const { contracts } = JSON.parse(good) as Deployment;
    const wrong: [string, object, string][] = [
      ["Hubs", { ...contracts.Hubs, address: contracts.Listings!.address }, "its code is another"],
      ["Hubs", { ...contracts.Hubs, address: chain.deployer }, "there is no code"],
      ["Hubs", { ...contracts.Hubs, block: contracts.Hubs!.block + 1 }, "does not hold its creation"],
      ["Relays", { ...contracts.Relays, constructorArguments: ["1", 604800] }, "other constructor arguments"],
      ["Relays", { ...contracts.Relays, constructorArguments: ["x"] }, "other constructor arguments"],
      ["EAS", { ...contracts.EAS, address: contracts.Hubs!.address }, "its code is another"],
      ["Grants", { address: "0x12" }, "is broken"],
    ];
    for (const [name, entry, reason] of wrong) {
      const written = JSON.stringify({ contracts: { ...contracts, [name]: entry } });
      await writeFile(file(), written);
      const error = await deployHere(deployments()).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(DeploymentDiffers);
      expect(error).toMatchObject({ contract: name, chainId: SECOND_CHAIN });
      expect(String(error)).toContain(reason);
      expect(await readFile(file(), "utf8")).toBe(written);
    }
    const { code, stderr } = await run(toCustom(deployments()));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^deploy: Grants at .* differs: .*$/m);
    expect(await chain.nonce()).toBe(sent);
    await writeFile(file(), good);
  });

  test("a file that is none is refused, and stays", async () => {
    const good = await readFile(file(), "utf8");
    for (const content of ["", "[]", '{"contracts": 1}']) {
      await writeFile(file(), content);
      await expect(deployHere(deployments())).rejects.toThrow("is not what this program wrote");
    }
    await writeFile(file(), good);
  });

  test("without its journal a whole deployment is found again; half of one is refused", async () => {
    const copy = join(folder, "copy");
    await mkdir(copy);
    await cp(file(), join(copy, `${SECOND_CHAIN}.json`));
    const found = await deployHere(copy);
    expect({ contracts: found.contracts }).toEqual(await json(file()));
    const { Ratings: _gone, ...rest } = found.contracts;
    await writeFile(join(copy, `${SECOND_CHAIN}.json`), JSON.stringify({ contracts: rest }));
    await expect(deployHere(copy)).rejects.toThrow("has no Ratings and the journal");
    expect(await chain.nonce()).toBe(sent);
  });

  test("the journal of another chain is refused", async () => {
    const other = await startChain(SECOND_CHAIN + 1);
    try {
      const journals = join(folder, "mixed", "journal");
      await cp(join(deployments(), "journal", `${SECOND_CHAIN}`), join(journals, `${SECOND_CHAIN + 1}`), {
        recursive: true,
      });
      const { code, stderr } = await run(toCustom(join(folder, "mixed")), fromEnvironment(other.rpc));
      expect(code).toBe(1);
      expect(stderr).toContain(`is of chain ${SECOND_CHAIN}, this is chain ${SECOND_CHAIN + 1}`);
      expect(await other.nonce()).toBe(0);
    } finally {
      await other.stop();
    }
  });

  test("parameters come from the file, bind later runs, and a given attestation service is used", async () => {
    const { contracts } = (await json(file())) as Deployment;
    const eas = contracts.EAS!.address;
    const folderOfIt = join(folder, "parameters");
    const path = join(folder, "parameters.json");
    const given = {
      minimumBond: "123",
      disputeWindow: 60,
      eas,
      depositCaps: [{ token: zeroAddress, cap: "5" }],
    };
    await writeFile(path, JSON.stringify(given));
    const { code, stderr, stdout } = await run(toCustom(folderOfIt, "--parameters", path, "--json"));
    expect(code, stderr).toBe(0);
    const made = JSON.parse(stdout) as Deployment;
    expect(Object.keys(made.contracts).sort()).toEqual(
      CONTRACTS.filter((name) => name !== "EAS" && name !== "SchemaRegistry"),
    );
    expect(made.contracts.Grants!.constructorArguments.at(-1)).toBe(eas);
    const listings = { address: made.contracts.Listings!.address, abi: listingsAbi };
    expect(await chain.client.readContract({ ...listings, functionName: "minimumBond" })).toBe(123n);
    const channels = { address: made.contracts.Channels!.address, abi: channelsAbi };
    expect(
      await chain.client.readContract({ ...channels, functionName: "depositCap", args: [zeroAddress] }),
    ).toBe(5n);

    const after = await chain.nonce();
    expect((await deployHere(folderOfIt)).contracts).toEqual(made.contracts); // remembered
    await expect(deployHere(folderOfIt, { ...given, minimumBond: "124" })).rejects.toThrow(
      "begun with other parameters: minimumBond",
    );
    for (const [wrong, reason] of [
      [{ minimumBonds: 1 }, '"minimumBonds" is unknown'],
      [{ minimumBond: -1 }, '"minimumBond" is no integer'],
      [{ minimumBond: `${2n ** 96n}` }, '"minimumBond" is above'],
      [{ disputeWindow: 1.5 }, '"disputeWindow" is no integer'],
      [{ eas: "0x1" }, '"eas" is no address'],
      [{ eas: chain.deployer }, "there is no contract at"],
      [{ depositCaps: [{ token: eas }] }, '"depositCaps[0].cap" is no integer'],
      [[], "one object"],
    ] as const) {
      await expect(deployHere(join(folder, "refused"), wrong)).rejects.toThrow(reason);
    }
    expect(await chain.nonce()).toBe(after);
  });
});

test("killed between two contracts, it goes on: each is created once", async () => {
  const interrupted = await startChain(SECOND_CHAIN + 2);
  try {
    const deployments = join(folder, "interrupted");
    await interrupted.node.setAutomine(false);
    const child = start(toCustom(deployments), fromEnvironment(interrupted.rpc));
    const ended = finish(child);
    const pending = async () => {
      const block = await interrupted.client.getBlock({ blockTag: "pending" });
      return block.transactions.length;
    };
    await expect.poll(pending, { timeout: 120_000, interval: 50 }).toBeGreaterThan(1);
    child.kill("SIGKILL");
    await ended;
    await interrupted.node.mine({ blocks: 1 });
    await interrupted.node.setAutomine(true);
    const begun = await interrupted.nonce();
    expect(begun).toBeGreaterThan(0);
    expect(begun).toBeLessThan(CONTRACTS.length);
    expect(await readdir(deployments)).toEqual(["journal"]);

    const { code, stderr } = await run(toCustom(deployments), fromEnvironment(interrupted.rpc));
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("going on");
    expect(await interrupted.nonce()).toBe(CONTRACTS.length);
    const { contracts } = (await json(join(deployments, `${SECOND_CHAIN + 2}.json`))) as Deployment;
    expect(Object.keys(contracts).sort()).toEqual(CONTRACTS);
  } finally {
    await interrupted.stop();
  }
});

test("out of money half way: it says so, and goes on when there is some", async () => {
  const poor = await startChain(SECOND_CHAIN + 5);
  try {
    const deployments = join(folder, "poor");
    await poor.node.setBalance({ address: poor.deployer, value: parseEther("0.02") });
    const first = await run(toCustom(deployments), fromEnvironment(poor.rpc));
    expect(first.code).toBe(1);
    expect(first.stderr).toMatch(/^deploy: deployment to chain \d+ failed: .*funds.*$/m);
    const begun = await poor.nonce();
    expect(begun).toBeGreaterThan(0);
    expect(begun).toBeLessThan(CONTRACTS.length);
    await poor.node.setBalance({ address: poor.deployer, value: parseEther("1") });
    const { code, stderr } = await run(toCustom(deployments), fromEnvironment(poor.rpc));
    expect(code, stderr).toBe(0);
    expect(await poor.nonce()).toBe(CONTRACTS.length);
  } finally {
    await poor.stop();
  }
});

test("killed after it sent and before it noted so: the transaction is found, pending or mined", async () => {
  for (const [index, isMined] of [true, false].entries()) {
    const chainId = SECOND_CHAIN + 6 + index;
    const unsure = await startChain(chainId);
    try {
      const deployments = join(folder, `unsure ${index}`);
      await unsure.node.setAutomine(false);
      const child = start(toCustom(deployments), fromEnvironment(unsure.rpc));
      const ended = finish(child);
      const journal = join(deployments, "journal", String(chainId), "journal.jsonl");
      const sends = async () =>
        (await readFile(journal, "utf8").catch(() => "")).split("\n").filter((line) => isSend(line)).length;
      await expect.poll(sends, { timeout: 120_000, interval: 50 }).toBeGreaterThan(1);
      child.kill("SIGKILL");
      await ended;
      // As if it had been killed a moment earlier: the last line that says "sent" is not there.
      const lines = (await readFile(journal, "utf8")).split("\n");
      lines.splice(lines.findLastIndex(isSend), 1);
      await writeFile(journal, lines.join("\n"));
      if (isMined) await unsure.node.mine({ blocks: 3 });
      else await unsure.node.setIntervalMining({ interval: 1 });

      if (isMined) await unsure.node.setAutomine(true);
      const { code, stderr } = await run(toCustom(deployments), fromEnvironment(unsure.rpc));
      expect(code, stderr).toBe(0);
      expect(await unsure.nonce()).toBe(CONTRACTS.length);
    } finally {
      await unsure.stop();
    }
  }
});

const isSend = (line: string) => line.includes('"type":"TRANSACTION_SEND"');

test("wrong settings end in one sentence and exit code 1", async () => {
  const nowhere = join(folder, "nowhere");
  const cases: [string[], NodeJS.ProcessEnv, RegExp][] = [
    [["--network", "nowhere"], fromEnvironment(), /^deploy: there is no network "nowhere"/],
    [toCustom(nowhere), environment({}), /^deploy: network "custom": .*"WEIR_DEPLOY_RPC_URL" not found/],
    [
      toCustom(nowhere),
      environment({ WEIR_DEPLOY_RPC_URL: chain.rpc }),
      /^deploy: network "custom": .*"WEIR_DEPLOYER_KEY" not found/,
    ],
    [toCustom(nowhere), fromEnvironment(chain.rpc, "0x12"), /^deploy: network "custom": no usable key/],
    [toCustom(nowhere), fromEnvironment("http://127.0.0.1:1"), /^deploy: network "custom": Cannot connect/],
    [toCustom(nowhere, "--parameters", "/no/such"), fromEnvironment(), /^deploy: \/no\/such cannot be read/],
    [["--netwrk", "custom"], fromEnvironment(), /^deploy: Unknown option '--netwrk'/],
  ];
  const results = await Promise.all(cases.map(([args, env]) => run(args, env)));
  for (const [index, { code, stdout, stderr }] of results.entries()) {
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr.trimEnd().split("\n")).toEqual([expect.stringMatching(cases[index]![2])]);
  }
});

test("equal addresses on two chains, and yet no id is the same", async () => {
  const [one, other] = [await startChain(SECOND_CHAIN + 3), await startChain(SECOND_CHAIN + 4)];
  try {
    const ids = [];
    for (const at of [one, other]) {
      const { code, stdout } = await run(toCustom(join(folder, "ids"), "--json"), fromEnvironment(at.rpc));
      expect(code).toBe(0);
      const { contracts } = JSON.parse(stdout) as Deployment;
      const channels = { address: contracts.Channels!.address, abi: channelsAbi };
      ids.push({
        address: channels.address,
        deployment: await at.client.readContract({ ...channels, functionName: "deployment" }),
        channelId: await at.client.readContract({
          ...channels,
          functionName: "channelIdOf",
          args: [TERMS],
        }),
        domain: await at.client.readContract({ ...channels, functionName: "DOMAIN_SEPARATOR" }),
      });
    }
    expect(ids[0]!.address).toBe(ids[1]!.address);
    for (const field of ["deployment", "channelId", "domain"] as const)
      expect(ids[0]![field]).not.toBe(ids[1]![field]);
  } finally {
    await one.stop();
    await other.stop();
  }
});

const account = (name: string): Address => `0x${keccak256(toHex(name)).slice(-40)}`;
const TERMS = {
  payer: account("payer"),
  payee: account("payee"),
  operator: account("operator"),
  token: zeroAddress,
  signer: account("signer"),
  listingId: 1n,
  relaysHash: keccak256("0x"),
  relayBps: 0,
  market: zeroAddress,
  marketBps: 0,
  challenge: 3600,
  salt: keccak256("0x01"),
} as const;
