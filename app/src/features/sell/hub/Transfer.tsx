"use client";

import { transferHub } from "@weir/sdk/chain";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { type Address, isAddress, zeroAddress } from "viem";
import { Copy } from "@/components/Copy.tsx";
import { TextField } from "@/components/TextField.tsx";
import { ActButton } from "../ActButton.tsx";
import { useAct } from "../useAct.ts";
import type { HubDetail } from "../useHub.ts";

/** Two steps: the owner names somebody, who accepts. Until then it can be taken back. */
export function Transfer({ hub }: { hub: HubDetail }) {
  const t = useTranslations("sell.transfer");
  const [text, setText] = useState("");
  const readable = isAddress(text, { strict: false }) && !/^0x0{40}$/.test(text);
  const offer = useAct(({ client, contracts }, to: Address) =>
    transferHub(client, { contracts, hubId: hub.hubId, newOwner: to }),
  );
  const pending = hub.pendingOwner !== zeroAddress;
  return (
    <div className="sheet grid gap-4 p-5">
      <h3 className="text-base">{t("title")}</h3>
      {pending ? (
        <>
          <p className="text-sm">
            {t("waiting")} <Copy value={hub.pendingOwner} label={t("successor")} />
          </p>
          <ActButton run={() => offer.mutate(zeroAddress)} pending={offer.isPending} error={offer.error}>
            {t("takeBack")}
          </ActButton>
        </>
      ) : (
        <>
          <TextField
            mono
            label={t("successor")}
            note={t("note")}
            value={text}
            onChange={(next) => setText(next.trim())}
            error={text === "" || readable ? undefined : t("invalid")}
          />
          <ActButton
            tone="mark"
            disabled={!readable}
            confirm={t("warning")}
            run={() => offer.mutate(text as Address)}
            pending={offer.isPending}
            error={offer.error}
          >
            {t("offer")}
          </ActButton>
        </>
      )}
    </div>
  );
}
