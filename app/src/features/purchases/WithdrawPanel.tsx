"use client";

import { useTranslations } from "next-intl";
import { Button } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import type { PurchaseItem } from "@/lib/indexer.ts";
import { formatMoment } from "@/lib/time.ts";
import { useDuration } from "@/lib/useDuration.ts";
import { useChainTime } from "./useChainTime.ts";
import { useLeave } from "./useLeave.ts";

/** The challenge that runs after `requestClose`, and the way to the rest of the money when it is over. */
export function WithdrawPanel({ purchase, closeAt }: { purchase: PurchaseItem; closeAt: number }) {
  const t = useTranslations("purchases");
  const duration = useDuration();
  const time = useChainTime();
  const withdraw = useLeave(purchase, "withdraw");
  const left = closeAt - time;
  if (withdraw.isSuccess) return <p role="status">{t("withdrawn")}</p>;
  return (
    <div className="grid w-full gap-3 rounded-md bg-amber-wash p-4">
      <p className="text-sm">{t("closingNote", { at: formatMoment(closeAt * 1_000) })}</p>
      <p className="figure font-semibold">
        {left > 0 ? t("closingLeft", { left: duration(left) }) : t("mature")}
      </p>
      <div>
        <Button tone="primary" disabled={left > 0 || withdraw.isPending} onClick={() => withdraw.mutate()}>
          {withdraw.isPending ? t("asking") : t("withdraw")}
        </Button>
      </div>
      <ErrorNotice error={withdraw.error ?? undefined} onRetry={() => withdraw.mutate()} />
    </div>
  );
}
