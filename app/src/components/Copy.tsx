"use client";

import { useTranslations } from "next-intl";
import { useState } from "react";

/** A long identifier, shortened to the eye, whole to the clipboard and in the tooltip. */
export function Copy({ value, label }: { value: string; label: string }) {
  const t = useTranslations("shell");
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard?.writeText(value);
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  const short = value.length > 18 ? `${value.slice(0, 8)}…${value.slice(-6)}` : value;
  return (
    <button
      type="button"
      onClick={copy}
      title={value}
      className="relative inline-flex min-h-8 items-center gap-1.5 rounded-sm font-mono text-xs underline decoration-line-strong decoration-dotted underline-offset-4 hover:text-water"
    >
      <span className="sr">{label} </span>
      {copied ? t("copied") : short}
      <span className="sr"> {t("copy")}</span>
    </button>
  );
}
