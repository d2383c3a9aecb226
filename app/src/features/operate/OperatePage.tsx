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
import { OperatorConsole } from "./OperatorConsole.tsx";
import { Registry } from "./Registry.tsx";

export function OperatePage() {
  const t = useTranslations("operate");
  return (
    <div className="page pt-8 sm:pt-10">
      <h1 className="text-3xl">{t("heading")}</h1>
      <p className="mb-6 mt-2 max-w-[var(--measure)] text-soft">{t("intro")}</p>
      <Ready>
        <div className="grid grid-cols-[minmax(0,1fr)] gap-10">
          <WithWallet>
            <Connected />
          </WithWallet>
          <Registry />
        </div>
      </Ready>
    </div>
  );
}

function Connected() {
  const t = useTranslations("operate");
  const config = useWeirConfig();
  const { address, chainId, status } = useConnection();
  if (status === "reconnecting" || status === "connecting") return <PageSkeleton />;
  if (!address)
    return (
      <Empty title={t("noWallet")} note={t("noWalletNote")}>
        <ol className="grid list-decimal gap-1 pl-5 text-soft">
          {(["run", "register", "chosen", "pull"] as const).map((step) => (
            <li key={step}>{t(`how.${step}`)}</li>
          ))}
        </ol>
        <Button tone="primary" onClick={askConnect}>
          {t("connect")}
        </Button>
      </Empty>
    );
  if (chainId !== config.chainId) return <WrongChain />;
  return <OperatorConsole operator={address} />;
}
