"use client";

import { useTranslations } from "next-intl";
import { useEffect, useRef } from "react";
import { Button } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { EndingView } from "./EndingView.tsx";
import type { FeedSession, Snapshot } from "./session.ts";
import { useStop } from "./useStop.ts";

/** Ends the purchase: what was received is paid, everything else comes back. */
export function StopPanel({
  session,
  snapshot,
  atOnce,
}: {
  session: FeedSession;
  snapshot: Snapshot;
  /** The person came here to stop, not to read. */
  atOnce: boolean;
}) {
  const t = useTranslations("live");
  const stop = useStop(session);
  const asked = useRef(false);
  const { mutate } = stop;
  const settled = snapshot.meter !== undefined && snapshot.state.status !== "connecting";
  useEffect(() => {
    if (!atOnce || asked.current || !settled) return;
    asked.current = true;
    mutate();
  }, [atOnce, settled, mutate]);
  if (snapshot.ending) return <EndingView purchase={session.purchase} ending={snapshot.ending} />;
  const working = stop.phase === "challenge" ? t("challengeNote") : t("stoppingNote");
  return (
    <div className="grid gap-3">
      <Button tone="mark" disabled={stop.isPending || !snapshot.meter} onClick={() => mutate()}>
        {stop.isPending ? t("stopping") : stop.phase === "challenge" ? t("requestClose") : t("stop")}
      </Button>
      <p className="text-sm text-soft" role="status">
        {stop.isPending ? working : stop.phase === "challenge" ? t("gatewaySilentNote") : t("stopNote")}
      </p>
      <ErrorNotice error={stop.error ?? undefined} onRetry={() => mutate()} />
    </div>
  );
}
