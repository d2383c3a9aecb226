"use client";

import { useTranslations } from "next-intl";
import { useCallback } from "react";
import { durationWords } from "./time.ts";

/** Seconds → "1 h 30 min". */
export function useDuration(): (seconds: number) => string {
  const t = useTranslations("duration");
  return useCallback((seconds) => durationWords(t, seconds), [t]);
}
