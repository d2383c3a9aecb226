/**
 * All arithmetic and all wording of amounts. Amounts are bigints in the token's smallest unit; no floating point
 * touches money. Sources of the rules: `due = floor(price × units / unit)`, and what is signed leads what is due by `entry`.
 */

export interface MeteredPrice {
  /** Smallest token units for `unit` messages or bytes. */
  price: bigint;
  unit: bigint;
  /** The prepayment that always leads. */
  entry: bigint;
}

export class AmountNotReadable extends Error {
  override readonly name = "AmountNotReadable";
  readonly text: string;
  constructor(text: string) {
    super(`not an amount: "${text}"`);
    this.text = text;
  }
}

/** The largest amount a contract can carry (uint96). */
export const MAX_AMOUNT = 2n ** 96n - 1n;

const group = (digits: string) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ",");

/** Exact: every digit that is not a trailing zero. `100000000000n, 18` → `"0.0000001"`. */
export function formatAmount(amount: bigint, decimals: number): string {
  const sign = amount < 0n ? "−" : "";
  const digits = (amount < 0n ? -amount : amount).toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, "");
  return `${sign}${group(whole)}${fraction ? `.${fraction}` : ""}`;
}

/** At most `significant` digits, cut and never rounded up; `≈` in front says when something was cut. */
export function formatShort(amount: bigint, decimals: number, significant = 6): string {
  const negative = amount < 0n;
  const size = negative ? -amount : amount;
  const cut = size.toString().length - significant;
  // Whole tokens are never cut: "1,234,567" must not become "1,234,560".
  const places = cut > decimals ? decimals : cut;
  if (places <= 0) return formatAmount(amount, decimals);
  const step = 10n ** BigInt(places);
  const kept = (size / step) * step;
  return `${kept === size ? "" : "≈ "}${formatAmount(negative ? -kept : kept, decimals)}`;
}

/** `"0.01"` → smallest units. Refuses signs, exponents, too many decimals and amounts no contract can carry. */
export function parseAmount(text: string, decimals: number): bigint {
  const clean = text.trim().replaceAll(",", "");
  const match = /^(\d{0,30})(?:\.(\d*))?$/.exec(clean);
  const whole = match?.[1] ?? "";
  const fraction = match?.[2] ?? "";
  if (!match || (whole === "" && fraction === "") || fraction.length > decimals)
    throw new AmountNotReadable(text);
  const amount =
    BigInt(whole || "0") * 10n ** BigInt(decimals) + BigInt(fraction.padEnd(decimals, "0") || "0");
  if (amount > MAX_AMOUNT) throw new AmountNotReadable(text);
  return amount;
}

/** What `units` cost, the way the contract's parties count it. */
export const dueFor = (units: bigint, plan: MeteredPrice): bigint => (plan.price * units) / plan.unit;

/** How many units a deposit pays for: the entry leads, so it is not spent on units before the last one. */
export function unitsFor(deposit: bigint, plan: MeteredPrice): bigint {
  const spendable = deposit - plan.entry;
  if (spendable <= 0n || plan.price === 0n) return 0n;
  return (spendable * plan.unit) / plan.price;
}

/** The smallest deposit that pays for `units`: rounded up, so that the last unit is covered. */
export function depositFor(units: bigint, plan: MeteredPrice): bigint {
  return plan.entry + (plan.price * units + plan.unit - 1n) / plan.unit;
}

/** Share of `part` in `whole`, 0 … 1, for drawing only. */
export function ratio(part: bigint, whole: bigint): number {
  if (whole <= 0n) return 0;
  const thousandths = Number((part * 10_000n) / whole);
  return Math.min(1, Math.max(0, thousandths / 10_000));
}

/** `1234567n` → `"1,234,567"`. */
export const formatCount = (count: bigint | number): string => group(BigInt(count).toString());

/** Byte units in words: 2²⁰ is "MiB". Anything that is no power of 1,024 is written out. */
export function byteUnit(unit: bigint): { count: bigint; name: "byte" | "KiB" | "MiB" | "GiB" } {
  const steps = [
    ["GiB", 2n ** 30n],
    ["MiB", 2n ** 20n],
    ["KiB", 2n ** 10n],
  ] as const;
  for (const [name, size] of steps) if (unit % size === 0n) return { count: unit / size, name };
  return { count: unit, name: "byte" };
}
