"use client";

import { setPayout } from "@weir/sdk/chain";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { type Address, isAddress, isAddressEqual } from "viem";
import { TextField } from "@/components/TextField.tsx";
import { ActButton } from "../ActButton.tsx";
import { useAct } from "../useAct.ts";
import type { HubDetail } from "../useHub.ts";

export function Payout({ hub }: { hub: HubDetail }) {
  const t = useTranslations("sell.payout");
  const [text, setText] = useState<string>(hub.payout);
  const readable = isAddress(text, { strict: false }) && !/^0x0{40}$/.test(text);
  const same = readable && isAddressEqual(text as Address, hub.payout);
  const change = useAct(({ client, contracts }) =>
    setPayout(client, { contracts, hubId: hub.hubId, payout: text as Address }),
  );
  return (
    <div className="sheet grid gap-4 p-5">
      <h3 className="text-base">{t("title")}</h3>
      <TextField
        mono
        label={t("label")}
        note={t("note")}
        value={text}
        onChange={(next) => setText(next.trim())}
        error={readable ? undefined : t("invalid")}
      />
      <ActButton
        disabled={!readable || same}
        confirm={t("warning")}
        run={() => change.mutate()}
        pending={change.isPending}
        error={change.error}
      >
        {t("change")}
      </ActButton>
    </div>
  );
}
