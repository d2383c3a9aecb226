"use client";

import { type HTMLInputTypeAttribute, type ReactNode, useId } from "react";
import { FieldFrame, INPUT_CLASS } from "./FieldFrame.tsx";

/** One line, or with `rows` several, of text. */
export function TextField({
  label,
  value,
  onChange,
  note,
  error,
  rows,
  type = "text",
  suffix,
  placeholder,
  maxLength,
  mono = false,
  className,
  list,
}: {
  label: ReactNode;
  value: string;
  onChange: (value: string) => void;
  note?: ReactNode | undefined;
  error?: string | undefined;
  rows?: number;
  type?: HTMLInputTypeAttribute;
  /** A unit that stands behind the value. */
  suffix?: ReactNode;
  placeholder?: string;
  maxLength?: number;
  /** For addresses, keys and numbers. */
  mono?: boolean;
  className?: string;
  /** Id of a <datalist>. */
  list?: string;
}) {
  const id = useId();
  const shared = {
    id,
    value,
    placeholder,
    maxLength,
    "aria-invalid": error !== undefined,
    "aria-describedby": error || note ? `${id}-note` : undefined,
    className: `${INPUT_CLASS} ${mono ? "font-mono text-sm" : ""}`,
  };
  return (
    <FieldFrame id={id} label={label} note={note} error={error} {...(className ? { className } : {})}>
      {rows ? (
        <textarea {...shared} rows={rows} onChange={(event) => onChange(event.target.value)} />
      ) : (
        <span className="flex min-w-0 items-center gap-2">
          <input
            {...shared}
            type={type}
            list={list}
            autoComplete="off"
            spellCheck={!mono}
            onChange={(event) => onChange(event.target.value)}
          />
          {suffix ? <span className="shrink-0 text-sm text-soft">{suffix}</span> : null}
        </span>
      )}
    </FieldFrame>
  );
}
