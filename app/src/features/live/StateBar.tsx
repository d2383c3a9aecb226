"use client";

import { useTranslations } from "next-intl";
import { Tag } from "@/components/Tag.tsx";
import { useExplained } from "@/lib/explain.ts";
import type { FeedState } from "@/lib/weir.ts";

const TONES = {
  connecting: "amber",
  live: "moss",
  waiting: "amber",
  "out-of-money": "mark",
  reconnecting: "amber",
  stopping: "amber",
  stopped: "plain",
  failed: "mark",
} as const;

/** What the connection is doing, in words; announced when it changes. */
export function StateBar({ state, ended }: { state: FeedState; ended: boolean }) {
  const t = useTranslations("live");
  const status = ended ? "stopped" : state.status;
  const reason = useExplained(status === "stopped" ? undefined : state.reason);
  return (
    <div role="status" className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <Tag tone={TONES[status]}>{t(`states.${status}`)}</Tag>
      <span className="text-sm text-soft">
        {reason ? `${reason.sentence} ${reason.advice}` : t(`statesNote.${status}`)}
      </span>
    </div>
  );
}
