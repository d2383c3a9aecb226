import type { ReactNode } from "react";

/** Fields that belong together, under one heading. */
export function Group({
  title,
  note,
  columns = 2,
  children,
}: {
  title: string;
  note?: string;
  columns?: 1 | 2 | 3;
  children: ReactNode;
}) {
  const grid = { 1: "", 2: "sm:grid-cols-2", 3: "sm:grid-cols-3" }[columns];
  return (
    <fieldset className="min-w-0 border-t border-line pt-5 first:border-t-0 first:pt-0">
      <legend className="float-left mb-1 w-full text-base font-semibold">{title}</legend>
      {note ? <p className="clear-left mb-3 max-w-[var(--measure)] text-sm text-soft">{note}</p> : null}
      <div className={`clear-left grid grid-cols-[minmax(0,1fr)] gap-4 pt-1 ${grid}`}>{children}</div>
    </fieldset>
  );
}
