// What proves a channel's total: a voucher, or a chain of ticks on top of one. Refusals carry it as texts, for a buyer who lost his store: he
// believes nothing but his own signature. And where its account stands, which he believes under the publisher's.
import { type Address, type Bytes, type Hex, hex, unhex } from "./bytes.ts";
import type { SessionBase } from "./connect.ts";
import type { Crypto } from "./crypto.ts";
import type { Delivery } from "./header.ts";
import { type TickProof, tickTotal, verifyTick } from "./tick.ts";
import { tickVoucherDigest, voucherDigest } from "./typed-data.ts";

/** Without `ticks`: `signature` is that of the voucher with this total. */
export type TotalProof = {
  total: bigint;
  relay: Address;
  signature: Uint8Array;
  ticks?: TickProof | undefined;
};

/** Proof → the detail of `FallingTotal` and `WrongBase`. */
export const proofToDetail = ({ total, relay, signature, ticks }: TotalProof): Record<string, string> => ({
  total: String(total),
  relay,
  signature: hex(ticks?.signature ?? signature),
  ...(ticks
    ? {
        base: String(ticks.base),
        tip: ticks.tip,
        tickValue: String(ticks.tickValue),
        maxTicks: String(ticks.maxTicks),
        ticks: String(ticks.ticks),
        preimage: hex(ticks.preimage),
      }
    : {}),
});

const DIGITS = /^\d{1,29}$/;
const isAmount = (text: string): boolean => DIGITS.test(text) && BigInt(text) < 1n << 96n;
const COUNT = /^\d{1,5}$/;
const bytes = (length: number): RegExp => new RegExp(`^0x[0-9a-f]{${2 * length}}$`, "i");

/** A refusal's detail → proof; null when it holds none, or not all of one. */
export function proofFromDetail(detail: Readonly<Record<string, string>>): TotalProof | null {
  const { total = "", relay = "", signature = "", tip } = detail;
  if (!isAmount(total) || !bytes(20).test(relay) || !bytes(64).test(signature)) return null;
  const plain = { total: BigInt(total), relay: relay as Address, signature: unhex(signature as Hex) };
  if (tip === undefined) return plain;
  const { base = "", tickValue = "", maxTicks = "", ticks = "", preimage = "" } = detail;
  if (!isAmount(base) || !isAmount(tickValue) || !COUNT.test(maxTicks) || !COUNT.test(ticks)) return null;
  if (!bytes(32).test(tip) || !bytes(32).test(preimage)) return null;
  const proof: TickProof = {
    base: BigInt(base),
    tip: tip.toLowerCase() as Hex,
    tickValue: BigInt(tickValue),
    maxTicks: Number(maxTicks),
    signature: plain.signature,
    ticks: Number(ticks),
    preimage: unhex(preimage as Hex),
  };
  return { ...plain, ticks: proof };
}

const UINT = /^\d{1,20}$/;
const isUint = (text: string, bits: bigint): boolean => UINT.test(text) && BigInt(text) < 1n << bits;

/** The detail of `WrongBase` → where the account stands, with the signature that says so; null when it does not hold all of it. */
export function baseFromDetail(
  detail: Readonly<Record<string, string>>,
): (SessionBase & { keyId: number; signature: Bytes }) | null {
  const { generation = "", fromSeq = "", baseTotal = "", keyId = "", baseSignature = "" } = detail;
  if (!isUint(generation, 32n) || !isUint(fromSeq, 64n) || !isAmount(baseTotal)) return null;
  if (!isUint(keyId, 32n) || !bytes(64).test(baseSignature)) return null;
  return {
    ...{ generation: Number(generation), fromSeq: BigInt(fromSeq), baseTotal: BigInt(baseTotal) },
    ...{ keyId: Number(keyId), signature: unhex(baseSignature as Hex) },
  };
}

/** Who signed what makes this total; null when nobody did. At most 1,024 hashes and one recovery. */
export function signerOfTotal(
  crypto: Crypto,
  delivery: Pick<Delivery, "chainId" | "channels">,
  channelId: Hex,
  { total, relay, signature, ticks }: TotalProof,
): Address | null {
  if (!ticks)
    return crypto.recover(voucherDigest(delivery, { channelId, cumulative: total, relay }), signature);
  if (tickTotal(ticks, ticks.ticks) !== total) return null;
  if (!verifyTick(crypto, { channelId, ...ticks }, ticks.preimage, ticks.ticks)) return null;
  const { base, tip, tickValue, maxTicks } = ticks;
  const digest = tickVoucherDigest(delivery, { channelId, base, tip, tickValue, maxTicks, relay });
  return crypto.recover(digest, ticks.signature);
}
