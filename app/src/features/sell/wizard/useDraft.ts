"use client";

import { useCallback, useState } from "react";
import { forget, recall, remember } from "@/lib/localState.ts";
import { type Draft, newDraft } from "./draft.ts";

const EMPTY = newDraft({ token: "", relays: [], operator: "", flags: 0 });

/** A stored draft, if it has the fields of today's form; one from an older build is dropped rather than half understood. */
function read(key: string): Draft | undefined {
  const text = recall(key);
  if (!text) return undefined;
  try {
    const found = JSON.parse(text) as Record<string, unknown>;
    const fits = Object.entries(EMPTY).every(
      ([name, value]) =>
        typeof found[name] === typeof value && Array.isArray(found[name]) === Array.isArray(value),
    );
    return fits ? (found as unknown as Draft) : undefined;
  } catch {
    return undefined; // not ours
  }
}

/** What was typed survives a reload: every change is kept in this browser until the listing is signed or the draft thrown away. */
export function useDraft(key: string, initial: Draft) {
  const [draft, setDraft] = useState(() => read(key) ?? initial);
  const [restored, setRestored] = useState(() => read(key) !== undefined);
  const change = useCallback(
    (next: (now: Draft) => Draft) =>
      setDraft((now) => {
        const changed = next(now);
        remember(key, JSON.stringify(changed));
        return changed;
      }),
    [key],
  );
  const discard = useCallback(() => {
    forget(key);
    setDraft(initial);
    setRestored(false);
  }, [key, initial]);
  return { draft, change, discard, restored };
}
