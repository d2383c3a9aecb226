"use client";

import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { KeyBackup } from "@/features/wallet/KeyBackup.tsx";
import type { PurchaseItem } from "@/lib/indexer.ts";
import { useRotate } from "./useRotate.ts";

/** Shuts out whatever else has the keys of a purchase: first what that means, then the wallet. */
export function RotateKeys({ purchase }: { purchase: PurchaseItem }) {
  const t = useTranslations("rotate");
  const rotate = useRotate(purchase);
  const [asked, setAsked] = useState(false);
  if (rotate.isSuccess)
    return (
      <p role="status" className="w-full rounded-md bg-sunk p-4 text-sm">
        {t("done")}
      </p>
    );
  if (!asked) return <Button onClick={() => setAsked(true)}>{t("open")}</Button>;
  return (
    <section aria-label={t("open")} className="grid w-full gap-3 rounded-md bg-amber-wash p-4">
      <p className="text-sm">{t("why")}</p>
      {purchase.channel ? <p className="text-sm">{t("vouchersNote")}</p> : null}
      <div className="flex flex-wrap gap-3">
        <Button tone="primary" disabled={rotate.isPending} onClick={() => rotate.mutate()}>
          {rotate.isPending ? t("asking") : t("now")}
        </Button>
        <Button onClick={() => setAsked(false)}>{t("keep")}</Button>
      </div>
      <ErrorNotice error={rotate.error ?? undefined} />
      <KeyBackup request={rotate.backupRequest} />
    </section>
  );
}
