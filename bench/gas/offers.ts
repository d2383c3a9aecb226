/** Listings as the bench sells them. */
import { type Address, type Hex, zeroAddress } from "viem";
import { word } from "./harness.ts";
import { HUB } from "./hubs.ts";
import { hashOf, type Market, METADATA, ONE } from "./market.ts";

export const FOR_EVER = 2 ** 40 - 1;
export const Kind = { MESSAGE: 0, BYTE: 1, PERIOD: 2, FLAT: 3, FREE: 4 } as const;
export const Flag = { PERSONAL_DATA: 1 << 19, RESTRICTED: 1 << 20 } as const;
const READ = 1;
const READ_AND_HISTORY = 3;
const DAY = 86_400;

export type Plan = ReturnType<typeof plan>;
export type Offer = ReturnType<typeof offer>;

function plan(kind: number, changes: Partial<Record<string, bigint | number>> = {}) {
  return {
    kind,
    rights: READ,
    price: 0n,
    unit: 0n,
    period: 0,
    upfront: 0n,
    entry: 0n,
    maxWindow: FOR_EVER,
    notice: 0,
    promoPrice: 0n,
    promoUntil: 0,
    ...changes,
  } as const;
}

/** 100 millionths a message; the entry is what two of the largest segments cost. */
export const metered = () => plan(Kind.MESSAGE, { price: 100n, unit: 1n, entry: 2n * 256n * 100n });
export const byByte = () => plan(Kind.BYTE, { price: 16n * 10_000n, unit: 1n << 20n, entry: 2n * 10_000n });
export const period = () =>
  plan(Kind.PERIOD, { rights: READ_AND_HISTORY, price: ONE, period: DAY, upfront: ONE / 5n, notice: 7_200 });
export const flat = () => plan(Kind.FLAT, { upfront: 5n * ONE, notice: 3_600 });
export const free = () => plan(Kind.FREE, { notice: 3_600 });

/** One relay with 5 % and no market, unless told otherwise. */
export function offer(
  market: Market,
  token: Address,
  plans: Plan[],
  changes: { market?: boolean; flags?: number; schema?: Hex } = {},
) {
  return {
    hubId: HUB,
    payee: market.payee.address,
    operator: market.operator.address,
    token,
    plans,
    relays: [market.relay.address],
    relayBps: 500,
    markets: changes.market ? [market.market.address] : [],
    marketBps: changes.market ? 100 : 0,
    challenge: DAY,
    epochLength: 1,
    segment: { flushMs: 50, maxMessages: 256, maxBytes: 65_536 },
    historyDepth: 30 * DAY,
    saleUntil: 0,
    termsHash: word("agreement"),
    flags: 1 | (changes.flags ?? 0),
    attestationSchema: changes.schema ?? (`0x${"00".repeat(32)}` as Hex),
    attester: changes.schema === undefined ? zeroAddress : market.stranger.address,
    arbiter: zeroAddress,
    metadataHash: hashOf(METADATA),
  };
}

let listingCount = 0n;

/** Lists it and names its number. */
export async function list(market: Market, terms: Offer, name?: string): Promise<bigint> {
  const { bench, manager, listings, minimumBond } = market;
  await bench.call(manager, listings, "createListing", [HUB, terms, METADATA], { name, value: minimumBond });
  return ++listingCount;
}
