"use client";

import { type ReactNode, useId } from "react";

/** Yes or no, with a sentence of what it means. */
export function CheckField({
  label,
  note,
  checked,
  onChange,
  disabled = false,
}: {
  label: ReactNode;
  note?: ReactNode | undefined;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}) {
  const id = useId();
  return (
    <div className="flex min-w-0 items-start gap-2.5 py-1">
      <input
        id={id}
        type="checkbox"
        checked={checked}
        disabled={disabled}
        aria-describedby={note ? `${id}-note` : undefined}
        onChange={(event) => onChange(event.target.checked)}
        className="mt-0.5 size-5 shrink-0 accent-[var(--water)]"
      />
      <div className="min-w-0">
        <label htmlFor={id} className="text-sm font-semibold">
          {label}
        </label>
        {note ? (
          <p id={`${id}-note`} className="text-xs text-soft [overflow-wrap:anywhere]">
            {note}
          </p>
        ) : null}
      </div>
    </div>
  );
}
