"use client";

import { useTranslations } from "next-intl";
import type { Address } from "viem";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { Section } from "@/components/Section.tsx";
import { PageSkeleton } from "@/components/Skeleton.tsx";
import { Checklist } from "./Checklist.tsx";
import { EntryFacts } from "./EntryFacts.tsx";
import { EntryForm } from "./EntryForm.tsx";
import { Leave } from "./Leave.tsx";
import { Leaving } from "./Leaving.tsx";
import { OwedTable } from "./OwedTable.tsx";
import { useRelay } from "./useRelay.ts";

/** What the connected operator can do next: register, run, or leave. */
export function OperatorConsole({ operator }: { operator: Address }) {
  const t = useTranslations("operate");
  const relay = useRelay(operator);
  if (relay.error && !relay.data)
    return <ErrorNotice error={relay.error} onRetry={() => void relay.refetch()} />;
  if (!relay.data) return <PageSkeleton />;
  const { entry, owed } = relay.data;
  const registered = entry.registeredAt !== 0 && entry.withdrawableAt === 0;
  const money = owed.length > 0 || registered ? <OwedTable operator={operator} owed={owed} /> : null;
  if (entry.withdrawableAt !== 0)
    return (
      <>
        <Leaving entry={entry} />
        {money}
      </>
    );
  if (!registered)
    return (
      <>
        <Section title={t("register")} note={t("registerNote")}>
          <EntryForm operator={operator} rules={relay.data.rules} />
        </Section>
        {money}
      </>
    );
  return (
    <>
      <Checklist relay={relay.data} />
      <EntryFacts relay={relay.data} />
      {money}
      <details className="sheet p-5">
        <summary className="min-h-8 font-semibold">{t("change")}</summary>
        <div className="mt-4">
          <EntryForm operator={operator} rules={relay.data.rules} entry={entry} />
        </div>
      </details>
      <Leave delay={Number(relay.data.rules.unbondingDelay)} />
    </>
  );
}
