/**
 * Deploys the contracts and writes deployments/<chainId>.json.
 *
 *   npm run deploy -- [--network localhost] [--parameters FILE] [--deployments FOLDER] [--json]
 *
 * The network is one of hardhat.config.ts; keys come from Hardhat's keystore or the environment (docs/running.md). What an earlier run
 * recorded is compared with the chain first. An interrupted deployment goes on where it stopped; a finished one is found again and
 * nothing is sent. Chain 31337 forgets everything at a restart, so there the memory of earlier runs lives in the data folder and goes
 * when the chain's instance changes. Progress goes to stderr; `--json` prints the result on stdout. Exit code 1 with one sentence when
 * something is wrong.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import {
  errorDeploymentResultToExceptionMessage,
  HardhatArtifactResolver,
} from "@nomicfoundation/hardhat-ignition/helpers";
import { DeploymentResultType, deploy as ignite, listTransactions } from "@nomicfoundation/ignition-core";
import hre from "hardhat";
import type { EthereumProvider } from "hardhat/types/providers";
import { type Address, type Hex, isAddressEqual, zeroAddress } from "viem";
import { askPasswordsOnStderr, connect, greet, instanceOf, isAutomined } from "./ignition/chain.ts";
import { differing, type Parameters, parseParameters } from "./ignition/parameters.ts";
import {
  DeploymentRefused,
  folderOf,
  isBegun,
  journalled,
  oneLine,
  readDeployment,
  readJson,
  readOrNothing,
  sentence,
  stringify,
  writeAtomically,
} from "./ignition/records.ts";
import { settleDoubts } from "./ignition/recover.ts";
import {
  type Built,
  type Cost,
  type DeployedContract,
  DeploymentDiffers,
  verifyContract,
} from "./ignition/verify.ts";
import { weir } from "./ignition/Weir.ts";

export { type Cost, type DeployedContract, DeploymentDiffers, DeploymentRefused };

const ROOT = join(import.meta.dirname, "..");
const LOCAL_CHAIN = 31337;
/** A development chain mines at once; Ignition would look once a second. */
const AUTOMINE_POLLING_MS = 50;

export interface Deployment {
  chainId: number;
  contracts: Record<string, DeployedContract>;
  /** Gas of the creations and bytes of code, per contract and in all. Not part of the file. */
  cost: Cost & { contracts: Record<string, Cost> };
}

export interface DeployOptions {
  /** A network of hardhat.config.ts. */
  network?: string;
  /** Replaces the network's address. */
  rpcUrl?: string;
  /** Holds the memory of local deployments. Default: WEIR_DATA_DIR, or .weir. */
  dataDir?: string;
  /** Where <chainId>.json is written, and for lasting chains the journal. */
  deploymentsDir?: string;
  /** Parsed JSON of the parameters. Default: those of the run before, or those of a local chain. */
  parameters?: unknown;
  /** Gets one line per step. Default: stderr. */
  log?: (line: string) => void;
}

