"use client";

import { useTranslations } from "next-intl";
import { Button } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import type { PurchaseItem } from "@/lib/indexer.ts";
import { StopFromCard } from "./StopFromCard.tsx";
import type { PurchaseState } from "./state.ts";
import { useLeave } from "./useLeave.ts";
import { WithdrawPanel } from "./WithdrawPanel.tsx";

/** What the payer can do with the money of a purchase. */
export function ChannelActions({ purchase, state }: { purchase: PurchaseItem; state: PurchaseState }) {
  if (state === "closed") return null;
  if (state === "closing")
    return <WithdrawPanel purchase={purchase} closeAt={purchase.channel?.closeAt ?? 0} />;
  if (state === "revoked") return <LeaveAlone purchase={purchase} />;
  return <StopFromCard purchase={purchase} />;
}

/** No relay serves a revoked grant: only the chain is asked. */
function LeaveAlone({ purchase }: { purchase: PurchaseItem }) {
  const t = useTranslations("purchases");
  const leave = useLeave(purchase, "requestClose");
  return (
    <div className="grid gap-3">
      <Button disabled={leave.isPending} onClick={() => leave.mutate()}>
        {leave.isPending ? t("asking") : t("requestClose")}
      </Button>
      <ErrorNotice error={leave.error ?? undefined} />
    </div>
  );
}
