"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useEffect } from "react";
import type { Address } from "viem";
import { Copy } from "@/components/Copy.tsx";
import { useOutbox } from "@/features/activity/useOutbox.ts";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";

const PURCHASES: readonly string[] = ["buy", "buyMany"];

/** Purchases that were sent and are not mined yet, also those of before a reload; each goes as soon as the chain has it. */
export function OnTheWay({ account }: { account: Address }) {
  const t = useTranslations("purchases");
  const queries = useQueryClient();
  const open = useOutbox(useWeirConfig(), account).filter(
    ({ action, state, hash }) => PURCHASES.includes(action) && state === "pending" && hash !== null,
  );
  const count = open.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: fewer on their way means that one has arrived in the list below
  useEffect(() => void queries.invalidateQueries({ queryKey: ["purchases"] }), [count, queries]);
  if (count === 0) return null;
  return (
    <ul className="mb-4 grid gap-2" aria-label={t("onTheWay")}>
      {open.map(({ id, hash }) => (
        <li key={id} className="rounded-md border-l-4 border-amber bg-amber-wash p-4">
          <p className="font-semibold">{t("onTheWayOne")}</p>
          <p className="flex flex-wrap items-center gap-2 text-sm">
            {t("onTheWayNote")} <Copy value={hash ?? ""} label={t("transaction")} />
          </p>
        </li>
      ))}
    </ul>
  );
}
