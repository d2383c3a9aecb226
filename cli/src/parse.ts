// Words of the command line and of files → values. Every parser names the rule that a wrong word breaks; Commander names the option.

import { InvalidArgumentError } from "commander";
import { type Address, getAddress, type Hex, isAddress, parseUnits } from "viem";
import { UsageError } from "./output.ts";

const MAX_ID = 2n ** 64n - 1n;
/** uint96: the contracts' width of an amount. */
const MAX_AMOUNT = 2n ** 96n - 1n;

const wrong = (rule: string): never => {
  throw new InvalidArgumentError(rule);
};

/** A listing's or hub's number. */
export function id(text: string): bigint {
  if (!/^[1-9]\d{0,19}$/.test(text) || BigInt(text) > MAX_ID) return wrong("It is a number from 1 up.");
  return BigInt(text);
}

export function address(text: string): Address {
  if (!isAddress(text, { strict: false })) return wrong("It is an address: 0x and 40 hexadecimal digits.");
  // Mixed letters carry a checksum; a wrong one is a typing error.
  const mixed = /[a-f]/.test(text.slice(2)) && /[A-F]/.test(text.slice(2));
  if (mixed && !isAddress(text)) return wrong("The address's checksum is wrong: a letter was mistyped.");
  return getAddress(text);
}

export function bytes32(text: string): Hex {
  if (!/^0x[0-9a-fA-F]{64}$/.test(text)) return wrong("It is 0x and 64 hexadecimal digits.");
  return text.toLowerCase() as Hex;
}

export const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d{1,15}$/.test(text) || value < least || value > most)
      return wrong(`It is a whole number from ${least} to ${most}.`);
    return value;
  };

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** `90`, `90s`, `15m`, `24h`, `30d` → seconds. */
export function seconds(text: string): number {
  const [, count, unit = "s"] = /^(\d{1,9})([smhd]?)$/.exec(text) ?? [];
  if (count === undefined) return wrong("It is a time such as 90s, 15m, 24h or 30d.");
  return Number(count) * UNITS[unit || "s"]!;
}

/** A time in the future or past: unix seconds, or as ISO 8601 writes it. */
export function moment(text: string): number {
  const value = /^\d{1,12}$/.test(text) ? Number(text) : Math.floor(Date.parse(text) / 1000);
  if (!Number.isSafeInteger(value) || value < 0)
    return wrong("It is unix seconds or a date such as 2027-01-31.");
  return value;
}

/** A decimal number of a token → its smallest units. `decimals` is the token's. */
export function amount(text: string, decimals: number, field: string): bigint {
  const [, fraction = ""] = /^\d{1,30}(?:\.(\d{1,30}))?$/.exec(text) ?? [undefined, undefined];
  if (!/^\d{1,30}(\.\d{1,30})?$/.test(text))
    throw new UsageError(`${field}: ${text} is no amount; write digits with a point, such as 0.01`);
  if (fraction.replace(/0+$/, "").length > decimals)
    throw new UsageError(`${field}: ${text} has more than the token's ${decimals} decimal places`);
  const value = parseUnits(text, decimals);
  if (value > MAX_AMOUNT) throw new UsageError(`${field}: ${text} is more than an escrow can hold`);
  return value;
}

/** As the Hubs contract allows it. */
export function deviceName(text: string): string {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(text))
    return wrong("A device's name has 1 to 64 letters, digits, dots, dashes or underscores.");
  return text;
}

export function url(text: string): string {
  if (!URL.canParse(text) || !["http:", "https:"].includes(new URL(text).protocol))
    return wrong("It is an http or https address.");
  return text.replace(/\/$/, "");
}

/** Several values, given with commas or by repeating the option. */
export const several =
  <T>(parse: (text: string) => T) =>
  (text: string, before: T[] | undefined): T[] => [
    ...(before ?? []),
    ...text.split(",").map((part) => parse(part.trim())),
  ];
