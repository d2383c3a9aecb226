/** Reads single fields of a draft, noting what is wrong. A field that cannot be read counts as zero, so the preview goes on. */
import { type Address, isAddress } from "viem";
import { parseAmount } from "../../../lib/money.ts";
import type { Problem, Rule, Step } from "./rules.ts";

export class Reader {
  readonly problems: Problem[] = [];
  readonly #step: Step;

  constructor(step: Step) {
    this.#step = step;
  }

  fault(field: string, rule: Rule, values?: Problem["values"]): void {
    this.problems.push({ step: this.#step, field, rule, ...(values ? { values } : {}) });
  }

  /** A whole number; empty = `fallback`. */
  whole(field: string, text: string, most: number, fallback = 0): number {
    const clean = text.trim();
    if (clean === "") return fallback;
    if (/^\d{1,15}$/.test(clean) && Number(clean) <= most) return Number(clean);
    this.fault(field, "NumberInvalid", { most });
    return 0;
  }

  /** A number with at most `places` decimals, times 10^places. Empty = 0. */
  decimal(field: string, text: string, places: number, most: number): number {
    const clean = text.trim();
    if (clean === "") return 0;
    if (/^\d{1,9}(\.\d{0,9})?$/.test(clean)) {
      const scaled = Number(clean) * 10 ** places;
      if (Math.abs(scaled - Math.round(scaled)) < 1e-6 && scaled <= most) return Math.round(scaled);
    }
    this.fault(field, "NumberInvalid", { most: most / 10 ** places });
    return 0;
  }

  /** Whole tokens as typed → smallest units; empty = 0. */
  amount(field: string, text: string, decimals: number): bigint {
    if (text.trim() === "") return 0n;
    try {
      return parseAmount(text, decimals);
    } catch {
      this.fault(field, "AmountInvalid", { decimals });
      return 0n;
    }
  }

  /** A datetime-local value → unix seconds; empty = 0. */
  moment(field: string, text: string): number {
    if (text === "") return 0;
    const ms = new Date(text).getTime();
    if (Number.isFinite(ms) && ms > 0 && ms / 1_000 < 2 ** 40) return Math.floor(ms / 1_000);
    this.fault(field, "MomentInvalid");
    return 0;
  }

  /** An address; empty = `fallback`. */
  address(field: string, text: string, fallback: Address): Address {
    const clean = text.trim();
    if (clean === "") return fallback;
    if (isAddress(clean, { strict: false })) return clean;
    this.fault(field, "AddressInvalid");
    return fallback;
  }

  line(field: string, text: string, most: number, rule: Rule): string {
    const clean = text.trim();
    if ([...clean].length > most) this.fault(field, rule, { most, length: [...clean].length });
    return clean;
  }
}

export const linesOf = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