/** The chain refused, or an earlier deployment there does not fit the contracts of today. */
class DeploymentFailed extends Error {
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

/**
 * Deploys, or finds what is deployed. Returns what it wrote to <deploymentsDir>/<chainId>.json, and what it cost.
 *
 * @throws DeploymentRefused, DeploymentDiffers, DeploymentFailed, ParametersInvalid
 */
export async function deploy(options: DeployOptions = {}): Promise<Deployment> {
  const { network = "localhost", log = (line) => console.error(line) } = options;
  const deploymentsDir = options.deploymentsDir ?? join(ROOT, "deployments");
  await buildContracts();
  const connection = await connect(network, options.rpcUrl);
  try {
    const { provider } = connection;
    const { chainId, accounts } = await greet(provider, network);
    const isLocal = chainId === LOCAL_CHAIN;
    const journal = isLocal
      ? await folderOf(await instanceOf(provider), join(dataFolder(options), "ignition"))
      : join(deploymentsDir, "journal", String(chainId));
    const before = await journalled(chainId, journal);
    const kept = isBegun(before) ? await readOrNothing(join(journal, "parameters.json")) : undefined;
    const parameters = await parametersOf(provider, kept, options.parameters);
    const built = await builtOf(parameters.eas);
    const file = join(deploymentsDir, `${chainId}.json`);
    const check = async (contracts: Record<string, DeployedContract>) => {
      const costs: Record<string, Cost> = {};
      for (const [name, recorded] of Object.entries(contracts)) {
        const artifact = built.get(name);
        if (artifact === undefined)
          throw new DeploymentDiffers(chainId, name, recorded.address, "there is no such contract any more");
        costs[name] = await verifyContract(provider, chainId, name, recorded, artifact);
      }
      return costs;
    };

    // A local chain's file may be older than the chain: there only the memory counts.
    const recorded = isLocal ? undefined : await readDeployment(file, chainId);
    if (recorded !== undefined) {
      const costs = await check(recorded);
      log(`${Object.keys(recorded).length} contracts of ${file} are on chain ${chainId} as recorded`);
      if (before === undefined) {
        const missing = [...built.keys()].filter((name) => recorded[name] === undefined);
        if (missing.length > 0)
          throw new DeploymentRefused(
            `${file} has no ${missing.join(", ")} and the journal ${journal} is not there to go on from`,
          );
        return { chainId, contracts: recorded, cost: sumOf(costs) };
      }
    }

    log(`deploying to chain ${chainId} (${network})${before === undefined ? "" : ", going on"}`);
    if (before !== undefined) await settleDoubts(provider, journal).catch(failed(chainId));
    const contracts = await send(provider, chainId, accounts, journal, parameters);
    for (const [name, { address }] of Object.entries(recorded ?? {})) {
      const journalled = contracts[name]?.address;
      if (journalled === undefined || !isAddressEqual(journalled, address))
        throw new DeploymentDiffers(chainId, name, address, `the journal has ${journalled ?? "none"}`);
    }
    const cost = sumOf(await check(contracts));
    for (const [name, { gas, bytes }] of Object.entries(cost.contracts))
      log(`${name.padEnd(14)} ${contracts[name]!.address} ${figures(gas, bytes)}`);
    log(`${"sum".padEnd(14)} ${" ".repeat(42)} ${figures(cost.gas, cost.bytes)}`);
    await writeAtomically(file, `${stringify({ contracts }, 2)}\n`);
    log(`wrote ${file}`);
    return { chainId, contracts, cost };
  } finally {
    await connection.close();
  }
}

/** Sends what the journal does not know yet. Returns everything that it knows then. */
async function send(
  provider: EthereumProvider,
  chainId: number,
  accounts: string[],
  journal: string,
  parameters: Parameters,
): Promise<Record<string, DeployedContract>> {
  await writeAtomically(join(journal, "parameters.json"), `${stringify(parameters, 2)}\n`);
  const resolver = new HardhatArtifactResolver(hre.artifacts);
  const module = weir(parameters.eas);
  const result = await ignite({
    config: (await isAutomined(provider))
      ? { blockPollingInterval: AUTOMINE_POLLING_MS, requiredConfirmations: 1 }
      : {},
    provider,
    deploymentDir: journal,
    artifactResolver: resolver,
    ignitionModule: module,
    deploymentParameters: { [module.id]: moduleParameters(parameters) },
    accounts,
  }).catch(failed(chainId));
  if (result.type !== DeploymentResultType.SUCCESSFUL_DEPLOYMENT) {
    throw new DeploymentFailed(chainId, oneLine(errorDeploymentResultToExceptionMessage(result)));
  }
  const contracts: Record<string, DeployedContract> = {};
  for (const sent of await listTransactions(journal, resolver)) {
    if (sent.name === undefined || sent.address === undefined || sent.status !== "SUCCESS") continue;
    contracts[sent.name] = {
      address: sent.address as Address,
      block: await blockOf(provider, sent.txHash as Hex),
      constructorArguments: JSON.parse(stringify(sent.params ?? [])) as unknown[],
    };
  }
  return contracts;
}

const failed = (chainId: number) => (error: unknown) => {
  throw new DeploymentFailed(chainId, sentence(error));
};

/** A deployment that was begun binds its parameters: its contracts must not disagree about them. */
async function parametersOf(
  provider: EthereumProvider,
  kept: string | undefined,
  given: unknown,
): Promise<Parameters> {
  const before = kept === undefined ? undefined : parseParameters(JSON.parse(kept));
  const parameters = given === undefined ? (before ?? parseParameters({})) : parseParameters(given);
  const changed = before === undefined ? [] : differing(before, parameters);
  if (changed.length > 0)
    throw new DeploymentRefused(`the deployment was begun with other parameters: ${changed.join(", ")}`);
  if (parameters.eas !== zeroAddress) {
    const code = await provider.request({ method: "eth_getCode", params: [parameters.eas, "latest"] });
    if (code === "0x")
      throw new DeploymentRefused(`there is no contract at ${parameters.eas} (parameter "eas")`);
  }
  return parameters;
}

function moduleParameters({ eas: _decidesWhatIsDeployed, ...parameters }: Parameters) {
  return parameters;
}

/** Contract name → what was built, in the order of the module. */
async function builtOf(eas: Address): Promise<Map<string, Built>> {
  const built = new Map<string, Built>();
  for (const future of weir(eas).futures) {
    if (!("contractName" in future)) continue;
    const artifact =
      "artifact" in future ? future.artifact : await hre.artifacts.readArtifact(future.contractName);
    built.set(future.contractName, artifact as unknown as Built);
  }
  return built;
}

/** Where the memory of a local chain lies. */
function dataFolder({ dataDir }: DeployOptions): string {
  return dataDir ?? process.env.WEIR_DATA_DIR ?? join(ROOT, ".weir");
}

async function blockOf(provider: EthereumProvider, hash: Hex): Promise<number> {
  const receipt = await provider.request({ method: "eth_getTransactionReceipt", params: [hash] });
  return Number((receipt as { blockNumber: Hex }).blockNumber);
}

function sumOf(contracts: Record<string, Cost>): Deployment["cost"] {
  const sum = (of: keyof Cost) => Object.values(contracts).reduce((total, cost) => total + cost[of], 0);
  return { gas: sum("gas"), bytes: sum("bytes"), contracts };
}

function figures(gas: number, bytes: number): string {
  return `${gas.toLocaleString("en").padStart(11)} gas ${bytes.toLocaleString("en").padStart(8)} bytes`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      network: { type: "string" },
      parameters: { type: "string" },
      deployments: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  askPasswordsOnStderr();
  const deployment = await deploy({
    network: values.network,
    deploymentsDir: values.deployments,
    parameters: values.parameters === undefined ? undefined : await readJson(values.parameters),
  });
  if (values.json) console.log(stringify(deployment));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await main().catch((error: unknown) => {
    console.error(`deploy: ${sentence(error)}`);
    process.exitCode = 1;
  });
}
