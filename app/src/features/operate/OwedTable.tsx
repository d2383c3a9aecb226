"use client";

import { pull } from "@weir/sdk/chain";
import { useTranslations } from "next-intl";
import type { Address } from "viem";
import { Button } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { Section } from "@/components/Section.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { tokenOf } from "@/lib/config.ts";
import { formatAmount } from "@/lib/money.ts";
import { useOperatorAct } from "./useOperatorAct.ts";
import type { Owed } from "./useRelay.ts";

/** Cuts that wait in the escrows, and the way to fetch them. */
export function OwedTable({ operator, owed }: { operator: Address; owed: Owed[] }) {
  const t = useTranslations("operate");
  return (
    <Section title={t("owed")} note={t("owedNote")}>
      {owed.length === 0 ? (
        <p className="rounded-md bg-sunk p-4 text-sm text-soft">{t("owedNothing")}</p>
      ) : (
        <ul className="sheet divide-y divide-line" aria-label={t("owed")}>
          {owed.map((balance) => (
            <OwedRow key={`${balance.escrow}.${balance.token}`} operator={operator} balance={balance} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function OwedRow({ operator: holder, balance }: { operator: Address; balance: Owed }) {
  const t = useTranslations("operate");
  const { escrow, token, amount } = balance;
  const { symbol, decimals } = tokenOf(useWeirConfig(), token);
  const act = useOperatorAct(({ client, contracts }) => pull(client, { contracts, escrow, holder, token }));
  return (
    <li className="grid gap-2 px-4 py-3 sm:px-5" data-owed={String(amount)}>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div className="min-w-0">
          <p className="figure break-all font-semibold">
            {formatAmount(amount, decimals)} {symbol}
          </p>
          <p className="text-xs text-soft">{t(`from.${escrow}`)}</p>
        </div>
        <Button
          tone="primary"
          disabled={act.isPending}
          aria-label={t("pullOf", { amount: formatAmount(amount, decimals), symbol })}
          onClick={() => act.mutate()}
        >
          {act.isPending ? t("asking") : t("pull")}
        </Button>
      </div>
      <ErrorNotice error={act.error ?? undefined} />
    </li>
  );
}
