"use client";

import { LICENCE_FLAGS, ListingFlag, licenceBit, purposeBit, USE_FLAGS } from "@weir/sdk/core";
import { useTranslations } from "next-intl";
import { CheckField } from "@/components/CheckField.tsx";
import { useWizard } from "./context.ts";
import { DraftField } from "./DraftField.tsx";
import { Group } from "./Group.tsx";

const GATES = ["restricted", "unlisted", "open", "personalData", "sharedWithMarkets"] as const;

export function AccessStep() {
  const t = useTranslations("sell.wizard");
  const words = useTranslations("licence.flags");
  const { draft, set, read, problem } = useWizard();
  const toggle = (bit: number) => set("flags", draft.flags ^ bit);
  const isSet = (bit: number) => (draft.flags & bit) !== 0;
  return (
    <>
      <Group title={t("groups.licence")} note={t("groups.licenceNote")}>
        {LICENCE_FLAGS.map((flag) => (
          <CheckField
            key={flag}
            label={words(flag)}
            checked={isSet(licenceBit(flag))}
            onChange={() => toggle(licenceBit(flag))}
          />
        ))}
      </Group>
      <Group title={t("groups.use")} columns={3}>
        {USE_FLAGS.map((flag) => (
          <CheckField
            key={flag}
            label={words(flag)}
            checked={isSet(purposeBit(flag))}
            onChange={() => toggle(purposeBit(flag))}
          />
        ))}
      </Group>
      <Group title={t("groups.agreement")} note={t("groups.agreementNote")} columns={1}>
        <DraftField name="agreementMore" rows={3} label={t("agreementMore")} note={t("agreementMoreNote")} />
        <details>
          <summary className="min-h-8 text-sm font-semibold underline underline-offset-4">
            {t("agreementShow")}
          </summary>
          <p className="mt-2 whitespace-pre-wrap rounded-md bg-sunk p-4 text-sm [overflow-wrap:anywhere]">
            {read.agreement}
          </p>
        </details>
      </Group>
      <Group title={t("groups.who")} columns={1}>
        {GATES.map((gate) => (
          <CheckField
            key={gate}
            label={words(`${gate}.name`)}
            note={words(`${gate}.note`)}
            checked={isSet(ListingFlag[gate])}
            onChange={() => toggle(ListingFlag[gate])}
          />
        ))}
        {problem("flags") ? <p className="text-xs font-semibold text-mark">{problem("flags")}</p> : null}
        <DraftField
          name="saleUntil"
          type="datetime-local"
          label={t("saleUntil")}
          note={t("saleUntilNote")}
          className="sm:max-w-sm"
        />
      </Group>
      <details
        className="border-t border-line pt-4"
        open={
          [draft.attestationSchema, draft.attester, draft.markets, draft.arbiter].some(
            (text) => text !== "",
          ) || undefined
        }
      >
        <summary className="min-h-8 font-semibold underline underline-offset-4">{t("more")}</summary>
        <div className="mt-4 grid grid-cols-[minmax(0,1fr)] gap-6">
          <Group title={t("groups.attestation")} note={t("groups.attestationNote")}>
            <DraftField name="attestationSchema" mono label={t("attestationSchema")} placeholder="0x…" />
            <DraftField name="attester" mono label={t("attester")} placeholder="0x…" />
          </Group>
          <Group title={t("groups.markets")} note={t("groups.marketsNote")}>
            <DraftField name="markets" rows={2} mono label={t("markets")} note={t("marketsNote")} />
            <DraftField
              name="marketPercent"
              mono
              suffix="%"
              label={t("marketCut")}
              note={t("marketCutNote")}
            />
          </Group>
          <Group title={t("groups.arbiter")} note={t("groups.arbiterNote")}>
            <DraftField name="arbiter" mono label={t("arbiter")} placeholder="0x…" />
          </Group>
        </div>
      </details>
    </>
  );
}
