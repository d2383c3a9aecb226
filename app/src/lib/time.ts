/** Durations and moments in words. Moments always carry their time zone. */

const STEPS: [limit: number, size: number, suffix: string][] = [
  [60, 1, "s"],
  [3_600, 60, "min"],
  [86_400, 3_600, "h"],
  [Number.POSITIVE_INFINITY, 86_400, "d"],
];

/** `75` → `"1 min"`, `7200` → `"2 h"`; two parts from an hour up when they say something: `"1 h 30 min"`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  for (const [limit, size, suffix] of STEPS) {
    if (whole >= limit) continue;
    const count = Math.floor(whole / size);
    const rest = whole - count * size;
    if (size === 3_600 && rest >= 60) return `${count} h ${Math.floor(rest / 60)} min`;
    if (size === 86_400 && count < 14 && rest >= 3_600) return `${count} d ${Math.floor(rest / 3_600)} h`;
    return `${count.toLocaleString("en")} ${suffix}`;
  }
  return `${whole} s`;
}

/** Made when first needed: making one takes a page milliseconds, and the market shows no moments. */
function lazily(options: Intl.DateTimeFormatOptions): (ms: number) => string {
  let made: Intl.DateTimeFormat | undefined;
  return (ms) => {
    made ??= new Intl.DateTimeFormat("en-GB", options);
    return made.format(ms);
  };
}

/** `"20 Nov 2026, 14:03:21 UTC"`, in the reader's own zone. */
export const formatMoment = lazily({ dateStyle: "medium", timeStyle: "long" });

/** `"14:03:21 UTC"`. */
export const formatClock = lazily({
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZoneName: "short",
});

/** Seconds per message of a stated rate such as "5 messages a second"; undefined when the words say nothing of the kind. */
export function statedRate(text: string | undefined): number | undefined {
  const match = /([\d.]+)\s*messages?\s*(?:a|per|\/|every)\s*(second|minute|hour|day)/i.exec(text ?? "");
  if (!match?.[1] || !match[2]) return undefined;
  const count = Number(match[1]);
  const span = { second: 1, minute: 60, hour: 3_600, day: 86_400 }[match[2].toLowerCase()];
  return span && Number.isFinite(count) && count > 0 ? count / span : undefined;
}
