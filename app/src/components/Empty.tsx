import type { ReactNode } from "react";

/** Where a list would be: what belongs here, and the first step. */
export function Empty({ title, note, children }: { title: string; note?: string; children?: ReactNode }) {
  return (
    <div className="sheet overflow-hidden">
      <div aria-hidden="true" className="staff h-3 border-b border-line bg-sunk" />
      <div className="grid justify-items-start gap-3 p-6 sm:p-8">
        <p className="text-lg font-semibold">{title}</p>
        {note ? <p className="max-w-[var(--measure)] text-soft">{note}</p> : null}
        {children}
      </div>
    </div>
  );
}
