"use client";

import { useTranslations } from "next-intl";
import type { Row } from "@/lib/series.ts";

/** Why a message does not fit, in words; empty for one that does. */
export function useMisfitWords(): (row: Pick<Row, "misfit">) => string {
  const t = useTranslations("live.misfitRules");
  return ({ misfit }) => (misfit ? t(misfit.rule, { field: misfit.field ?? "" }) : "");
}
