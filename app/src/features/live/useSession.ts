"use client";

import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { type FeedSession, runningSession, runningSessionOf, type Snapshot } from "./session.ts";

/** The feed that the buy dialog started a moment ago, if there is one for this purchase (or listing). */
export function useSession(listingId: string | null, grant: string | null) {
  const [session, setSession] = useState<FeedSession | undefined>(() =>
    grant ? runningSession(grant) : listingId ? runningSessionOf(listingId) : undefined,
  );
  // From the first moment on: the listing may still be loading, and nobody else looks yet.
  useEffect(() => session?.hold(), [session]);
  const attach = useCallback((next: FeedSession | undefined) => setSession(next), []);
  return { session, attach };
}

export const useSnapshot = (session: FeedSession): Snapshot =>
  useSyncExternalStore(session.subscribe, session.getSnapshot, session.getSnapshot);
