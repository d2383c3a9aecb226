"use client";

import { useTranslations } from "next-intl";
import { Button, buttonClass } from "@/components/Button.tsx";

/** What nobody foresaw, in a page's own code: a sentence and two ways on. Both load anew, so nothing of the broken page stays. */
export default function Fault({ error }: { error: unknown }) {
  const t = useTranslations("fault");
  const words = useTranslations("errors");
  return (
    <div role="alert" className="page grid grid-cols-[minmax(0,1fr)] justify-items-start gap-4 py-16">
      <h1 className="text-3xl">{t("heading")}</h1>
      <p className="max-w-[var(--measure)] text-lg text-soft">{t("text")}</p>
      <div className="flex flex-wrap gap-3">
        <Button tone="primary" onClick={() => window.location.reload()}>
          {words("retry")}
        </Button>
        <a href="/" className={buttonClass()}>
          {t("back")}
        </a>
      </div>
      <details className="min-w-0 max-w-full text-sm">
        <summary className="min-h-8 py-1 underline underline-offset-2">{words("details")}</summary>
        <pre className="mt-2 max-h-48 overflow-auto whitespace-pre-wrap break-words font-mono text-xs">
          {error instanceof Error ? `${error.name}\n${error.message}` : String(error)}
        </pre>
      </details>
    </div>
  );
}
