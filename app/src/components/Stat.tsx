import type { ReactNode } from "react";

/** A name and a figure. Use inside <dl>. */
export function Stat({ label, children, note }: { label: ReactNode; children: ReactNode; note?: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="eyebrow">{label}</dt>
      <dd className="figure break-words text-base font-semibold leading-snug sm:text-lg">{children}</dd>
      {note ? <dd className="text-xs text-soft">{note}</dd> : null}
    </div>
  );
}
