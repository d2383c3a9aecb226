/** Durations and moments in words. Moments always carry their time zone. */
import type { useTranslations } from "next-intl";

export type DurationTranslate = ReturnType<typeof useTranslations<"duration">>;

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
/** From here on hours say nothing. */
const DAYS_ALONE = 14;

/** `75` → `"1 min"`, `7200` → `"2 h"`; two parts from an hour up when they say something: `"1 h 30 min"`. */
export function durationWords(t: DurationTranslate, seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [days, hours, minutes] = [DAY, HOUR, MINUTE].map((size) => Math.floor(whole / size)) as [
    number,
    number,
    number,
  ];
  if (whole < MINUTE) return t("seconds", { count: String(whole) });
  if (whole < HOUR) return t("minutes", { count: String(minutes) });
  if (whole < DAY) {
    const rest = minutes - hours * 60;
    return rest > 0
      ? t("hoursMinutes", { count: String(hours), rest: String(rest) })
      : t("hours", { count: String(hours) });
  }
  const rest = hours - days * 24;
  return days < DAYS_ALONE && rest > 0
    ? t("daysHours", { count: String(days), rest: String(rest) })
    : t("days", { count: days.toLocaleString("en") });
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
