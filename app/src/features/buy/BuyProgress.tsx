"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { Button, buttonClass } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import type { ListingDetail } from "@/lib/indexer.ts";
import { type BuyState, STAGES, type Stage } from "./useBuy.ts";

type Mark = "done" | "now" | "failed" | "ahead";

const MARKS: Record<Mark, string> = {
  done: "border-water bg-water text-on-water",
  now: "border-water bg-water-wash text-water",
  failed: "border-mark bg-mark-wash text-mark",
  ahead: "border-line-strong bg-surface text-soft",
};
const SIGNS: Record<Mark, string> = { done: "✓", now: "•", failed: "!", ahead: "" };

function markOf(stage: Stage, state: BuyState): Mark {
  const at = STAGES.indexOf(state.stage ?? "check");
  const index = STAGES.indexOf(stage);
  if (state.done || index < at) return "done";
  if (index > at) return "ahead";
  return state.error ? "failed" : "now";
}

/** "1 of 2": which of the two transactions the wallet shows. */
function Stepper({ state }: { state: BuyState }) {
  const t = useTranslations("buy");
  const second = state.asking !== "approval" && state.asking !== "keys" && state.asking !== "keysAgain";
  return <span className="figure ml-2 text-sm text-soft">{t("step", { step: second ? 2 : 1 })}</span>;
}

export function BuyProgress({
  listing,
  state,
  onRetry,
  onBack,
}: {
  listing: ListingDetail;
  state: BuyState;
  onRetry: () => void;
  onBack: () => void;
}) {
  const t = useTranslations("buy");
  const note =
    state.stage === "wallet" && state.asking && !state.error ? t(`asking.${state.asking}`) : undefined;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
      <ol className="grid gap-0">
        {STAGES.map((stage) => {
          const mark = markOf(stage, state);
          return (
            <li
              key={stage}
              aria-current={mark === "now" ? "step" : undefined}
              className="relative flex gap-3.5 pb-4 last:pb-0 [&:not(:last-child)]:before:absolute [&:not(:last-child)]:before:left-3.5 [&:not(:last-child)]:before:top-7 [&:not(:last-child)]:before:h-full [&:not(:last-child)]:before:border-l [&:not(:last-child)]:before:border-line"
            >
              <span
                aria-hidden="true"
                className={`z-10 grid size-7 shrink-0 place-items-center rounded-full border-2 text-sm font-bold ${MARKS[mark]}`}
              >
                {SIGNS[mark]}
              </span>
              <span className={mark === "ahead" ? "text-soft" : ""}>
                <span className={mark === "now" ? "font-semibold" : ""}>{t(`stages.${stage}`)}</span>
                {stage === "wallet" && state.twoSteps ? <Stepper state={state} /> : null}
                <span className="sr">{` (${t(`marks.${mark}`)})`}</span>
                {mark === "now" && note ? <span className="block text-sm text-soft">{note}</span> : null}
              </span>
            </li>
          );
        })}
      </ol>
      <p className="sr" role="status" aria-live="polite">
        {state.stage ? t(`stages.${state.stage}`) : ""} {note ?? ""}
      </p>
      {state.error ? (
        <>
          <ErrorNotice error={state.error} onRetry={state.sent ? undefined : onRetry} />
          {state.sent && !state.grantId ? <p className="text-sm">{t("sentNote")}</p> : null}
          <div className="flex flex-wrap gap-3">
            {state.grantId ? (
              <Link href={`/live?id=${listing.id}&grant=${state.grantId}`} className={buttonClass("primary")}>
                {t("openLive")}
              </Link>
            ) : state.sent ? (
              <Link href="/purchases" className={buttonClass("primary")}>
                {t("openPurchases")}
              </Link>
            ) : (
              <Button onClick={onBack}>{t("back")}</Button>
            )}
          </div>
        </>
      ) : null}
    </div>
  );
}
