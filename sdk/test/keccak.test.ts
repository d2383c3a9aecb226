// Keccak in WebAssembly says what noble says: at every length around its block, and after whatever was hashed before.
import { keccak_256 } from "@noble/hashes/sha3.js";
import fc from "fast-check";
import { expect, it } from "vitest";
import { hex, utf8 } from "../src/core/index.ts";
import { keccak256 } from "../src/core/keccak.ts";

it("hashes as noble does, from no byte to beyond two blocks", () => {
  for (let length = 0; length <= 273; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (length * 31 + i * 7) & 0xff);
    expect(hex(keccak256(bytes)), `${length} bytes`).toBe(hex(keccak_256(bytes)));
  }
});

it("depends on nothing but its message", () => {
  const message = fc.uint8Array({ maxLength: 140 });
  fc.assert(
    fc.property(message, message, (first, second) => {
      const digest = keccak256(second);
      keccak256(first);
      expect(hex(keccak256(second))).toBe(hex(digest));
      expect(hex(digest)).toBe(hex(keccak_256(second)));
    }),
  );
});

it("knows the hash of nothing and of a function's name, as every Ethereum client does", () => {
  expect(hex(keccak256(new Uint8Array()))).toBe(
    "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
  );
  expect(hex(keccak256(utf8("transfer(address,uint256)"))).slice(0, 10)).toBe("0xa9059cbb");
});
