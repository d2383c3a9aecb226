"use client";

import { useTranslations } from "next-intl";
import { Button } from "@/components/Button.tsx";
import { CheckField } from "@/components/CheckField.tsx";
import { SelectField } from "@/components/SelectField.tsx";
import { TextField } from "@/components/TextField.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { tokenOf } from "@/lib/config.ts";
import type { PlanKindName } from "@/lib/indexer.ts";
import { formatAmount } from "@/lib/money.ts";
import { useWizard } from "./context.ts";
import { BYTE_UNITS, type ByteUnit, PERIOD_UNITS, type PeriodUnit, type PlanDraft } from "./draft.ts";
import { isMeteredKind } from "./readPlan.ts";

const KINDS: PlanKindName[] = ["message", "byte", "period", "flat", "free"];

/** One way to pay: only the fields that its kind has. */
export function PlanEditor({ plan, number }: { plan: PlanDraft; number: number }) {
  const t = useTranslations("sell.wizard");
  const market = useTranslations("market.kinds");
  const { draft, set, setPlan, problem, read } = useWizard();
  const token = tokenOf(useWeirConfig(), draft.token);
  const change = (part: Partial<PlanDraft>) => setPlan(plan.id, part);
  const text = (key: keyof PlanDraft & string) => ({
    value: String(plan[key]),
    onChange: (value: string) => change({ [key]: value } as Partial<PlanDraft>),
    error: problem(`plans.${plan.id}.${key}`),
  });
  const metered = isMeteredKind(plan.kind);
  const entry = read.terms.plans[number - 1]?.entry ?? 0n;
  const remove = () =>
    set(
      "plans",
      draft.plans.filter((other) => other.id !== plan.id),
    );
  return (
    <li
      className="grid grid-cols-[minmax(0,1fr)] gap-4 rounded-md border border-line bg-paper p-4"
      data-plan={number}
    >
      <div className="flex flex-wrap items-end justify-between gap-3">
        <SelectField
          className="min-w-40"
          label={t("planKind", { number })}
          value={plan.kind}
          onChange={(kind) =>
            change({
              kind: kind as PlanKindName,
              ...(isMeteredKind(kind as PlanKindName) ? { history: false } : {}),
            })
          }
          options={KINDS.map((kind) => [kind, market(kind)] as const)}
        />
        <Button tone="quiet" aria-label={t("removePlan", { number })} onClick={remove}>
          {t("remove")}
        </Button>
      </div>
      <p className="text-sm text-soft">{t(`kindNote.${plan.kind}`)}</p>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 sm:grid-cols-2">
        {plan.kind === "free" ? null : (
          <TextField
            mono
            suffix={token.symbol}
            label={t("planPrice")}
            placeholder="0.001"
            {...text("price")}
          />
        )}
        {plan.kind === "message" ? (
          <TextField mono suffix={t("unitMessages")} label={t("unit")} {...text("unit")} />
        ) : null}
        {plan.kind === "byte" ? (
          <Pair>
            <TextField mono label={t("unit")} {...text("unit")} />
            <SelectField
              label={t("byteUnit")}
              value={plan.byteUnit}
              onChange={(unit) => change({ byteUnit: unit as ByteUnit })}
              options={Object.keys(BYTE_UNITS).map((unit) => [unit, unit] as const)}
            />
          </Pair>
        ) : null}
        {plan.kind === "period" ? (
          <Pair>
            <TextField mono label={t("period")} {...text("period")} />
            <SelectField
              label={t("periodUnit")}
              value={plan.periodUnit}
              onChange={(unit) => change({ periodUnit: unit as PeriodUnit })}
              options={(Object.keys(PERIOD_UNITS) as PeriodUnit[]).map(
                (unit) => [unit, t(`periods.${unit}`)] as const,
              )}
            />
          </Pair>
        ) : null}
        {metered ? (
          <TextField
            mono
            suffix={token.symbol}
            label={t("entry")}
            note={t("entryNote")}
            placeholder={formatAmount(plan.entry.trim() === "" ? entry : 0n, token.decimals).replaceAll(
              ",",
              "",
            )}
            {...text("entry")}
          />
        ) : null}
        {plan.kind === "period" ? (
          <TextField
            mono
            suffix={token.symbol}
            label={t("upfront")}
            note={t("upfrontNote")}
            placeholder="0"
            {...text("upfront")}
          />
        ) : null}
        <TextField
          mono
          suffix={t("days")}
          label={t("window")}
          note={t("windowNote")}
          placeholder={t("noEnd")}
          {...text("window")}
        />
        {metered ? null : (
          <TextField
            mono
            suffix={t("minutes")}
            label={t("notice")}
            note={t("noticeNote")}
            {...text("notice")}
          />
        )}
      </div>
      <div className="grid gap-x-4 sm:grid-cols-2">
        {metered ? null : (
          <CheckField
            label={t("history")}
            note={t("historyNote")}
            checked={plan.history}
            onChange={(history) => change({ history })}
          />
        )}
        <CheckField
          label={t("write")}
          note={t("writeNote")}
          checked={plan.write}
          onChange={(write) => change({ write })}
        />
      </div>
      {plan.kind === "free" ? null : (
        <details open={plan.promoPrice !== "" || plan.promoUntil !== "" || undefined}>
          <summary className="min-h-8 text-sm font-semibold underline underline-offset-4">
            {t("promotion")}
          </summary>
          <div className="mt-3 grid grid-cols-[minmax(0,1fr)] gap-4 sm:grid-cols-2">
            <TextField
              mono
              suffix={token.symbol}
              label={t("promoPrice")}
              note={t("promoNote")}
              {...text("promoPrice")}
            />
            <TextField type="datetime-local" label={t("promoUntil")} {...text("promoUntil")} />
          </div>
        </details>
      )}
    </li>
  );
}

function Pair({ children }: { children: React.ReactNode }) {
  return <div className="grid grid-cols-2 gap-3">{children}</div>;
}
