import type { P256Key } from "@weir/sdk/chain";
import { isAddress } from "viem";

export interface PastedKey {
  account: string;
  x: string;
  y: string;
}

const isCoordinate = (text: string): boolean => /^0x[0-9a-f]{64}$/i.test(text) && !/^0x0{64}$/.test(text);

/** What is wrong with each field; empty = nothing. */
export const faultsOf = ({ account, x, y }: PastedKey): Partial<Record<keyof PastedKey, true>> => ({
  ...(isAddress(account, { strict: false }) && !/^0x0{40}$/.test(account) ? {} : { account: true }),
  ...(isCoordinate(x) ? {} : { x: true }),
  ...(isCoordinate(y) ? {} : { y: true }),
});

export const keyOf = ({ x, y }: PastedKey): P256Key => ({ x: x as `0x${string}`, y: y as `0x${string}` });

/**
 * Finds account, x and y in what a gateway prints: JSON, or lines of "name: value". What is not there stays empty.
 */
export function readPasted(text: string): PastedKey {
  const find = (names: string, value: string): string =>
    new RegExp(`(?:^|[\\s"'{,])(?:${names})["']?\\s*[:=]?\\s*["']?(${value})`, "i").exec(text)?.[1] ?? "";
  return {
    account: find("account|operator|address", "0x[0-9a-fA-F]{40}(?![0-9a-fA-F])"),
    x: find("x", "0x[0-9a-fA-F]{64}"),
    y: find("y", "0x[0-9a-fA-F]{64}"),
  };
}
