"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { LOCAL_CHAIN_ID } from "@/lib/config.ts";
import { useConfigState } from "./ConfigProvider.tsx";
import { useStatus } from "./useStatus.ts";

/** Where the page's facts come from, and how fresh the index is. */
export function Footer() {
  const t = useTranslations("shell");
  const { config } = useConfigState();
  const status = useStatus();
  const local = config?.chainId === LOCAL_CHAIN_ID;
  return (
    <footer className="mt-16 border-t border-line">
      <div aria-hidden="true" className="staff h-3" />
      <nav aria-label={t("moreNav")} className="page flex flex-wrap gap-x-6 pt-3 text-sm font-semibold">
        {(["operate", "verify", "activity"] as const).map((name) => (
          <Link
            key={name}
            href={`/${name}`}
            prefetch={false}
            className="inline-flex min-h-11 items-center hover:underline"
          >
            {t(`nav.${name}`)}
          </Link>
        ))}
      </nav>
      <div className="page flex flex-wrap gap-x-6 gap-y-1 py-5 text-sm text-soft">
        <span>{t("tagline")}</span>
        {config ? <span>{local ? t("localChain") : t("chain", { id: String(config.chainId) })}</span> : null}
        {status.data ? (
          <span className="figure">
            {t("indexedTo", {
              block: Number(status.data.block).toLocaleString("en"),
              lag: Number(status.data.lag),
            })}
          </span>
        ) : null}
      </div>
    </footer>
  );
}
