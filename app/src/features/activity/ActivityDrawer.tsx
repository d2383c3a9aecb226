"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { Address } from "viem";
import { useConnection } from "wagmi";
import { Button, buttonClass } from "@/components/Button.tsx";
import { Dialog } from "@/components/Dialog.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { OutboxList, stateOf } from "./OutboxList.tsx";
import { useOutbox } from "./useOutbox.ts";

/** Beside the account: how many transactions are on their way, and all of them in a drawer. Nothing while there is nothing. */
export function ActivityDrawer() {
  const config = useWeirConfig();
  const { address, chainId } = useConnection();
  if (!address || chainId !== config.chainId) return null;
  return <Sent account={address} />;
}

function Sent({ account }: { account: Address }) {
  const t = useTranslations("activity");
  const config = useWeirConfig();
  const [open, setOpen] = useState(false);
  const entries = useOutbox(config, account);
  if (entries.length === 0) return null;
  const states = entries.map(stateOf);
  const waiting = states.filter((state) => state === "pending" || state === "asking").length;
  const failed = states.filter((state) => state === "failed" || state === "unanswered").length;
  return (
    <>
      <Button
        tone="quiet"
        className="relative min-w-11 px-2!"
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
      >
        <span className="sr">{t("open", { waiting, failed })}</span>
        <Outflow moving={waiting > 0} />
        {waiting + failed > 0 ? (
          <span
            aria-hidden="true"
            className={`figure absolute right-0 top-0 grid size-5 place-items-center rounded-full text-xs font-bold text-paper ${failed > 0 ? "bg-mark" : "bg-amber"}`}
          >
            {waiting + failed}
          </span>
        ) : null}
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={t("drawer")} description={t("drawerNote")}>
        <div className="grid gap-4">
          <OutboxList config={config} account={account} entries={entries} />
          <Link href="/activity" prefetch={false} className={buttonClass()} onClick={() => setOpen(false)}>
            {t("all")}
          </Link>
        </div>
      </Dialog>
    </>
  );
}

/** Water leaving over a notch. */
function Outflow({ moving }: { moving: boolean }) {
  return (
    <svg aria-hidden="true" viewBox="0 0 20 20" className={`size-5 ${moving ? "animate-pulse" : ""}`}>
      <path d="M1 7h5l2 4h4l2-4h5" fill="none" stroke="currentColor" strokeWidth="1.8" />
      <path d="M10 12v6M7.5 15.5 10 18l2.5-2.5" fill="none" stroke="currentColor" strokeWidth="1.8" />
    </svg>
  );
}
