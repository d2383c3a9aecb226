"use client";

import { useTranslations } from "next-intl";
import { Section } from "@/components/Section.tsx";
import { useNow } from "@/features/shell/useNow.ts";
import { type Checks, checksOf, type Verdict } from "./checks.ts";
import { EndpointList } from "./EndpointList.tsx";
import { useProbe } from "./useProbe.ts";
import type { OperatorRelay } from "./useRelay.ts";

const ORDER: (keyof Checks)[] = ["registered", "reachable", "serving", "chosen", "earning"];

const LOOK: Record<Verdict, { sign: string; tone: string }> = {
  yes: { sign: "✓", tone: "bg-moss-wash text-moss border-moss" },
  no: { sign: "!", tone: "bg-mark-wash text-mark border-mark" },
  wait: { sign: "…", tone: "bg-sunk text-soft border-line-strong" },
};

/** Five points from "on the list" to "paid", each checked now. */
export function Checklist({ relay }: { relay: OperatorRelay }) {
  const t = useTranslations("operate");
  const probe = useProbe(relay.entry.endpoints);
  const now = useNow(5_000);
  const { checks, figures } = checksOf(relay, probe.data, now);
  return (
    <Section title={t("checklist")} note={t("checklistNote")}>
      <ol className="sheet divide-y divide-line" aria-label={t("checklist")}>
        {ORDER.map((point) => {
          const verdict = checks[point];
          return (
            <li
              key={point}
              data-check={point}
              data-verdict={verdict}
              className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 px-4 py-3 sm:px-5"
            >
              <span
                aria-hidden="true"
                className={`row-span-2 grid size-7 place-items-center rounded-full border font-bold ${LOOK[verdict].tone}`}
              >
                {LOOK[verdict].sign}
              </span>
              <p className="font-semibold">
                {t(`point.${point}`)} <span className="sr">{t(`verdict.${verdict}`)}</span>
              </p>
              <p className="text-sm text-soft">{t(`${verdict}.${point}`, { ...figures })}</p>
              {point === "reachable" ? (
                <div className="col-start-2">
                  <EndpointList tried={probe.data?.endpoints} lines={relay.entry.endpoints} />
                </div>
              ) : null}
            </li>
          );
        })}
      </ol>
    </Section>
  );
}
