"use client";

import { useTranslations } from "next-intl";
import { Button } from "./Button.tsx";
import { Scroll } from "./Scroll.tsx";
import { selected, useCopy } from "./useCopy.ts";

/** Text to be pasted elsewhere, whole. */
export function CodeBlock({ label, text }: { label: string; text: string }) {
  const t = useTranslations("shell");
  const { outcome, copy } = useCopy(text);
  const byHand = outcome === "byHand";
  return (
    <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-2">
      <Scroll label={label} className="max-h-80 bg-sunk">
        <pre ref={byHand ? selected : undefined} className="p-3 font-mono text-xs leading-relaxed">
          {text}
        </pre>
      </Scroll>
      <div className="flex flex-wrap items-center gap-3">
        <Button onClick={copy}>{outcome === "copied" ? t("copied") : t("copyAll")}</Button>
        {byHand ? (
          <p role="status" className="text-sm text-soft">
            {t("copyByHand")}
          </p>
        ) : null}
      </div>
    </div>
  );
}
