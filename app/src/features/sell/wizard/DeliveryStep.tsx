"use client";

import { useTranslations } from "next-intl";
import type { Address } from "viem";
import { CheckField } from "@/components/CheckField.tsx";
import { SelectField } from "@/components/SelectField.tsx";
import { useWizard } from "./context.ts";
import { DraftField } from "./DraftField.tsx";
import { Group } from "./Group.tsx";
import { epochProposed } from "./readDraft.ts";
import { useRelays } from "./useRelays.ts";

const short = (address: string): string => `${address.slice(0, 8)}…${address.slice(-6)}`;

export function DeliveryStep() {
  const t = useTranslations("sell.wizard");
  const { draft, set, hub, problem } = useWizard();
  const relays = useRelays();
  const chosen = (operator: string) =>
    draft.relays.some((other) => other.toLowerCase() === operator.toLowerCase());
  const toggle = (operator: Address) =>
    set(
      "relays",
      chosen(operator)
        ? draft.relays.filter((other) => other.toLowerCase() !== operator.toLowerCase())
        : [...draft.relays, operator],
    );
  const known = relays.data ?? [];
  // A revised listing may name relays that nobody here knows any more.
  const strangers = draft.relays
    .filter((operator) => !known.some((relay) => relay.operator.toLowerCase() === operator.toLowerCase()))
    .map((operator) => ({ operator: operator as Address, endpoints: [], listings: undefined }));
  const publishers = [...new Set(hub.keys.filter((key) => key.revokedAt === 0).map((key) => key.account))];
  return (
    <>
      <Group title={t("groups.relays")} note={t("groups.relaysNote")} columns={1}>
        {[...known, ...strangers].map((relay) => (
          <CheckField
            key={relay.operator}
            label={<span className="font-mono">{short(relay.operator)}</span>}
            note={[
              relay.endpoints[0] ?? t("relayUnknown"),
              relay.listings === undefined ? "" : t("relayCarries", { count: relay.listings }),
            ]
              .filter(Boolean)
              .join(" · ")}
            checked={chosen(relay.operator)}
            onChange={() => toggle(relay.operator)}
          />
        ))}
        {known.length + strangers.length === 0 ? <p className="text-sm text-amber">{t("noRelays")}</p> : null}
        {problem("relays") ? <p className="text-xs font-semibold text-mark">{problem("relays")}</p> : null}
        <DraftField
          name="relayPercent"
          mono
          suffix="%"
          label={t("relayCut")}
          note={t("relayCutNote")}
          className="sm:max-w-xs"
        />
      </Group>
      <Group title={t("groups.gateway")} note={t("groups.gatewayNote")}>
        <SelectField
          label={t("operator")}
          value={draft.operator}
          onChange={(operator) => set("operator", operator)}
          options={[
            ...(publishers.includes(draft.operator as Address)
              ? []
              : [[draft.operator, t("chooseOperator")] as const]),
            ...publishers.map((account) => [account, short(account)] as const),
          ]}
          error={problem("operator")}
        />
      </Group>
      <Group title={t("groups.sealing")} note={t("groups.sealingNote")}>
        <DraftField
          name="epochLength"
          mono
          suffix={t("seconds")}
          label={t("epochLength")}
          note={t("epochNote")}
          placeholder={String(epochProposed(draft))}
        />
        <DraftField name="flushMs" mono suffix="ms" label={t("flushMs")} note={t("flushNote")} />
        <DraftField name="maxMessages" mono label={t("maxMessages")} note={t("maxMessagesNote")} />
        <DraftField name="maxBytes" mono suffix="B" label={t("maxBytes")} />
        <DraftField
          name="historyDepth"
          mono
          suffix={t("days")}
          label={t("historyDepth")}
          note={t("historyDepthNote")}
        />
        <DraftField
          name="challenge"
          mono
          suffix={t("hours")}
          label={t("challenge")}
          note={t("challengeNote")}
        />
      </Group>
    </>
  );
}
