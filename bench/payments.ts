/**
 * Payments that one core checks: `npm run bench -- payments`.
 *
 * A voucher goes through the relay's own check (digest, signature, signer), a tick through the SDK's. Both are measured beside the bare
 * primitive in the same process and round: libsecp256k1's recovery, and OpenSSL's SHA-256 of 64 bytes, read out in the fastest way we know.
 */
import { randomBytes } from "node:crypto";
import secp256k1 from "secp256k1";
import { privateKeyToAddress } from "viem/accounts";
import { checkVoucher } from "../relay/src/services/open.ts";
import {
  type Address,
  type Bytes,
  type Delivery,
  expandCompact,
  type Hex,
  hex,
  tickChain,
  verifyTick,
  voucherDigest,
} from "../sdk/src/core/index.ts";
import { nativeCrypto } from "../sdk/src/core/native.ts";
import { runBench } from "./support/bench.ts";
import type { Sample } from "./support/row.ts";

const ROUNDS = 15;
/** Per round and side; a round lasts some 100 ms, short enough for both sides to see the same machine. */
const VOUCHERS = 500;
const TICKS = 20_000;
/** Buyers who pay in turn: a relay has many, and each signs many vouchers. */
const BUYERS = 50;
/** A tip is looked for this many ticks back at most. */
const CHAIN = 1_000;

const random = (width: number): Hex => hex(new Uint8Array(randomBytes(width)));

/** Units a second of CPU that `act` takes. */
function rate(count: number, act: () => void): number {
  const before = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(before);
  return (count * 1e6) / (user + system);
}

/** One side after the other, the first one in turn. */
function pair(round: number, ours: () => number, theirs: () => number): Sample {
  if (round % 2 === 0) return { value: ours(), peerValue: theirs() };
  const peerValue = theirs();
  return { value: ours(), peerValue };
}

type Paid = {
  channelId: Hex;
  signer: Address;
  cumulative: bigint;
  digest: Bytes;
  signature: Bytes;
  rs: Bytes;
  recovery: number;
};

type Buyer = { key: Uint8Array; signer: Address };

function vouchers(round: number, buyers: readonly Buyer[], at: Delivery, operator: Address): Paid[] {
  return Array.from({ length: VOUCHERS }, (_, i) => {
    const { key, signer } = buyers[i % BUYERS]!;
    const channelId = hex(nativeCrypto.sha256(key));
    const cumulative = BigInt(round * VOUCHERS + i + 1) * 10n ** 11n;
    const digest = voucherDigest(at, { channelId, cumulative, relay: operator });
    const signature = nativeCrypto.signSecp(key, digest);
    const { rs, recovery } = expandCompact(signature)!;
    return { channelId, signer, cumulative, digest, signature, rs, recovery };
  });
}

export function measurePayments(rounds: number) {
  const delivery: Delivery = { chainId: 31337, hubs: random(20), grants: random(20), channels: random(20) };
  const operator = random(20);
  const relay = { crypto: nativeCrypto, delivery, operator };
  const buyers = Array.from({ length: BUYERS }, () => {
    const key = new Uint8Array(randomBytes(32));
    return { key, signer: privateKeyToAddress(hex(key)) };
  });
  const byVoucher: Sample[] = [];
  const byTick: Sample[] = [];
  // The first round only warms up.
  for (let round = 0; round <= rounds; round++) {
    const paid = vouchers(round, buyers, delivery, operator);
    const voucher = pair(
      round,
      () =>
        rate(paid.length, () => {
          for (const voucher of paid) checkVoucher(relay, voucher.channelId, voucher.signer, voucher);
        }),
      () =>
        rate(paid.length, () => {
          for (const { rs, recovery, digest } of paid) secp256k1.ecdsaRecover(rs, recovery, digest, false);
        }),
    );
    const channelId = random(32);
    const chain = tickChain(nativeCrypto, channelId, new Uint8Array(randomBytes(32)), CHAIN);
    // Each is checked against the one before it, which is the tip by then.
    const tips = chain.slice(0, -1).map((tip) => ({ channelId, tip: hex(tip), maxTicks: CHAIN }));
    const input = new Uint8Array(randomBytes(64));
    const tick = pair(
      round,
      () =>
        rate(TICKS, () => {
          for (let i = 0; i < TICKS; i++) {
            const index = i % CHAIN;
            if (!verifyTick(nativeCrypto, tips[index]!, chain[index + 1]!, 1))
              throw new Error("a good tick was refused");
          }
        }),
      () =>
        rate(TICKS, () => {
          for (let i = 0; i < TICKS; i++) nativeCrypto.sha256(input);
        }),
    );
    if (round === 0) continue;
    byVoucher.push(voucher);
    byTick.push(tick);
  }
  return [
    {
      name: "vouchers checked",
      unit: "a CPU-second",
      peer: "native recover",
      target: [{ of: "ratio" as const, atLeast: 0.9 }],
      samples: byVoucher,
    },
    {
      name: "ticks checked",
      unit: "a CPU-second",
      peer: "raw SHA-256",
      target: [{ of: "ratio" as const, atLeast: 0.5 }],
      samples: byTick,
    },
  ];
}

export const main = (args: string[]): Promise<number> =>
  runBench({ name: "payments", rounds: ROUNDS, measure: async (rounds) => measurePayments(rounds) }, args);
