"use client";

import { useTranslations } from "next-intl";
import { useCallback } from "react";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { tokenOf } from "@/lib/config.ts";
import { formatAmount } from "@/lib/money.ts";
import type { Problem } from "./rules.ts";

/** One sentence for a problem: which rule, with its figures. Amounts are told in the listing's token. */
export function useProblemWords(token: string): (problem: Problem) => string {
  const t = useTranslations("sell.rules");
  const config = useWeirConfig();
  return useCallback(
    ({ rule, values = {} }) => {
      const coin = tokenOf(config, token);
      const least =
        rule === "EntryTooLow"
          ? `${formatAmount(BigInt(values.least ?? 0), coin.decimals)} ${coin.symbol}`
          : (values.least ?? 0);
      // The catalogue's type wants every rule's own figures; one record holds them all.
      const figures = { most: 0, length: 0, word: "", topic: "", decimals: 0, ...values, least };
      return t(rule, figures as never);
    },
    [t, config, token],
  );
}
