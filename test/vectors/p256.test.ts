/**
 * P-256 on the chain, by the precompile and by the Solidity fallback, on vectors that nobody here wrote.
 *
 * - a signature is 64 bytes, r and s; any other length is none
 * - both ways give the same answer on every vector
 * - invalid vectors are refused
 * - valid vectors with a low s are accepted
 * - valid vectors with a high s are refused as they are, and accepted with n - s: each message has one signature
 *
 * Wycheproof's vectors lie beside the repository (../shared/vectors). A clone may stand alone: then only the few below run, and the name
 * of the test says so.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import hre from "hardhat";
import { type Hex, hexToBigInt, numberToHex, pad, size, slice, toHex } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";

type Vector = { name: string; digest: Hex; x: Hex; y: Hex; signature: Hex; isValid: boolean };
type Signed = { digest: Hex; r: Hex; s: Hex; x: Hex; y: Hex };

const FILE = join(
  import.meta.dirname,
  "../../../shared/vectors/wycheproof/ecdsa_secp256r1_sha256_p1363_test.json",
);
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
/** About 12 million gas by the fallback: below what one call may use. */
const BATCH = 48;

const sha256 = (data: Uint8Array): Hex => `0x${createHash("sha256").update(data).digest("hex")}`;
const word = (value: bigint): Hex => numberToHex(value, { size: 32 });

function wycheproof(): Vector[] {
  type Group = {
    publicKey: { wx: string; wy: string };
    tests: { tcId: number; comment: string; msg: string; sig: string; result: string }[];
  };
  const { testGroups, numberOfTests } = JSON.parse(readFileSync(FILE, "utf8")) as {
    testGroups: Group[];
    numberOfTests: number;
  };
  const vectors = testGroups.flatMap(({ publicKey, tests }) =>
    tests.map(({ tcId, comment, msg, sig, result }) => ({
      name: `${tcId} ${comment}`,
      digest: sha256(Buffer.from(msg, "hex")),
      // Coordinates are written as signed numbers: a leading zero byte may be too many or too few.
      x: word(BigInt(`0x${publicKey.wx}`)),
      y: word(BigInt(`0x${publicKey.wy}`)),
      signature: `0x${sig}` as Hex,
      isValid: result === "valid",
    })),
  );
  if (vectors.length !== numberOfTests) throw new Error(`${FILE} is not whole`);
  return vectors;
}

/** RFC 6979, A.2.5, and Wycheproof's smallest r and s; around them what must not pass. */
function handful(): Vector[] {
  const x = "0x60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";
  const y = "0x7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
  const r = 0xefd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716n;
  const s = 0xf7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8n;
  const other = {
    r: 0xf1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367n,
    s: 0x019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083n,
  };
  const digest = sha256(Buffer.from("sample"));
  const vector = (name: string, isValid: boolean, changes: Partial<Vector> = {}): Vector => ({
    name,
    isValid,
    digest,
    x,
    y,
    signature: both(r, s),
    ...changes,
  });
  const refused = (name: string, signature: Hex) => vector(name, false, { signature });
  return [
    vector("RFC 6979, sample: a high s", true),
    vector("RFC 6979, test: a low s", true, {
      digest: sha256(Buffer.from("test")),
      signature: both(other.r, other.s),
    }),
    vector("r = 5, s = 1", true, {
      digest: sha256(Buffer.from("123400")),
      x: "0xa71af64de5126a4a4e02b7922d66ce9415ce88a4c9d25514d91082c8725ac957",
      y: "0x5d47723c8fbe580bb369fec9c2665d8e30a435b9932645482e7c9f11e872296b",
      signature: both(5n, 1n),
    }),
    vector("another message", false, { digest: sha256(Buffer.from("samples")) }),
    vector("a key off the curve", false, { y: x }),
    vector("no key", false, { x: word(0n), y: word(0n) }),
    refused("r = 0", both(0n, s)),
    refused("s = 0", both(r, 0n)),
    refused("r = n", both(N, s)),
    refused("s = n", both(r, N)),
    refused("r and s exchanged", both(s, r)),
    refused("n - r", both(N - r, s)),
    refused("63 bytes", slice(both(r, s), 0, 63)),
    refused("65 bytes", `${both(r, s)}00`),
    refused("nothing", "0x"),
  ];
}

