"use client";

import { withdrawStake } from "@weir/sdk/chain";
import { useTranslations } from "next-intl";
import { zeroAddress } from "viem";
import { Button } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { Section } from "@/components/Section.tsx";
import { useChainTime } from "@/features/purchases/useChainTime.ts";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { tokenOf } from "@/lib/config.ts";
import { formatAmount } from "@/lib/money.ts";
import { formatMoment } from "@/lib/time.ts";
import { useDuration } from "@/lib/useDuration.ts";
import { useOperatorAct } from "./useOperatorAct.ts";
import type { OperatorRelay } from "./useRelay.ts";

/** The entry is off the list; its stake comes free at a moment of the chain's clock. */
export function Leaving({ entry: { stake, withdrawableAt } }: { entry: OperatorRelay["entry"] }) {
  const t = useTranslations("operate");
  const duration = useDuration();
  const { symbol, decimals } = tokenOf(useWeirConfig(), zeroAddress);
  const left = withdrawableAt - useChainTime();
  const act = useOperatorAct(({ client, contracts }) => withdrawStake(client, { contracts }));
  return (
    <Section title={t("left")} note={t("leftNote")}>
      <div className="grid justify-items-start gap-3 rounded-md bg-amber-wash p-5">
        <p className="figure text-lg font-semibold">
          {formatAmount(stake, decimals)} {symbol}
        </p>
        <p role="timer" className="figure">
          {left > 0
            ? t("freeIn", { left: duration(left), at: formatMoment(withdrawableAt * 1_000) })
            : t("free")}
        </p>
        <Button tone="primary" disabled={left > 0 || act.isPending} onClick={() => act.mutate()}>
          {act.isPending ? t("asking") : t("withdraw")}
        </Button>
        <ErrorNotice error={act.error ?? undefined} />
      </div>
    </Section>
  );
}
