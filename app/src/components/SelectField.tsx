"use client";

import { type ReactNode, useId } from "react";
import { FieldFrame, INPUT_CLASS } from "./FieldFrame.tsx";

/** One of a few. */
export function SelectField({
  label,
  value,
  options,
  onChange,
  note,
  error,
  className,
}: {
  label: ReactNode;
  value: string;
  options: readonly (readonly [value: string, text: string])[];
  onChange: (value: string) => void;
  note?: ReactNode | undefined;
  error?: string | undefined;
  className?: string;
}) {
  const id = useId();
  return (
    <FieldFrame id={id} label={label} note={note} error={error} {...(className ? { className } : {})}>
      <select
        id={id}
        value={value}
        aria-invalid={error !== undefined}
        aria-describedby={error || note ? `${id}-note` : undefined}
        onChange={(event) => onChange(event.target.value)}
        className={INPUT_CLASS}
      >
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </FieldFrame>
  );
}
