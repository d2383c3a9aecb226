"use client";

import { registerRelay, updateRelay } from "@weir/sdk/chain";
import { useTranslations } from "next-intl";
import { type FormEvent, useState } from "react";
import { type Address, zeroAddress } from "viem";
import { Button } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { TextField } from "@/components/TextField.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { tokenOf, type WeirConfig } from "@/lib/config.ts";
import { AmountNotReadable, formatAmount, parseAmount } from "@/lib/money.ts";
import { type Draft, isRegion, readEndpoints, readPercent } from "./entry.ts";
import { useOperatorAct } from "./useOperatorAct.ts";
import type { OperatorRelay } from "./useRelay.ts";

/** A new entry with its stake, or with `entry` a changed one: the stake stays. */
export function EntryForm({
  operator,
  rules,
  entry,
}: {
  operator: Address;
  rules: OperatorRelay["rules"];
  entry?: OperatorRelay["entry"];
}) {
  const t = useTranslations("operate");
  const config = useWeirConfig();
  const coin = tokenOf(config, zeroAddress);
  const least = formatAmount(rules.minimumStake, coin.decimals);
  const [draft, setDraft] = useState<Draft>(() => draftOf(config, operator, least, entry));
  const [shown, setShown] = useState(false);
  const set = (part: keyof Draft) => (value: string) => setDraft((now) => ({ ...now, [part]: value }));

  const endpoints = readEndpoints(draft.endpoints);
  const feeBps = readPercent(draft.percent);
  const stake = readStake(draft.stake, coin.decimals);
  const wrong = {
    endpoints:
      "wrong" in endpoints ? t(`wrong.${endpoints.wrong.rule}`, detailOf(endpoints.wrong)) : undefined,
    percent: feeBps === undefined ? t("wrong.percent") : undefined,
    region: isRegion(draft.region) ? undefined : t("wrong.region"),
    stake: !entry && (stake ?? -1n) < rules.minimumStake ? t("wrong.stake", { least }) : undefined,
  };

  const act = useOperatorAct(async ({ client, contracts }) => {
    if ("wrong" in endpoints || feeBps === undefined || stake === undefined) return;
    const { peerIdBytes } = await import("@weir/sdk/client");
    const peerId = await peerIdBytes(endpoints.peerId);
    const described = { contracts, peerId, endpoints: endpoints.lines, feeBps, region: draft.region.trim() };
    await (entry ? updateRelay(client, described) : registerRelay(client, { ...described, stake }));
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setShown(true);
    if (Object.values(wrong).every((text) => text === undefined)) act.mutate();
  };
  const said = (part: keyof Draft) => (shown ? wrong[part] : undefined);
  return (
    <form className={entry ? "grid gap-4" : "sheet grid gap-4 p-5"} onSubmit={submit} noValidate>
      <TextField
        label={t("endpoints")}
        note={t("endpointsNote")}
        rows={4}
        mono
        maxLength={2_048}
        value={draft.endpoints}
        onChange={set("endpoints")}
        error={said("endpoints")}
      />
      <div className="grid gap-4 sm:grid-cols-3">
        <TextField
          label={t("fee")}
          note={t("feeNote")}
          suffix="%"
          value={draft.percent}
          onChange={set("percent")}
          error={said("percent")}
        />
        <TextField
          label={t("region")}
          note={t("regionNote")}
          maxLength={8}
          value={draft.region}
          onChange={set("region")}
          error={said("region")}
        />
        {entry ? null : (
          <TextField
            label={t("stake")}
            note={t("stakeNote", { least, symbol: coin.symbol })}
            suffix={coin.symbol}
            value={draft.stake}
            onChange={set("stake")}
            error={said("stake")}
          />
        )}
      </div>
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" tone="primary" disabled={act.isPending} aria-busy={act.isPending}>
          {act.isPending ? t("asking") : entry ? t("save") : t("registerNow")}
        </Button>
        {act.isSuccess && entry ? <span role="status">{t("saved")}</span> : null}
      </div>
      <ErrorNotice error={act.error ?? undefined} />
    </form>
  );
}

const detailOf = (wrong: { rule: string; detail?: string }) => ({ detail: wrong.detail ?? "" });

function readStake(text: string, decimals: number): bigint | undefined {
  try {
    return parseAmount(text, decimals);
  } catch (cause) {
    if (cause instanceof AmountNotReadable) return undefined;
    throw cause;
  }
}

/** As registered; otherwise what this installation knows of the operator's own relay. */
function draftOf(
  config: WeirConfig,
  operator: Address,
  least: string,
  entry: OperatorRelay["entry"] | undefined,
): Draft {
  const own = config.relays.find((relay) => relay.operator.toLowerCase() === operator.toLowerCase());
  const endpoints = entry?.endpoints ?? own?.multiaddrs ?? [];
  return {
    endpoints: endpoints.join("\n"),
    percent: entry ? String(entry.feeBps / 100) : "5",
    region: entry?.region ?? "",
    stake: least,
  };
}
