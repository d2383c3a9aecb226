"use client";

import { useTranslations } from "next-intl";
import { useConnection } from "wagmi";
import { Button } from "@/components/Button.tsx";
import { Empty } from "@/components/Empty.tsx";
import { PageSkeleton } from "@/components/Skeleton.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { Ready } from "@/features/shell/Ready.tsx";
import { askConnect } from "@/features/wallet/askConnect.ts";
import { WithWallet } from "@/features/wallet/WithWallet.tsx";
import { WrongChain } from "@/features/wallet/WrongChain.tsx";
import { Console } from "./Console.tsx";

export function SellPage() {
  const t = useTranslations("sell");
  return (
    <div className="page pt-6 sm:pt-8">
      <div className="mb-5 flex flex-wrap items-baseline gap-x-5 gap-y-1">
        <h1 className="text-2xl">{t("heading")}</h1>
        <p className="max-w-[var(--measure)] text-sm text-soft max-sm:hidden">{t("intro")}</p>
      </div>
      <Ready>
        <WithWallet>
          <Connected />
        </WithWallet>
      </Ready>
    </div>
  );
}

function Connected() {
  const t = useTranslations("sell");
  const config = useWeirConfig();
  const { address, chainId, status } = useConnection();
  if (status === "reconnecting" || status === "connecting") return <PageSkeleton />;
  if (!address)
    return (
      <Empty title={t("noWallet")} note={t("noWalletNote")}>
        <ol className="grid list-decimal gap-1 pl-5 text-soft">
          {(["hub", "gateway", "devices", "listing"] as const).map((step) => (
            <li key={step}>{t(`how.${step}`)}</li>
          ))}
        </ol>
        <Button tone="primary" onClick={askConnect}>
          {t("connect")}
        </Button>
      </Empty>
    );
  if (chainId !== config.chainId) return <WrongChain />;
  return <Console />;
}
