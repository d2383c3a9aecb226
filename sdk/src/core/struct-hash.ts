// EIP-712 digests of flat messages, many a second: a relay checks one for every voucher. What is the same for all messages of a kind (type
// hash, domain separator) is hashed once. Anything unusual in a message goes to viem, which says what is wrong with it.
import { keccak_256 } from "@noble/hashes/sha3.js";
import { hashDomain, hashTypedData, isAddress, type TypedDataDomain, type TypedDataParameter } from "viem";
import { type Bytes, unhex, utf8 } from "./bytes.ts";

const WORD = 32;
/** A process speaks for a few contracts on a chain or two. */
const MAX_DOMAINS = 64;

const typeHashes = new Map<string, Uint8Array>();
const separators = new Map<string, Uint8Array>();

/** keccak256(0x1901 ‖ domain separator ‖ struct hash) of a message whose fields are addresses, bytes32 and unsigned integers. */
export function hashMessage(
  domain: TypedDataDomain,
  primaryType: string,
  fields: readonly TypedDataParameter[],
  message: Record<string, unknown>,
): Bytes {
  const words = new Uint8Array(WORD * (1 + fields.length));
  words.set(typeHashOf(primaryType, fields));
  for (let i = 0; i < fields.length; i++) {
    const { name, type } = fields[i]!;
    if (!encodeWord(words.subarray(WORD * (i + 1), WORD * (i + 2)), type, message[name]))
      return unhex(hashTypedData({ domain, types: { [primaryType]: fields }, primaryType, message }));
  }
  const whole = new Uint8Array(2 + 2 * WORD);
  whole[0] = 0x19;
  whole[1] = 0x01;
  whole.set(separatorOf(domain), 2);
  whole.set(keccak_256(words), 2 + WORD);
  return keccak_256(whole) as Bytes;
}

/** Writes one field. False for what is not plainly a value of this type. */
function encodeWord(word: Uint8Array, type: string, value: unknown): boolean {
  if (type === "bytes32") {
    if (typeof value !== "string" || !/^0x[0-9a-fA-F]{64}$/.test(value)) return false;
    word.set(unhex(value as `0x${string}`));
    return true;
  }
  if (type === "address") {
    if (typeof value !== "string" || !isAddress(value)) return false;
    word.set(unhex(value), 12);
    return true;
  }
  const bits = /^uint([0-9]+)$/.exec(type);
  if (bits === null || (typeof value !== "bigint" && !Number.isSafeInteger(value))) return false;
  const number = BigInt(value as bigint | number);
  if (number < 0n || number >> BigInt(bits[1]!) !== 0n) return false;
  const view = new DataView(word.buffer, word.byteOffset, WORD);
  let rest = number;
  for (let at = WORD - 8; rest > 0n; at -= 8) {
    view.setBigUint64(at, rest); // the low 64 bits
    rest >>= 64n;
  }
  return true;
}

function typeHashOf(primaryType: string, fields: readonly TypedDataParameter[]): Uint8Array {
  const text = `${primaryType}(${fields.map(({ type, name }) => `${type} ${name}`).join(",")})`;
  return remembered(typeHashes, text, () => keccak_256(utf8(text)));
}

const DOMAIN_TYPES: Record<string, string> = {
  name: "string",
  version: "string",
  chainId: "uint256",
  verifyingContract: "address",
};

function separatorOf(domain: TypedDataDomain): Uint8Array {
  const { name, version, chainId, verifyingContract } = domain;
  return remembered(separators, `${name}/${version}/${chainId}/${verifyingContract}`, () => {
    const EIP712Domain = Object.entries(DOMAIN_TYPES)
      .filter(([field]) => domain[field as keyof TypedDataDomain] !== undefined)
      .map(([name, type]) => ({ name, type }));
    return unhex(hashDomain({ domain, types: { EIP712Domain } } as Parameters<typeof hashDomain>[0]));
  });
}

function remembered(cache: Map<string, Uint8Array>, key: string, make: () => Uint8Array): Uint8Array {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = make();
  if (cache.size >= MAX_DOMAINS) cache.clear();
  cache.set(key, made);
  return made;
}
