"use client";

import { useTranslations } from "next-intl";
import { useConnection } from "wagmi";
import { Button } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { PageSkeleton } from "@/components/Skeleton.tsx";
import { Ready } from "@/features/shell/Ready.tsx";
import { askConnect } from "@/features/wallet/askConnect.ts";
import { WithWallet } from "@/features/wallet/WithWallet.tsx";
import { OnTheWay } from "./OnTheWay.tsx";
import { PurchaseList } from "./PurchaseList.tsx";
import { usePurchases } from "./usePurchases.ts";

export function PurchasesPage() {
  const t = useTranslations("purchases");
  return (
    <div className="page pt-8 sm:pt-12">
      <h1 className="text-3xl">{t("heading")}</h1>
      <p className="mb-6 mt-2 max-w-[var(--measure)] text-soft">{t("intro")}</p>
      <Ready>
        <WithWallet>
          <Mine />
        </WithWallet>
      </Ready>
    </div>
  );
}

function Mine() {
  const t = useTranslations("purchases");
  const { address, status } = useConnection();
  const bought = usePurchases(address, false);
  const given = usePurchases(address, true);
  if (status === "reconnecting" || status === "connecting") return <PageSkeleton />;
  if (!address)
    return (
      <div className="sheet grid justify-items-start gap-3 p-8">
        <p className="text-lg font-semibold">{t("noWallet")}</p>
        <p className="max-w-[var(--measure)] text-soft">{t("noWalletNote")}</p>
        <Button tone="primary" onClick={askConnect}>
          {t("connect")}
        </Button>
      </div>
    );
  for (const { error, data, refetch } of [bought, given])
    if (error && !data) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (!bought.data || !given.data) return <PageSkeleton />;
  return (
    <>
      <OnTheWay account={address} />
      <PurchaseList bought={bought} given={given} />
    </>
  );
}
