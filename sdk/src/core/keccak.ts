/**
 * Keccak-256 of short messages in WebAssembly, which has the 64-bit words that the permutation is made of: some six times as fast as in
 * JavaScript, where each word is two halves. Node's OpenSSL has SHA-3 only, whose padding differs. The module is put together here from the
 * permutation's definition (FIPS 202, section 3.2), so that there is no binary in the repository; test/keccak.test.ts compares it with noble's.
 */
import { keccak_256 } from "@noble/hashes/sha3.js";
import { type Bytes, utf8 } from "./bytes.ts";

/** Bytes that one permutation takes in. */
const RATE = 136;
const LANES = 25;
const ROUNDS = 24;

// Opcodes (https://webassembly.github.io/spec/core/binary/instructions.html).
const END = 0x0b;
const LOOP = [0x03, 0x40];
const BR_IF_0 = [0x0d, 0];
const GET = 0x20;
const SET = 0x21;
const I32_CONST = 0x41;
const I64_CONST = 0x42;
const I32_ADD = 0x6a;
const I32_LT_U = 0x49;
const XOR = 0x85;
const AND = 0x83;
const ROTL = 0x89;
const I64 = 0x7e;
const I32 = 0x7f;

/** Local variables: the state's lanes, five columns and one lane more, then the round's place in the table. */
const COLUMN = LANES;
const SPARE = COLUMN + 5;
const PLACE = SPARE + 1;
/** The table of round constants lies behind the state. */
const TABLE = 8 * LANES;

const leb = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >> 7)];
/** Signed: a sixth bit would be the sign. */
const i32 = (value: number): number[] =>
  value < 0x40 ? [I32_CONST, value] : [I32_CONST, (value & 0x7f) | 0x80, ...i32(value >> 7).slice(1)];
const load = (offset: number): number[] => [0x29, 3, ...leb(offset)];
const store = (offset: number): number[] => [0x37, 3, ...leb(offset)];
const get = (local: number): number[] => [GET, local];
const set = (local: number): number[] => [SET, local];
const rotated = (by: number): number[] => [I64_CONST, by, ROTL];

/** The round constants, from the linear feedback shift register that defines them. */
function roundConstants(): bigint[] {
  let register = 1;
  return Array.from({ length: ROUNDS }, () => {
    let constant = 0n;
    for (let j = 0; j <= 6; j++) {
      if (register & 1) constant |= 1n << BigInt(2 ** j - 1);
      register = (register << 1) ^ (register & 0x80 ? 0x171 : 0);
    }
    return constant;
  });
}

/** One round over local variables: theta, rho and pi, chi, iota. */
function round(): number[] {
  const code: number[] = [];
  for (let x = 0; x < 5; x++) {
    code.push(...get(x));
    for (let y = 5; y < LANES; y += 5) code.push(...get(x + y), XOR);
    code.push(...set(COLUMN + x));
  }
  for (let x = 0; x < 5; x++) {
    code.push(
      ...get(COLUMN + ((x + 1) % 5)),
      ...rotated(1),
      ...get(COLUMN + ((x + 4) % 5)),
      XOR,
      ...set(SPARE),
    );
    for (let y = 0; y < LANES; y += 5) code.push(...get(x + y), ...get(SPARE), XOR, ...set(x + y));
  }
  // Each lane moves to the place of the next one in a single cycle, which begins at (1, 0).
  code.push(...get(1), ...set(SPARE));
  for (let t = 0, x = 1, y = 0; t < 24; t++) {
    [x, y] = [y, (2 * x + 3 * y) % 5];
    const to = x + 5 * y;
    // The lane that is displaced waits in the first column's variable, which is free by now.
    code.push(...get(to), ...set(COLUMN));
    code.push(...get(SPARE), ...rotated((((t + 1) * (t + 2)) / 2) % 64), ...set(to));
    code.push(...get(COLUMN), ...set(SPARE));
  }
  const allOnes = [I64_CONST, 0x7f];
  for (let y = 0; y < LANES; y += 5) {
    for (let x = 0; x < 5; x++) code.push(...get(x + y), ...set(COLUMN + x));
    for (let x = 0; x < 5; x++) {
      code.push(...get(COLUMN + ((x + 1) % 5)), ...allOnes, XOR, ...get(COLUMN + ((x + 2) % 5)), AND);
      code.push(...get(COLUMN + x), XOR, ...set(x + y));
    }
  }
  code.push(...get(0), ...get(PLACE), ...load(TABLE), XOR, ...set(0));
  return code;
}

function moduleBytes(): Bytes {
  const zero = [I32_CONST, 0];
  const lanes = Array.from({ length: LANES }, (_, i) => i);
  const body = [
    ...[2, SPARE + 1, I64, 1, I32],
    ...lanes.flatMap((i) => [...zero, ...load(8 * i), ...set(i)]),
    ...LOOP,
    ...round(),
    ...[...get(PLACE), ...i32(8), I32_ADD, 0x22, PLACE], // tee
    ...[...i32(8 * ROUNDS), I32_LT_U, ...BR_IF_0, END],
    ...lanes.flatMap((i) => [...zero, ...get(i), ...store(8 * i)]),
    END,
  ];
  const table = new Uint8Array(8 * ROUNDS);
  const view = new DataView(table.buffer);
  for (const [i, constant] of roundConstants().entries()) view.setBigUint64(8 * i, constant, true);
  const section = (id: number, content: number[]): number[] => [id, ...leb(content.length), ...content];
  const name = (text: string): number[] => [text.length, ...utf8(text)];
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 0, 0]), // one type: () → ()
    ...section(3, [1, 0]), // one function of it
    ...section(5, [1, 0, 1]), // one memory of a page
    ...section(7, [2, ...name("m"), 2, 0, ...name("f"), 0, 0]), // both exported
    ...section(10, [1, ...leb(body.length), ...body]),
    ...section(11, [1, 0, ...i32(TABLE), END, ...leb(table.length), ...table]),
  ]);
}

const { f: permute, m: memory } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes())).exports as {
  f: () => void;
  m: WebAssembly.Memory;
};
const state = new Uint8Array(memory.buffer, 0, 8 * LANES);

/** Keccak-256, as Ethereum pads it. */
export function keccak256(bytes: Uint8Array): Bytes {
  if (bytes.length >= RATE) return keccak_256(bytes) as Bytes; // more than one permutation
  state.fill(0, bytes.length);
  state.set(bytes);
  state[bytes.length] = 1;
  state[RATE - 1]! |= 0x80;
  permute();
  return state.slice(0, 32) as Bytes;
}
