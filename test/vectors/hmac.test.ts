/**
 * HMAC-SHA-256 of programs and of pages, on vectors that nobody here wrote: Wycheproof's where they lie beside the repository
 * (../shared/vectors), RFC 4231's always, and both against the platform's own for every length of key around a block.
 */
import { createHmac } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { hex, portableCrypto, utf8 } from "@weir/sdk/core";
import { nativeCrypto } from "@weir/sdk/native";
import { describe, expect, it } from "vitest";

const FILE = join(import.meta.dirname, "../../../shared/vectors/wycheproof/hmac_sha256_test.json");

type Vector = { key: string; msg: string; tag: string; result: "valid" | "invalid" };
type Group = { tagSize: number; tests: Vector[] };

const wycheproof = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, "utf8")).testGroups as Group[]) : [];
const bytes = (text: string) => new Uint8Array(Buffer.from(text, "hex"));

describe.each([
  ["programs", nativeCrypto],
  ["pages", portableCrypto],
])("in %s", (_where, crypto) => {
  it(`holds on RFC 4231${wycheproof.length > 0 ? " and Wycheproof" : "; Wycheproof's vectors are not there"}`, () => {
    const short = crypto.hmac(bytes("0b".repeat(20)), utf8("Hi There"));
    expect(hex(short)).toBe("0xb0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    const long = crypto.hmac(
      bytes("aa".repeat(131)),
      utf8("Test Using Larger Than Block-Size Key - Hash Key First"),
    );
    expect(hex(long)).toBe("0x60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    for (const { tagSize, tests } of wycheproof)
      for (const { key, msg, tag, result } of tests) {
        const ours = hex(crypto.hmac(bytes(key), bytes(msg)).subarray(0, tagSize / 8));
        expect([key, msg, ours === `0x${tag}`]).toEqual([key, msg, result === "valid"]);
      }
  });

  it("is the platform's for every length of key up to two blocks", () => {
    for (let length = 1; length <= 130; length++) {
      const key = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 0xff);
      const message = Uint8Array.from({ length: length % 70 }, (_, i) => i);
      const theirs = createHmac("sha256", key).update(message).digest("hex");
      expect(hex(crypto.hmac(key, message))).toBe(`0x${theirs}`);
    }
  });
});
