"use client";

import { useTranslations } from "next-intl";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { Level } from "@/components/Level.tsx";
import { Ready } from "@/features/shell/Ready.tsx";
import { BrokenView } from "./BrokenView.tsx";
import { DropZone } from "./DropZone.tsx";
import { HoldsView } from "./HoldsView.tsx";
import { useVerify } from "./useVerify.ts";

export function VerifyPage() {
  const t = useTranslations("verify");
  return (
    <div className="page pt-8 sm:pt-12">
      <h1 className="text-3xl">{t("heading")}</h1>
      <p className="mb-6 mt-2 max-w-[var(--measure)] text-soft">{t("intro")}</p>
      <Ready>
        <Checker />
      </Ready>
    </div>
  );
}

function Checker() {
  const t = useTranslations("verify");
  const { state, verify } = useVerify();
  const checking = state.step === "checking";
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-6">
      <DropZone disabled={checking} onFile={(file) => void verify(file)} />
      <div aria-live="polite" className="min-w-0">
        {state.step === "idle" ? <Points /> : null}
        {checking ? (
          <div className="grid gap-2">
            <p>{t("checking", { name: state.name, percent: Math.floor(state.share * 100) })}</p>
            <Level share={state.share} />
          </div>
        ) : null}
        {state.step === "holds" ? <HoldsView name={state.name} report={state.report} /> : null}
        {state.step === "broken" ? <BrokenView name={state.name} broken={state.broken} /> : null}
        {state.step === "failed" ? <ErrorNotice error={state.error} /> : null}
      </div>
    </div>
  );
}

/** What will be checked, before there is a file. */
function Points() {
  const t = useTranslations("verify");
  return (
    <ul className="grid gap-x-8 gap-y-3 sm:grid-cols-2 lg:grid-cols-3">
      {(["signatures", "hashes", "order", "completeness", "price", "bill"] as const).map((point) => (
        <li key={point} className="border-l-2 border-line-strong pl-4">
          <p className="font-semibold">{t(`point.${point}`)}</p>
          <p className="text-sm text-soft">{t(`what.${point}`)}</p>
        </li>
      ))}
    </ul>
  );
}