const both = (r: bigint, s: bigint): Hex => `${word(r)}${word(s).slice(2)}`;

/** r and s, or undefined for what is no signature. */
function halves(signature: Hex): { r: Hex; s: Hex } | undefined {
  if (size(signature) !== 64) return undefined;
  return { r: slice(signature, 0, 32), s: slice(signature, 32) };
}

type Probe = (signed: Signed[]) => Promise<readonly boolean[]>;
let native: Probe;
let solidity: Probe;
let stop: (() => Promise<void>) | undefined;

beforeAll(async () => {
  const connection = await hre.network.create();
  stop = () => connection.close();
  const { read } = await connection.viem.deployContract("P256Probe");
  const ways = read as Record<string, (args: [Signed[]], options: { gas: bigint }) => Promise<boolean[]>>;
  const inBatches =
    (way: "verifyNative" | "verifySolidity"): Probe =>
    async (signed) => {
      const answers: boolean[] = [];
      for (let at = 0; at < signed.length; at += BATCH)
        answers.push(...(await ways[way]!([signed.slice(at, at + BATCH)], { gas: 16_000_000n })));
      return answers;
    };
  native = inBatches("verifyNative");
  solidity = inBatches("verifySolidity");
});

afterAll(() => stop?.());

/** What both ways say, which is one answer. */
async function verify(signed: Signed[], names: string[]): Promise<readonly boolean[]> {
  const [one, other] = [await native(signed), await solidity(signed)];
  expect(names.filter((_, index) => one[index] !== other[index])).toEqual([]);
  return one;
}

async function checkAll(vectors: Vector[]): Promise<{ parsed: number; high: number; accepted: number }> {
  const wellFormed = vectors.flatMap((vector) => {
    const parsed = halves(vector.signature);
    if (parsed === undefined) {
      expect({ name: vector.name, isValid: vector.isValid }).toEqual({ name: vector.name, isValid: false });
      return [];
    }
    const { digest, x, y } = vector;
    return [{ ...vector, isHigh: hexToBigInt(parsed.s) > N / 2n, signed: { digest, x, y, ...parsed } }];
  });
  const names = wellFormed.map(({ name }) => name);
  const asTheyAre = await verify(
    wellFormed.map(({ signed }) => signed),
    names,
  );
  const wrong = wellFormed.filter(({ isValid, isHigh }, index) => asTheyAre[index] !== (isValid && !isHigh));
  expect(wrong.map(({ name }) => name)).toEqual([]);

  const high = wellFormed.filter(({ isHigh, signed }) => isHigh && hexToBigInt(signed.s) < N);
  const lowered = await verify(
    high.map(({ signed }) => ({ ...signed, s: word(N - hexToBigInt(signed.s)) })),
    high.map(({ name }) => name),
  );
  const stillWrong = high.filter(({ isValid }, index) => lowered[index] !== isValid);
  expect(stillWrong.map(({ name }) => name)).toEqual([]);
  return {
    parsed: wellFormed.length,
    high: high.length,
    accepted: asTheyAre.filter(Boolean).length + lowered.filter(Boolean).length,
  };
}

test("the few of this repository", async () => {
  expect(await checkAll(handful())).toEqual({ parsed: 12, high: 8, accepted: 3 });
});

if (existsSync(FILE)) {
  test("Wycheproof, ECDSA secp256r1 SHA-256, r and s", async () => {
    const vectors = wycheproof();
    const { parsed, high, accepted } = await checkAll(vectors);
    expect(accepted).toBe(vectors.filter(({ isValid }) => isValid).length);
    expect(parsed).toBeGreaterThan(200);
    expect(high).toBeGreaterThan(0);
  });
} else {
  test("Wycheproof's vectors are not here (../shared/vectors): only the few of this repository ran", () => {
    console.warn(`${FILE} is missing: P-256 was checked on ${handful().length} vectors alone`);
  });
}

test("a signature is read strictly", () => {
  const signature = both(1n, 2n);
  expect(halves(signature)).toEqual({ r: word(1n), s: word(2n) });
  for (const other of ["0x", "0x00", slice(signature, 1), pad(signature, { size: 65 }), toHex("x")] as Hex[])
    expect(halves(other)).toBeUndefined();
});
