"use client";

import { useEffect, useState } from "react";

/**
 * The present, renewed every `everyMs`. 0 before the first paint in the browser, so that prerendered pages agree with it; what is never
 * prerendered may give a `first`, and is not drawn twice.
 */
export function useNow(everyMs = 1_000, first = 0): number {
  const [now, setNow] = useState(first);
  useEffect(() => {
    setNow((known) => known || Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
