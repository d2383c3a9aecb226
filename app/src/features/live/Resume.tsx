"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useConnection } from "wagmi";
import { Button, buttonClass } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { PageSkeleton } from "@/components/Skeleton.tsx";
import { isTimed, stateOf } from "@/features/purchases/state.ts";
import { usePurchasesOf } from "@/features/purchases/usePurchases.ts";
import { askConnect } from "@/features/wallet/askConnect.ts";
import { KeyBackup } from "@/features/wallet/KeyBackup.tsx";
import type { ListingDetail } from "@/lib/indexer.ts";
import type { FeedSession } from "./session.ts";
import { useResume } from "./useResume.ts";

function Frame({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="page grid justify-items-start gap-4 py-12">
      <h1 className="text-2xl">{title}</h1>
      {children}
    </div>
  );
}

/** Before the stream: which purchase, whose keys. Nothing is paid until the person says go. */
export function Resume({
  listing,
  grant,
  toStop,
  onStarted,
}: {
  listing: ListingDetail;
  grant: string | null;
  /** The person wants to stop, which needs the same keys and connection. */
  toStop: boolean;
  onStarted: (session: FeedSession) => void;
}) {
  const t = useTranslations("live");
  const { address, status } = useConnection();
  const purchases = usePurchasesOf(address, listing.id, grant);
  const resume = useResume(listing, onStarted);
  if (status === "reconnecting" || status === "connecting") return <PageSkeleton />;
  if (!address)
    return (
      <Frame title={listing.title}>
        <p className="max-w-[var(--measure)] text-soft">{t("connectNote")}</p>
        <Button tone="primary" onClick={askConnect}>
          {t("connect")}
        </Button>
      </Frame>
    );
  if (purchases.error && !purchases.data)
    return (
      <Frame title={listing.title}>
        <ErrorNotice error={purchases.error} onRetry={() => void purchases.refetch()} />
      </Frame>
    );
  if (!purchases.data) return <PageSkeleton />;
  // The keys of a gift are not made from a wallet's signature, so no page can open one.
  const usable = purchases.data.filter(
    (item) => !item.given && ["open", "free", "timed"].includes(stateOf(item, Date.now() / 1_000)),
  );
  const chosen = grant ? purchases.data[0] : usable[0];
  if (!chosen || !usable.includes(chosen))
    return (
      <Frame title={listing.title}>
        <p className="max-w-[var(--measure)] text-soft">
          {t(chosen?.given ? "givenNote" : chosen ? "overNote" : "nothingBought")}
        </p>
        <div className="flex flex-wrap gap-3">
          <Link href={`/listing?id=${listing.id}`} className={buttonClass("primary")}>
            {t("toListing")}
          </Link>
          <Link href="/purchases" className={buttonClass("plain")}>
            {t("toPurchases")}
          </Link>
        </div>
      </Frame>
    );
  return (
    <Frame title={listing.title}>
      <p className="max-w-[var(--measure)] text-soft">
        {t(
          toStop
            ? "stopResumeNote"
            : chosen.channel
              ? "resumeNote"
              : isTimed(chosen)
                ? "resumeTimedNote"
                : "resumeFreeNote",
        )}
      </p>
      <Button
        tone={toStop ? "mark" : "primary"}
        disabled={resume.isPending}
        onClick={() => resume.mutate(chosen)}
      >
        {resume.isPending ? t("confirmInWallet") : t(toStop ? "stop" : "resume")}
      </Button>
      <ErrorNotice error={resume.error ?? undefined} />
      <KeyBackup request={resume.backupRequest} />
    </Frame>
  );
}
