"use client";

import { useTranslations } from "next-intl";
import type { Address } from "viem";
import { useConnection } from "wagmi";
import { Button } from "@/components/Button.tsx";
import { PageSkeleton } from "@/components/Skeleton.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { Ready } from "@/features/shell/Ready.tsx";
import { askConnect } from "@/features/wallet/askConnect.ts";
import { WithWallet } from "@/features/wallet/WithWallet.tsx";
import { History } from "./History.tsx";
import { OutboxList } from "./OutboxList.tsx";
import { useOutbox } from "./useOutbox.ts";

export function ActivityPage() {
  const t = useTranslations("activity");
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
  const t = useTranslations("activity");
  const { address, status } = useConnection();
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
  return <OfAccount account={address} />;
}

function OfAccount({ account }: { account: Address }) {
  const t = useTranslations("activity");
  const config = useWeirConfig();
  const entries = useOutbox(config, account);
  return (
    <div className="grid gap-8 lg:grid-cols-[minmax(0,20rem)_minmax(0,1fr)]">
      <section className="min-w-0">
        <h2 className="text-xl">{t("outbox")}</h2>
        <p className="mb-3 mt-1 text-sm text-soft">{t("outboxNote")}</p>
        {entries.length > 0 ? (
          <OutboxList config={config} account={account} entries={entries} />
        ) : (
          <p className="rounded-md bg-sunk p-4 text-sm text-soft">{t("outboxEmpty")}</p>
        )}
      </section>
      <section className="min-w-0">
        <h2 className="text-xl">{t("history")}</h2>
        <p className="mb-3 mt-1 text-sm text-soft">{t("historyNote")}</p>
        <History account={account} />
      </section>
    </div>
  );
}
