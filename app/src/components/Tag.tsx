import type { ReactNode } from "react";

type Tone = "plain" | "water" | "moss" | "amber" | "mark";

const TONES: Record<Tone, string> = {
  plain: "border-line-strong text-soft",
  water: "border-water text-water",
  moss: "border-moss text-moss",
  amber: "border-amber text-amber",
  mark: "border-mark text-mark",
};

/** A short word on a thing: its kind, its state. Never the only carrier of meaning by colour. */
export function Tag({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span
      className={`inline-flex items-center gap-1.5 whitespace-nowrap rounded-sm border px-1.5 text-xs font-semibold leading-6 ${TONES[tone]}`}
    >
      {children}
    </span>
  );
}
