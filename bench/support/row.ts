/**
 * One measured claim as one row. What it says of itself is computed here and nowhere else: the figures are medians over rounds, the ratio
 * is the median of the rounds' ratios (ours and the peer's were measured next to each other), and `met` follows from the bounds.
 */

/** A promised bound, on the value itself or on its ratio to the peer. */
export type Bound = { of: "value" | "ratio" } & ({ atLeast: number } | { atMost: number });

/** What one round gave, in the row's unit. `peerValue` was measured in the same round, right before or after. */
export type Sample = { value: number; peerValue?: number };

/** A row before it is judged. */
export type Measured = {
  name: string;
  unit: string;
  /** Whom it is compared with; null when the row stands alone. */
  peer: string | null;
  /** Empty for a figure that is only shown. */
  target: readonly Bound[];
  samples: readonly Sample[];
};

/** What `--json` prints, one object a line. Numbers have four significant digits. */
export type Row = {
  name: string;
  value: number;
  unit: string;
  peer: string | null;
  peerValue: number | null;
  /** value / peerValue. */
  ratio: number | null;
  target: readonly Bound[] | null;
  /** Whether every bound holds; null without any. */
  met: boolean | null;
  /** (p90 − p10) / median over the rounds, of the ratio where there is a peer, of the value otherwise. 0 for a single round. */
  spread: number;
};

/** The `share`-quantile, 0 to 1, between the two nearest samples. @throws RangeError for none */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError("values: at least one is needed");
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const low = sorted[Math.floor(place)]!;
  return low + (sorted[Math.ceil(place)]! - low) * (place - Math.floor(place));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Judges a measurement. @throws RangeError for figures that are no numbers, and for a peer without figures or a bound without a ratio */
export function rowOf({ name, unit, peer, target, samples }: Measured): Row {
  const values = samples.map(({ value }) => value);
  const peerValues = samples.flatMap(({ peerValue }) => (peerValue === undefined ? [] : [peerValue]));
  const ratios = samples.flatMap(({ value, peerValue }) =>
    peerValue === undefined ? [] : [value / peerValue],
  );
  if ((peer === null ? 0 : samples.length) !== peerValues.length)
    throw new RangeError(`${name}: a peer has a figure in every round, and nobody else has one`);
  if ([...values, ...ratios].some((figure) => !Number.isFinite(figure)))
    throw new RangeError(`${name}: a figure is no number`);
  const value = median(values);
  const ratio = peer === null ? null : median(ratios);
  const holds = (bound: Bound): boolean => {
    const figure = bound.of === "value" ? value : ratio;
    if (figure === null) throw new RangeError(`${name}: a bound on the ratio needs a peer`);
    return "atLeast" in bound ? figure >= bound.atLeast : figure <= bound.atMost;
  };
  const spreading = peer === null ? values : ratios;
  const middle = median(spreading);
  return {
    name,
    value: rounded(value),
    unit,
    peer,
    peerValue: peer === null ? null : rounded(median(peerValues)),
    ratio: ratio === null ? null : rounded(ratio),
    target: target.length === 0 ? null : target,
    met: target.length === 0 ? null : target.every(holds),
    spread:
      middle === 0 ? 0 : rounded((quantile(spreading, 0.9) - quantile(spreading, 0.1)) / Math.abs(middle)),
  };
}

const rounded = (figure: number): number => Number(figure.toPrecision(4));

/** "≥ 3 ×", "≤ 15 ms": a bound as people write it. */
export function boundText(bound: Bound, unit: string): string {
  const [sign, figure] = "atLeast" in bound ? ["≥", bound.atLeast] : ["≤", bound.atMost];
  return `${sign} ${figure.toLocaleString("en")} ${bound.of === "ratio" ? "×" : unit}`;
}
