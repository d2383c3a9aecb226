/** The contracts on the bench's chain, in their order of need, a token that everybody holds, and one hub. */

import easArtifact from "@ethereum-attestation-service/eas-contracts/artifacts/contracts/EAS.sol/EAS.json" with {
  type: "json",
};
import registryArtifact from "@ethereum-attestation-service/eas-contracts/artifacts/contracts/SchemaRegistry.sol/SchemaRegistry.json" with {
  type: "json",
};
import hre from "hardhat";
import { type Abi, type Address, type Hex, keccak256, maxUint256, toHex, zeroAddress } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import { DEFAULTS } from "../../scripts/ignition/parameters.ts";
import { type Bench, type Contract, START, word } from "./harness.ts";

export const ONE = 1_000_000n;
export const METADATA = JSON.stringify({ name: "Weather of Weirton", license: "CC-BY-4.0" });
const PERMIT2: Address = "0x000000000022D473030F116dDEE9F6B43aC78BA3";

/** P-256's base point and its double: keys that everybody can check. */
export const PUBLISHER_KEY = {
  x: "0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
  y: "0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
} as const;
export const DEVICE_KEY = {
  x: "0x7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978",
  y: "0x07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1",
} as const;

export type Market = Awaited<ReturnType<typeof openMarket>>;

/** Deploys everything; each creation is a row, and so is each contract's size. */
export async function openMarket(bench: Bench) {
  const made = async (name: string, args: unknown[] = [], artifact?: { abi: Abi; bytecode: Hex }) => {
    const { gas, ...contract } = await bench.deploy(name, args, artifact);
    bench.record(`deploy ${name}`, gas);
    const code = await bench.client.getCode({ address: contract.address });
    bench.record(`size ${name}, bytes`, (code!.length - 2) / 2);
    return contract;
  };
  const token = await withoutRow(bench, "TestToken");
  const channels = await made("Channels", [[]]);
  const subscriptions = await made("Subscriptions", [[]]);
  const hubs = await made("Hubs");
  const { minimumBond, disputeWindow, minimumStake, unbondingDelay } = DEFAULTS;
  const listings = await made("Listings", [hubs.address, zeroAddress, minimumBond, disputeWindow]);
  const consents = await made("Consents", [listings.address]);
  const registry = await made(
    "SchemaRegistry",
    [],
    registryArtifact as unknown as { abi: Abi; bytecode: Hex },
  );
  const eas = await made("EAS", [registry.address], easArtifact as unknown as { abi: Abi; bytecode: Hex });
  const grants = await made("Grants", [
    hubs.address,
    listings.address,
    channels.address,
    subscriptions.address,
    consents.address,
    eas.address,
  ]);
  const relays = await made("Relays", [minimumStake, unbondingDelay]);
  const anchors = await made("Anchors", [listings.address]);
  const ratings = await made("Ratings", [grants.address, subscriptions.address]);
  const permit2 = await placePermit2(bench);
  const contracts = {
    channels,
    subscriptions,
    hubs,
    listings,
    consents,
    grants,
    relays,
    anchors,
    ratings,
  };

  const people = {
    owner: await bench.actor("owner"),
    manager: await bench.actor("manager"),
    operator: await bench.actor("operator"),
    payee: await bench.actor("payee"),
    relay: await bench.actor("relay"),
    market: await bench.actor("market"),
    buyer: await bench.actor("buyer"),
    session: await bench.actor("session key"),
    stranger: await bench.actor("stranger"),
  };
  await mint(bench, token, people.payee.address);

  return {
    bench,
    ...contracts,
    token,
    registry,
    eas,
    permit2,
    ...people,
    all: Object.values(contracts),
    minimumBond,
    /** An account that holds tokens and has allowed the three who take them. */
    async buyerOf(name: string): Promise<PrivateKeyAccount> {
      const account = await bench.actor(name);
      await mint(bench, token, account.address);
      for (const spender of [channels, subscriptions, grants, permit2])
        await bench.call(account, token, "approve", [spender.address, maxUint256]);
      return account;
    },
  };
}

async function withoutRow(bench: Bench, name: string): Promise<Contract> {
  const { gas: _notAsked, ...contract } = await bench.deploy(name);
  return contract;
}

async function mint(bench: Bench, token: Contract, to: Address): Promise<void> {
  await bench.call(await bench.actor("mint"), token, "mint", [to, 1_000_000n * ONE]);
}

/** The real Permit2 at its real address. Its constructor runs there, so that its cached domain is the one of that address. */
async function placePermit2(bench: Bench): Promise<Contract> {
  const { abi, bytecode } = await hre.artifacts.readArtifact("Permit2");
  await bench.node.setCode({ address: PERMIT2, bytecode: bytecode as Hex });
  const { data } = await bench.client.call({ to: PERMIT2 });
  await bench.node.setCode({ address: PERMIT2, bytecode: data! });
  return { name: "Permit2", address: PERMIT2, abi: abi as Abi };
}

export const hashOf = (text: string): Hex => keccak256(toHex(text));
export { START, word };
