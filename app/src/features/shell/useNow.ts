"use client";

import { useEffect, useState } from "react";

/** The present, renewed every `everyMs`. 0 before the first paint in the browser, so that prerendered pages agree with it. */
export function useNow(everyMs = 1_000): number {
  const [now, setNow] = useState(0);
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
