"use client";

import { useTranslations } from "next-intl";
import { useExplained } from "@/lib/explain.ts";
import { Button } from "./Button.tsx";

/** The one way an error reaches a person: what happened, what to do, and the details folded away. A refusal by the person is not an error. */
export function ErrorNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const t = useTranslations("errors");
  const explained = useExplained(error);
  if (!explained) return null;
  const calm = explained.name === "UserRejected";
  return (
    <div
      role={calm ? "status" : "alert"}
      className={`min-w-0 rounded-md border-l-4 p-4 [overflow-wrap:anywhere] ${calm ? "border-line-strong bg-sunk" : "border-mark bg-mark-wash"}`}
    >
      <p className="font-semibold">{explained.sentence}</p>
      <p className="mt-1 text-sm">{explained.advice}</p>
      <div className="mt-3 flex flex-wrap items-center gap-3">
        {onRetry ? <Button onClick={onRetry}>{t("retry")}</Button> : null}
        <details className="min-w-0 text-sm">
          <summary className="min-h-8 py-1 underline underline-offset-2">{t("details")}</summary>
          <pre className="mt-2 max-h-48 overflow-auto whitespace-pre-wrap break-words font-mono text-xs">
            {explained.name}
            {"\n"}
            {error instanceof Error ? error.message : String(error)}
          </pre>
        </details>
      </div>
    </div>
  );
}
