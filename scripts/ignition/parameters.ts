/** What may differ from chain to chain. `npm run deploy -- --parameters FILE` reads it from JSON; docs/running.md lists the fields. */
import { type Address, getAddress, isAddress, parseEther, zeroAddress } from "viem";

export type DepositCap = { token: Address; cap: bigint };

export type Parameters = {
  /** The most that one channel or subscription of a token may hold; empty = no limit. */
  depositCaps: DepositCap[];
  /** Least bond of a listing, wei. */
  minimumBond: bigint;
  /** Seconds between the close of a listing and its bond's return. */
  disputeWindow: number;
  /** The one contract that may draw bonds; 0 = none. */
  disputes: Address;
  /** Least stake of a relay, wei. */
  minimumStake: bigint;
  /** Seconds between a relay's deregistration and its stake's return. */
  unbondingDelay: number;
  /** The chain's Ethereum Attestation Service; 0 = deploy one. */
  eas: Address;
};

const SEVEN_DAYS = 7 * 24 * 60 * 60;

/** The values of a local chain. */
export const DEFAULTS: Parameters = {
  depositCaps: [],
  minimumBond: parseEther("0.01"),
  disputeWindow: SEVEN_DAYS,
  disputes: zeroAddress,
  minimumStake: parseEther("0.01"),
  unbondingDelay: SEVEN_DAYS,
  eas: zeroAddress,
};

/** A field is unknown, or holds what it cannot mean. */
export class ParametersInvalid extends Error {
  override readonly name = "ParametersInvalid";
  readonly field: string;
  constructor(field: string, reason: string) {
    super(`parameter "${field}" ${reason}`);
    this.field = field;
  }
}

const UINT40 = 2n ** 40n - 1n;
const UINT96 = 2n ** 96n - 1n;

/**
 * Checks parsed JSON. Integers are numbers or decimal strings; fields left out take their default.
 *
 * @throws ParametersInvalid
 */
export function parseParameters(json: unknown): Parameters {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new ParametersInvalid("", "is not there: the file must hold one object");
  }
  const given = json as Record<string, unknown>;
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(DEFAULTS, name)) {
      throw new ParametersInvalid(name, `is unknown; there are ${Object.keys(DEFAULTS).join(", ")}`);
    }
  }
  const value = <Name extends keyof Parameters>(name: Name): unknown => given[name] ?? DEFAULTS[name];
  return {
    depositCaps: caps(value("depositCaps")),
    minimumBond: integer("minimumBond", value("minimumBond"), UINT96),
    disputeWindow: Number(integer("disputeWindow", value("disputeWindow"), UINT40)),
    disputes: address("disputes", value("disputes")),
    minimumStake: integer("minimumStake", value("minimumStake"), UINT96),
    unbondingDelay: Number(integer("unbondingDelay", value("unbondingDelay"), UINT40)),
    eas: address("eas", value("eas")),
  };
}

/** The names of the parameters that differ. */
export function differing(one: Parameters, other: Parameters): string[] {
  const text = (value: unknown) =>
    JSON.stringify(value, (_key, item) => (typeof item === "bigint" ? `${item}` : item));
  return Object.keys(DEFAULTS).filter(
    (name) => text(one[name as keyof Parameters]) !== text(other[name as keyof Parameters]),
  );
}

function caps(value: unknown): DepositCap[] {
  if (!Array.isArray(value)) throw new ParametersInvalid("depositCaps", "is not a list of {token, cap}");
  return value.map((entry: Record<string, unknown> | null, index) => ({
    token: address(`depositCaps[${index}].token`, entry?.token),
    cap: integer(`depositCaps[${index}].cap`, entry?.cap, UINT96),
  }));
}

function integer(field: string, value: unknown, maximum: bigint): bigint {
  const isInteger =
    typeof value === "bigint" ||
    (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) ||
    (typeof value === "string" && /^\d{1,78}$/.test(value));
  if (!isInteger)
    throw new ParametersInvalid(field, "is no integer from 0 on (large ones as decimal strings)");
  const number = BigInt(value as string | number | bigint);
  if (number > maximum) throw new ParametersInvalid(field, `is above ${maximum}`);
  return number;
}

function address(field: string, value: unknown): Address {
  if (typeof value !== "string" || !isAddress(value)) throw new ParametersInvalid(field, "is no address");
  return getAddress(value);
}
