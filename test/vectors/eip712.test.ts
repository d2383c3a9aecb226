// The escrows' messages hashed by viem and by ethers from the files alone; Solidity checks the same files in
// test/contracts/Channels.vectors.t.sol and Subscriptions.vectors.t.sol.
import { readFileSync } from "node:fs";
import { AbiCoder, keccak256 as ethersKeccak, TypedDataEncoder } from "ethers";
import {
  type Address,
  domainSeparator,
  encodeAbiParameters,
  type Hex,
  hashStruct,
  hashTypedData,
  keccak256,
  parseAbiParameters,
} from "viem";
import { describe, expect, it } from "vitest";

type Fields = Record<string, { name: string; type: string }[]>;
type Domain = { name: string; version: string; chainId: number; verifyingContract: Address };
type File = {
  types: Fields;
  domains: (Domain & { separator: Hex; deployment: Hex })[];
  relays: { list: Address[]; relaysHash: Hex }[];
  vectors: {
    domain: number;
    primaryType: string;
    message: Record<string, string>;
    structHash: Hex;
    digest: Hex;
    channelId?: Hex;
    subscriptionId?: Hex;
  }[];
  fundNonces?: {
    message: { subscriptionId: Hex; amount: string; stop: string; fundSalt: Hex };
    nonce: Hex;
  }[];
};

const coder = AbiCoder.defaultAbiCoder();

function read(name: string): File {
  return JSON.parse(readFileSync(new URL(`./${name}`, import.meta.url), "utf8")) as File;
}

describe.each(["eip712-channels.json", "eip712-subscriptions.json"])("%s", (name) => {
  const file = read(name);

  function domainAt(at: number): Domain {
    const { separator: _separator, deployment: _deployment, ...domain } = file.domains[at]!;
    return domain;
  }

  it("holds at least three messages of every type", () => {
    for (const name of Object.keys(file.types)) {
      expect(file.vectors.filter((vector) => vector.primaryType === name).length).toBeGreaterThanOrEqual(3);
    }
  });

  it.each(file.domains.map((domain, at) => ({ ...domain, at })))("domain on chain $chainId", (entry) => {
    const domain = domainAt(entry.at);
    expect(domainSeparator({ domain })).toBe(entry.separator);
    expect(TypedDataEncoder.hashDomain(domain)).toBe(entry.separator);
    const parts = [entry.verifyingContract, BigInt(entry.chainId)] as const;
    expect(keccak256(encodeAbiParameters(parseAbiParameters("address, uint256"), parts))).toBe(
      entry.deployment,
    );
    expect(ethersKeccak(coder.encode(["address", "uint256"], parts))).toBe(entry.deployment);
  });

  it.each(file.relays)("relay list $list", ({ list, relaysHash }) => {
    expect(keccak256(encodeAbiParameters(parseAbiParameters("address[]"), [list]))).toBe(relaysHash);
    expect(ethersKeccak(coder.encode(["address[]"], [list]))).toBe(relaysHash);
  });

  it.each(file.vectors.map((vector, row) => ({ ...vector, row })))("$row: $primaryType", (vector) => {
    const { primaryType, message } = vector;
    const domain = domainAt(vector.domain);
    const only = { [primaryType]: file.types[primaryType]! };
    expect(hashStruct({ data: message, primaryType, types: file.types })).toBe(vector.structHash);
    expect(hashTypedData({ domain, types: file.types, primaryType, message })).toBe(vector.digest);
    expect(TypedDataEncoder.hashStruct(primaryType, only, message)).toBe(vector.structHash);
    expect(TypedDataEncoder.hash(domain, only, message)).toBe(vector.digest);
    const id = vector.channelId ?? vector.subscriptionId;
    if (id === undefined) return;
    const pair = [file.domains[vector.domain]!.deployment, vector.structHash];
    expect(ethersKeccak(coder.encode(["bytes32", "bytes32"], pair))).toBe(id);
  });
});

it.each(read("eip712-subscriptions.json").fundNonces!)("nonce of a signed funding, $nonce", (entry) => {
  const { subscriptionId, amount, stop, fundSalt } = entry.message;
  const fields = ["bytes32", "uint96", "uint32", "bytes32"];
  expect(ethersKeccak(coder.encode(fields, [subscriptionId, amount, stop, fundSalt]))).toBe(entry.nonce);
  const encoded = encodeAbiParameters(parseAbiParameters("bytes32, uint96, uint32, bytes32"), [
    subscriptionId,
    BigInt(amount),
    Number(stop),
    fundSalt,
  ]);
  expect(keccak256(encoded)).toBe(entry.nonce);
});
