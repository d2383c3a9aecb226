"use client";

import { useTranslations } from "next-intl";
import { selected, useCopy } from "./useCopy.ts";

/** A long identifier, shortened to the eye, whole to the clipboard and in the tooltip. */
export function Copy({ value, label }: { value: string; label: string }) {
  const t = useTranslations("shell");
  const { outcome, copy } = useCopy(value);
  const short = value.length > 18 ? `${value.slice(0, 8)}…${value.slice(-6)}` : value;
  if (outcome === "byHand")
    return (
      <span role="status" className="text-xs">
        <span className="sr">{label} </span>
        <code ref={selected} className="font-mono [overflow-wrap:anywhere] select-all">
          {value}
        </code>{" "}
        {t("copyByHand")}
      </span>
    );
  return (
    <button
      type="button"
      onClick={copy}
      title={value}
      className="relative inline-flex min-h-8 items-center gap-1.5 rounded-sm font-mono text-xs underline decoration-line-strong decoration-dotted underline-offset-4 hover:text-water"
    >
      <span className="sr">{label} </span>
      {outcome === "copied" ? t("copied") : short}
      <span className="sr"> {t("copy")}</span>
    </button>
  );
}
