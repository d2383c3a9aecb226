"use client";

import { useTranslations } from "next-intl";
import type { Address } from "viem";
import { Button } from "@/components/Button.tsx";
import { Copy } from "@/components/Copy.tsx";
import { Tag } from "@/components/Tag.tsx";
import { useNow } from "@/features/shell/useNow.ts";
import type { WeirConfig } from "@/lib/config.ts";
import { dropEntry, isBegunHere, type Outgoing } from "@/lib/outbox.ts";
import { useDuration } from "@/lib/useDuration.ts";
import { useActivityWords } from "./useWords.ts";

const TONES = {
  asking: "amber",
  unanswered: "amber",
  pending: "amber",
  mined: "moss",
  failed: "mark",
  replaced: "amber",
} as const;

/** Past this a transaction may never come: nodes forget what pays too little, and nobody is told. */
const OLD_MS = 10 * 60_000;

/** Left behind by a reload: the wallet's answer, or a bundle's hash, never reached a page. */
export const stateOf = ({ id, state, hash }: Outgoing): keyof typeof TONES =>
  (state === "asking" || state === "pending") && hash === null && !isBegunHere(id) ? "unanswered" : state;

/** Every transaction that this browser sent, as it stands. */
export function OutboxList({
  config,
  account,
  entries,
}: {
  config: WeirConfig;
  account: Address;
  entries: Outgoing[];
}) {
  const t = useTranslations("activity");
  const duration = useDuration();
  const words = useActivityWords();
  const now = useNow();
  const place = { chainId: config.chainId, account };
  return (
    <ul aria-label={t("outbox")} className="grid gap-2">
      {entries.map((entry) => {
        const state = stateOf(entry);
        const open = state === "asking" || state === "pending";
        const dismissable = !open || (state === "pending" && now - entry.atMs > OLD_MS);
        return (
          <li
            key={entry.id}
            data-state={state}
            className="grid gap-1 rounded-md border border-line bg-paper p-3"
          >
            <div className="flex flex-wrap items-center justify-between gap-2">
              <span className="font-semibold">{words.action(entry.action)}</span>
              <Tag tone={TONES[state]}>{t(`state.${state}`)}</Tag>
            </div>
            <p className="text-sm text-soft">{t(`note.${state}`)}</p>
            <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-soft">
              <span className="figure">{t("ago", { age: duration((now - entry.atMs) / 1_000) })}</span>
              {entry.hash ? <Copy value={entry.hash} label={t("transaction")} /> : null}
              {dismissable ? (
                <Button
                  tone="quiet"
                  className="ml-auto min-h-8! px-2! text-xs"
                  onClick={() => dropEntry(place, entry.id)}
                >
                  {t("dismiss")}
                </Button>
              ) : null}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
