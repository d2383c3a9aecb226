/** What a P-256 signature costs to check, by the precompile and by arithmetic. The call around it is left out. */
import { createHash } from "node:crypto";
import { type Hex, numberToHex } from "viem";
import type { Bench } from "./harness.ts";

const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** RFC 6979, A.2.5: SHA-256 over "sample". Its s is the high one; ours is the other. */
const SAMPLE = {
  digest: `0x${createHash("sha256").update("sample").digest("hex")}` as Hex,
  r: "0xefd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
  s: numberToHex(N - 0xf7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8n, { size: 32 }),
  x: "0x60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
  y: "0x7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
} as const;

export async function measureP256(bench: Bench): Promise<void> {
  const { gas: _notAsked, ...probe } = await bench.deploy("P256Probe");
  for (const way of ["verifyNative", "verifySolidity"]) {
    const [isValid] = (await bench.read(probe, way, [[SAMPLE]])) as boolean[];
    if (!isValid) throw new Error(`${way} refuses a good signature: its gas says nothing`);
  }
  const [native, solidity] = (await bench.read(probe, "gasOf", [SAMPLE])) as [bigint, bigint];
  bench.record("P-256 check, precompile", Number(native));
  bench.record("P-256 check, Solidity fallback", Number(solidity));
}
