"use client";

import { useTranslations } from "next-intl";
import { Button } from "@/components/Button.tsx";
import { SelectField } from "@/components/SelectField.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { tokenOf } from "@/lib/config.ts";
import { useWizard } from "./context.ts";
import { newPlan } from "./draft.ts";
import { Group } from "./Group.tsx";
import { PlanEditor } from "./PlanEditor.tsx";
import { MAX_PLANS } from "./rules.ts";

export function PlansStep() {
  const t = useTranslations("sell.wizard");
  const { draft, set, problem } = useWizard();
  const config = useWeirConfig();
  const tokens = config.tokens.length > 0 ? config.tokens : [tokenOf(config, draft.token)];
  return (
    <>
      <Group title={t("groups.token")} note={t("groups.tokenNote")}>
        <SelectField
          label={t("token")}
          value={draft.token}
          onChange={(token) => set("token", token)}
          options={tokens.map(({ address, symbol }) => [address, symbol] as const)}
        />
      </Group>
      <Group title={t("groups.plans")} note={t("groups.plansNote")} columns={1}>
        {draft.plans.length === 0 ? <p className="text-sm text-amber">{t("private")}</p> : null}
        <ol className="grid grid-cols-[minmax(0,1fr)] gap-4">
          {draft.plans.map((plan, index) => (
            <PlanEditor key={plan.id} plan={plan} number={index + 1} />
          ))}
        </ol>
        {problem("plans") ? <p className="text-xs font-semibold text-mark">{problem("plans")}</p> : null}
        <div>
          <Button
            disabled={draft.plans.length >= MAX_PLANS}
            onClick={() => set("plans", [...draft.plans, newPlan()])}
          >
            {t("addPlan")}
          </Button>
        </div>
      </Group>
    </>
  );
}
