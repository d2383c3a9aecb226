const plain = new Intl.NumberFormat("en", { maximumSignificantDigits: 6 });
const small = new Intl.NumberFormat("en", { notation: "scientific", maximumSignificantDigits: 4 });

/** A measured value, six digits; measurements are floating point anyway, money never comes here. */
export function formatReading(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-4 || size >= 1e12) ? small.format(value) : plain.format(value);
}

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 4 });

/** A mark of an axis, which has little room. */
export const formatMark = (value: number): string =>
  Math.abs(value) >= 1e5 ? compact.format(value) : formatReading(value);

const rough = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });

/** A rate: two digits, more would flicker. */
export const formatRate = (perSecond: number): string => rough.format(perSecond);

/** Any JSON value in a table cell. */
export function formatCell(value: unknown): string {
  if (value === undefined || value === null) return "–";
  if (typeof value === "number") return formatReading(value);
  if (typeof value === "string") return value.slice(0, 200);
  return JSON.stringify(value).slice(0, 200);
}
