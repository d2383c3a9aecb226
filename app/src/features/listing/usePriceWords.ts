"use client";

import { useTranslations } from "next-intl";
import { useCallback } from "react";
import { useConfigState } from "@/features/shell/ConfigProvider.tsx";
import { tokenOf } from "@/lib/config.ts";
import type { PlanItem } from "@/lib/indexer.ts";
import { useDuration } from "@/lib/useDuration.ts";
import { type PriceWords, priceWords } from "./priceWords.ts";

const NONE: PriceWords = { now: "", usual: "", promotion: undefined };

/** What a plan costs right now, in words; empty before the settings are there. */
export function usePriceWords(): (plan: PlanItem, token: string) => PriceWords {
  const t = useTranslations("price");
  const duration = useDuration();
  const { config } = useConfigState();
  return useCallback(
    (plan, token) =>
      config ? priceWords({ t, duration }, plan, tokenOf(config, token), Date.now() / 1_000) : NONE,
    [t, duration, config],
  );
}
