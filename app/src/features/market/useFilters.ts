"use client";

import { usePathname, useSearchParams } from "next/navigation";
import { useCallback } from "react";
import { type Filters, readFilters, writeFilters } from "./filters.ts";

export function useFilters() {
  const params = useSearchParams();
  const path = usePathname();
  const filters = readFilters(new URLSearchParams(params));
  const change = useCallback(
    (next: Filters) => window.history.replaceState(null, "", `${path}${writeFilters(next)}`),
    [path],
  );
  return { filters, change };
}
