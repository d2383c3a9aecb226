import type { ButtonHTMLAttributes } from "react";

type Tone = "primary" | "plain" | "quiet" | "mark";

const TONES: Record<Tone, string> = {
  primary: "bg-water text-on-water border-transparent hover:bg-water-deep hover:text-paper",
  plain: "bg-surface text-ink border-line-strong hover:border-water hover:text-water",
  quiet: "bg-transparent text-ink border-transparent hover:bg-sunk",
  mark: "bg-surface text-mark border-mark hover:bg-mark-wash",
};

const SHAPE =
  "inline-flex min-h-[var(--tap)] items-center justify-center gap-2 rounded-md border px-4 py-1.5 font-semibold " +
  "leading-tight transition-colors disabled:cursor-not-allowed disabled:opacity-55 no-underline text-center";

export const buttonClass = (tone: Tone = "plain", extra = ""): string => `${SHAPE} ${TONES[tone]} ${extra}`;

export function Button({
  tone = "plain",
  className = "",
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { tone?: Tone }) {
  return <button type="button" {...rest} className={buttonClass(tone, className)} />;
}
