"use client";

import { CATEGORIES } from "@weir/sdk/core/categories";
import { useTranslations } from "next-intl";
import { useEffect, useId, useRef, useState } from "react";
import { type Filters, KINDS, MAX_QUERY_CHARS, searchable } from "./filters.ts";

/** Typing is answered when the fingers rest. */
const TYPING_PAUSE_MS = 200;

function Select({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: string;
  options: [value: string, text: string][];
  onChange: (value: string) => void;
}) {
  const id = useId();
  return (
    <div className="grid gap-1">
      <label htmlFor={id} className="eyebrow">
        {label}
      </label>
      <select
        id={id}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className="min-h-[var(--tap)] w-full rounded-md border border-line-strong bg-surface px-3 hover:border-water"
      >
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

export function Facets({ filters, onChange }: { filters: Filters; onChange: (next: Filters) => void }) {
  const t = useTranslations("market");
  const id = useId();
  const [text, setText] = useState(filters.q);
  const sent = useRef(filters.q);
  // The address changed without this box (back button, "show everything"): follow it.
  useEffect(() => {
    if (filters.q !== sent.current) {
      sent.current = filters.q;
      setText(filters.q);
    }
  }, [filters.q]);
  useEffect(() => {
    if (text === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = text;
      onChange({ ...filters, q: text });
    }, TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, filters, onChange]);
  return (
    <search className="page grid grid-cols-2 items-end gap-3 py-6 md:grid-cols-[1fr_12rem_12rem]">
      <div className="col-span-2 grid gap-1 md:col-span-1">
        <label htmlFor={id} className="eyebrow">
          {t("search")}
        </label>
        <input
          id={id}
          type="search"
          value={text}
          maxLength={MAX_QUERY_CHARS}
          onChange={(event) => setText(searchable(event.target.value))}
          placeholder={t("searchHint")}
          className="min-h-[var(--tap)] w-full rounded-md border border-line-strong bg-surface px-3.5 placeholder:text-soft hover:border-water"
        />
      </div>
      <Select
        label={t("category")}
        value={filters.category}
        onChange={(category) => onChange({ ...filters, category })}
        options={[
          ["", t("everyCategory")],
          ...CATEGORIES.map((name) => [name, t(`categories.${name}`)] as [string, string]),
        ]}
      />
      <Select
        label={t("price")}
        value={filters.kind}
        onChange={(kind) => onChange({ ...filters, kind })}
        options={[
          ["", t("everyPrice")],
          ...KINDS.map((name) => [name, t(`kinds.${name}`)] as [string, string]),
        ]}
      />
    </search>
  );
}
