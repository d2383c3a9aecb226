/**
 * Deploys the contracts and writes deployments/<chainId>.json.
 *
 *   npm run deploy -- [--network localhost] [--json]
 *
 * The network is one of hardhat.config.ts. An interrupted deployment goes on where it stopped; a finished one is found
 * again and nothing is sent. Chain 31337 forgets everything at a restart, so there the memory of earlier runs lives in the data folder
 * and goes when the chain's instance changes. Progress goes to stderr; `--json` prints the result on stdout.
 */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import {
  errorDeploymentResultToExceptionMessage,
  HardhatArtifactResolver,
} from "@nomicfoundation/hardhat-ignition/helpers";
import { DeploymentResultType, deploy as ignite, listTransactions } from "@nomicfoundation/ignition-core";
import hre from "hardhat";
import type { EthereumProvider } from "hardhat/types/providers";
import type { Address, Hex } from "viem";
import Weir from "./ignition/Weir.ts";

const ROOT = join(import.meta.dirname, "..");
const LOCAL_CHAIN = 31337;
/** A local chain mines at once; Ignition would look once a second. */
const LOCAL_POLLING_MS = 50;

export interface DeployedContract {
  address: Address;
  /** The block that holds the deployment: nothing of the contract is older. */
  block: number;
  /** In the order of the constructor; integers as decimal strings. */
  constructorArguments: unknown[];
}

export interface Deployment {
  chainId: number;
  contracts: Record<string, DeployedContract>;
}

export interface DeployOptions {
  /** A network of hardhat.config.ts. */
  network?: string;
  /** Replaces the network's address. */
  rpcUrl?: string;
  /** Holds the memory of local deployments. Default: WEIR_DATA_DIR, or .weir. */
  dataDir?: string;
  /** Where <chainId>.json is written. */
  deploymentsDir?: string;
  /** Gets one line per step. Default: stderr. */
  log?: (line: string) => void;
}

/** The chain refused, or an earlier deployment there does not fit the contracts of today. */
export class DeploymentFailed extends Error {
  override name = "DeploymentFailed";
  readonly chainId: number;
  constructor(chainId: number, reason: string) {
    super(`deployment to chain ${chainId} failed: ${reason}`);
    this.chainId = chainId;
  }
}

/**
 * Compiles what changed. Two builds at once tear each other's cache, so whoever starts several programs builds first and
 * says so by WEIR_CONTRACTS_BUILT=1.
 */
export async function buildContracts(): Promise<void> {
  if (process.env.WEIR_CONTRACTS_BUILT === "1") return;
  await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
  process.env.WEIR_CONTRACTS_BUILT = "1";
}

/** Deploys, or finds what is deployed. Returns what it wrote to <deploymentsDir>/<chainId>.json. */
export async function deploy(options: DeployOptions = {}): Promise<Deployment> {
  const { network = "localhost", rpcUrl, log = (line) => console.error(line) } = options;
  await buildContracts();
  const override = rpcUrl === undefined ? undefined : { type: "http" as const, url: rpcUrl };
  const connection = await hre.network.create({ network, override });
  try {
    const { provider } = connection;
    const chainId = Number(await provider.request({ method: "eth_chainId" }));
    const memory = await memoryOf(provider, chainId, options.dataDir);
    const artifacts = new HardhatArtifactResolver(hre.artifacts);
    log(`deploying to chain ${chainId} (${network})`);
    const result = await ignite({
      config:
        chainId === LOCAL_CHAIN ? { blockPollingInterval: LOCAL_POLLING_MS, requiredConfirmations: 1 } : {},
      provider,
      deploymentDir: memory,
      artifactResolver: artifacts,
      ignitionModule: Weir,
      deploymentParameters: {},
      accounts: (await provider.request({ method: "eth_accounts" })) as string[],
    });
    if (result.type !== DeploymentResultType.SUCCESSFUL_DEPLOYMENT) {
      throw new DeploymentFailed(chainId, errorDeploymentResultToExceptionMessage(result));
    }
    const deployment: Deployment = { chainId, contracts: {} };
    for (const sent of await listTransactions(memory, artifacts)) {
      if (sent.name === undefined || sent.address === undefined || sent.status !== "SUCCESS") continue;
      deployment.contracts[sent.name] = {
        address: sent.address as Address,
        block: await blockOf(provider, sent.txHash as Hex),
        constructorArguments: JSON.parse(stringify(sent.params ?? [])) as unknown[],
      };
      log(`${sent.name.padEnd(10)} ${sent.address}`);
    }
    const file = join(options.deploymentsDir ?? join(ROOT, "deployments"), `${chainId}.json`);
    await writeAtomically(file, `${stringify({ contracts: deployment.contracts }, 2)}\n`);
    log(`wrote ${file}`);
    return deployment;
  } finally {
    await connection.close();
  }
}

/** The folder in which Ignition remembers what it sent to this very chain. */
async function memoryOf(provider: EthereumProvider, chainId: number, dataDir?: string): Promise<string> {
  if (chainId !== LOCAL_CHAIN) return join(hre.config.paths.ignition, "deployments", `chain-${chainId}`);
  const folder = join(dataDir ?? process.env.WEIR_DATA_DIR ?? join(ROOT, ".weir"), "ignition");
  const instanceFile = join(folder, "instance");
  const instance = await instanceOf(provider);
  if ((await readOrNothing(instanceFile)) !== instance) {
    await rm(folder, { recursive: true, force: true });
    await writeAtomically(instanceFile, instance);
  }
  return join(folder, "journal");
}

/** Changes with every start of a local chain. */
async function instanceOf(provider: EthereumProvider): Promise<string> {
  const genesis = (await provider.request({ method: "eth_getBlockByNumber", params: ["0x0", false] })) as {
    hash: Hex;
  };
  try {
    const metadata = (await provider.request({ method: "hardhat_metadata" })) as { instanceId: string };
    return metadata.instanceId;
  } catch (error) {
    // Other local chains do not know the method; their first block carries the time of their start.
    if (isMethodMissing(error)) return genesis.hash;
    throw error;
  }
}

const METHOD_NOT_FOUND = -32601;

function isMethodMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === METHOD_NOT_FOUND;
}

async function blockOf(provider: EthereumProvider, hash: Hex): Promise<number> {
  const receipt = await provider.request({ method: "eth_getTransactionReceipt", params: [hash] });
  return Number((receipt as { blockNumber: Hex }).blockNumber);
}

function stringify(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_key, item) => (typeof item === "bigint" ? item.toString() : item), indent);
}

async function readOrNothing(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function writeAtomically(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, content);
  await rename(temporary, path);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { values } = parseArgs({
    options: { network: { type: "string" }, json: { type: "boolean", default: false } },
  });
  const deployment = await deploy({ network: values.network });
  if (values.json) console.log(stringify(deployment));
}
