// The channel messages hashed by viem and by ethers from the file alone; Solidity checks the same file in
// test/contracts/Channels.vectors.t.sol.
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
  }[];
};

const file = JSON.parse(readFileSync(new URL("./eip712-channels.json", import.meta.url), "utf8")) as File;
const coder = AbiCoder.defaultAbiCoder();

function domainAt(at: number): Domain {
  const { separator: _separator, deployment: _deployment, ...domain } = file.domains[at]!;
  return domain;
}

describe("eip712-channels.json", () => {
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
    if (vector.channelId === undefined) return;
    const pair = [file.domains[vector.domain]!.deployment, vector.structHash];
    expect(ethersKeccak(coder.encode(["bytes32", "bytes32"], pair))).toBe(vector.channelId);
  });
});
