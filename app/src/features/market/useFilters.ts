"use client";

import { usePathname, useSearchParams } from "next/navigation";
import { useCallback, useEffect, useMemo, useSyncExternalStore } from "react";
import { type Filters, readFilters, writeFilters } from "./filters.ts";

const listeners = new Set<() => void>();
const notify = () => {
  for (const listener of listeners) listener();
};

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

/**
 * The search that the address holds. Read from the address itself: whoever asks the router for it is left out of the page as it is
 * built, and the market's head would come with its scripts only. The router's part is <FollowAddress>.
 */
export function useFilters() {
  const path = usePathname();
  const search = useSyncExternalStore(
    subscribe,
    () => window.location.search,
    () => "",
  );
  const filters = useMemo(() => readFilters(new URLSearchParams(search)), [search]);
  const change = useCallback(
    (next: Filters) => {
      window.history.replaceState(null, "", `${path}${writeFilters(next)}`);
      notify();
    },
    [path],
  );
  return { filters, change };
}

/** Tells useFilters when the router has changed the address: a link to the market while it shows a search. Wants a <Suspense>. */
export function FollowAddress() {
  const params = useSearchParams();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the change itself is what is told
  useEffect(notify, [params]);
  return null;
}
