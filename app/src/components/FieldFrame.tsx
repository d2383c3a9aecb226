import type { ReactNode } from "react";

/** The look of everything that is typed into. */
export const INPUT_CLASS =
  "min-h-[var(--tap)] w-full min-w-0 rounded-md border border-line-strong bg-paper px-3 py-1.5 placeholder:text-soft " +
  "hover:border-water aria-invalid:border-mark disabled:opacity-60";

/** A label, what belongs to it, and below it the note or what is wrong. `id` is the input's; the note is `${id}-note`. */
export function FieldFrame({
  id,
  label,
  note,
  error,
  className = "",
  children,
}: {
  id: string;
  label: ReactNode;
  note?: ReactNode | undefined;
  error?: string | undefined;
  className?: string;
  children: ReactNode;
}) {
  return (
    <div className={`grid min-w-0 content-start gap-1 ${className}`}>
      <label htmlFor={id} className="text-sm font-semibold">
        {label}
      </label>
      {children}
      {error || note ? (
        <p
          id={`${id}-note`}
          className={`text-xs [overflow-wrap:anywhere] ${error ? "font-semibold text-mark" : "text-soft"}`}
        >
          {error ?? note}
        </p>
      ) : null}
    </div>
  );
}
