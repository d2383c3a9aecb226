// EIP-712 digests of flat messages, many a second: a relay checks one for every voucher. What is the same for all messages of a kind (type
// hash, domain separator, how each field is written) is made once. Anything unusual in a message goes to viem, which says what is wrong with it.
import { keccak_256 } from "@noble/hashes/sha3.js";
import { hashDomain, hashTypedData, isAddress, type TypedDataDomain, type TypedDataParameter } from "viem";
import { type Bytes, unhex, utf8, writeHex } from "./bytes.ts";

/** Keccak-256. Two of them are most of a digest, so whoever needs many passes in a fast one. */
export type Keccak = (bytes: Uint8Array) => Uint8Array;

const WORD = 32;
/** A process speaks for a few contracts on a chain or two. */
const MAX_DOMAINS = 64;
/** Addresses in messages are mostly those of a few relays. */
const MAX_ADDRESSES = 4096;

/** Writes one field at `at`. False for what is not plainly a value of its type. */
type Writer = (words: Uint8Array, view: DataView, at: number, value: unknown) => boolean;
/** How messages of one type become words. The words are used again: hashing happens at once. */
type Plan = { names: string[]; writers: Writer[]; words: Uint8Array; view: DataView };

const plans = new WeakMap<readonly TypedDataParameter[], Plan>();
const separators = new Map<string, Uint8Array>();
const addresses = new Map<string, Uint8Array>();
/** 0x1901 ‖ domain separator ‖ struct hash. */
const whole = new Uint8Array(2 + 2 * WORD);
whole[0] = 0x19;
whole[1] = 0x01;

/** keccak256(0x1901 ‖ domain separator ‖ struct hash) of a message whose fields are addresses, bytes32 and unsigned integers. */
export function hashMessage(
  domain: TypedDataDomain,
  primaryType: string,
  fields: readonly TypedDataParameter[],
  message: Record<string, unknown>,
  keccak: Keccak = keccak_256,
): Bytes {
  let plan = plans.get(fields);
  if (plan === undefined) {
    plan = planOf(primaryType, fields);
    plans.set(fields, plan);
  }
  const { names, writers, words, view } = plan;
  words.fill(0, WORD);
  for (let i = 0; i < writers.length; i++)
    if (!writers[i]!(words, view, WORD * (i + 1), message[names[i]!]))
      return unhex(hashTypedData({ domain, types: { [primaryType]: fields }, primaryType, message }));
  const struct = keccak(words);
  whole.set(separatorOf(domain), 2);
  whole.set(struct, 2 + WORD);
  return keccak(whole) as Bytes;
}

function planOf(primaryType: string, fields: readonly TypedDataParameter[]): Plan {
  const text = `${primaryType}(${fields.map(({ type, name }) => `${type} ${name}`).join(",")})`;
  const words = new Uint8Array(WORD * (1 + fields.length));
  words.set(keccak_256(utf8(text)));
  return {
    names: fields.map(({ name }) => name!),
    writers: fields.map(({ type }) => writerOf(type)),
    words,
    view: new DataView(words.buffer),
  };
}

function writerOf(type: string): Writer {
  if (type === "bytes32")
    return (words, _view, at, value) =>
      typeof value === "string" && value.length === 2 + 2 * WORD && writeHex(words, at, value);
  if (type === "address") return writeAddress;
  const bits = /^uint([0-9]+)$/.exec(type);
  if (bits === null) return () => false;
  const end = 1n << BigInt(bits[1]!);
  return (_words, view, at, value) => {
    if (typeof value !== "bigint" && !Number.isSafeInteger(value)) return false;
    const number = BigInt(value as bigint | number);
    if (number < 0n || number >= end) return false;
    let rest = number;
    for (let to = at + WORD - 8; rest > 0n; to -= 8) {
      view.setBigUint64(to, rest); // the low 64 bits
      rest >>= 64n;
    }
    return true;
  };
}

const writeAddress: Writer = (words, _view, at, value) => {
  if (typeof value !== "string") return false;
  let bytes = addresses.get(value);
  if (bytes === undefined) {
    if (!isAddress(value)) return false;
    bytes = unhex(value);
    if (addresses.size >= MAX_ADDRESSES) addresses.clear();
    addresses.set(value, bytes);
  }
  words.set(bytes, at + 12);
  return true;
};

const DOMAIN_TYPES: Record<string, string> = {
  name: "string",
  version: "string",
  chainId: "uint256",
  verifyingContract: "address",
};

/** The last one: mostly it is wanted again. */
let latest: { domain: TypedDataDomain; separator: Uint8Array } | undefined;

function separatorOf(domain: TypedDataDomain): Uint8Array {
  const { name, version, chainId, verifyingContract } = domain;
  if (
    latest !== undefined &&
    latest.domain.verifyingContract === verifyingContract &&
    latest.domain.chainId === chainId &&
    latest.domain.name === name &&
    latest.domain.version === version
  )
    return latest.separator;
  const key = `${name}/${version}/${chainId}/${verifyingContract}`;
  let separator = separators.get(key);
  if (separator === undefined) {
    const EIP712Domain = Object.entries(DOMAIN_TYPES)
      .filter(([field]) => domain[field as keyof TypedDataDomain] !== undefined)
      .map(([name, type]) => ({ name, type }));
    separator = unhex(hashDomain({ domain, types: { EIP712Domain } } as Parameters<typeof hashDomain>[0]));
    if (separators.size >= MAX_DOMAINS) separators.clear();
    separators.set(key, separator);
  }
  latest = { domain: { name, version, chainId, verifyingContract } as TypedDataDomain, separator };
  return separator;
}
