/** Where the contracts are: the content of `deployments/<chainId>.json`, which `npm run deploy` writes and everybody reads. */
import { type Address, getAddress, isAddress } from "viem";

/** Every contract of a deployment. They are deployed together: a file that lacks one is of an older deployment and refused. */
export const CONTRACT_NAMES = [
  "Channels",
  "Subscriptions",
  "Hubs",
  "Listings",
  "Consents",
  "Grants",
  "Ratings",
  "Relays",
  "Anchors",
] as const;

export type ContractName = (typeof CONTRACT_NAMES)[number];

/** Contract name → address. */
export type Contracts = Readonly<Record<ContractName, Address>>;

export type Deployment = {
  contracts: Contracts;
  /** Block in which each contract was created. */
  blocks: Readonly<Record<ContractName, bigint>>;
  /** The earliest of `blocks`: no event of ours is older. */
  fromBlock: bigint;
};

/** The file is missing a contract, or holds something that is no address or block. */
export class DeploymentInvalid extends Error {
  override readonly name = "DeploymentInvalid";
  readonly field: string;

  constructor(field: string) {
    super(`The deployment file has no valid "${field}". Run "npm run deploy" for this chain.`);
    this.field = field;
  }
}

/**
 * Checks the parsed JSON of a deployment file, `{contracts: {Name: {address, block, constructorArguments}}}`. Blocks may be
 * numbers or decimal strings. Every contract must be there: a program that followed some of them would miss events
 * and not know it. Reads no file itself.
 *
 * @throws DeploymentInvalid with the field that is wrong
 * @example
 * const { contracts, fromBlock } = parseDeployment(JSON.parse(await readFile("deployments/31337.json", "utf8")));
 */
export function parseDeployment(json: unknown): Deployment {
  const entries = member(json, "contracts");
  if (typeof entries !== "object" || entries === null) throw new DeploymentInvalid("contracts");
  const contracts: Partial<Record<ContractName, Address>> = {};
  const blocks: Partial<Record<ContractName, bigint>> = {};
  for (const name of CONTRACT_NAMES) {
    const entry = member(entries, name);
    const address = member(entry, "address");
    if (typeof address !== "string" || !isAddress(address, { strict: false }))
      throw new DeploymentInvalid(`contracts.${name}.address`);
    const block = member(entry, "block");
    if (!/^\d{1,18}$/.test(String(block))) throw new DeploymentInvalid(`contracts.${name}.block`);
    contracts[name] = getAddress(address);
    blocks[name] = BigInt(String(block));
  }
  return {
    contracts: contracts as Contracts,
    blocks: blocks as Record<ContractName, bigint>,
    fromBlock: Object.values(blocks).sort((a, b) => Number(a - b))[0]!,
  };
}

const member = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
