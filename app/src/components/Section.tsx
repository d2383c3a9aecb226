import type { ReactNode } from "react";

/** A heading and what belongs under it. No landmark: a page of many would be harder to walk, not easier. */
export function Section({ title, note, children }: { title: string; note?: string; children: ReactNode }) {
  return (
    <section className="min-w-0">
      <h2 className="text-xl">{title}</h2>
      {note ? <p className="mt-1 max-w-[var(--measure)] text-sm text-soft">{note}</p> : null}
      <div className="mt-3">{children}</div>
    </section>
  );
}
