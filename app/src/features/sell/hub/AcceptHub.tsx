"use client";

import { acceptHub } from "@weir/sdk/chain";
import { useTranslations } from "next-intl";
import { ActButton } from "../ActButton.tsx";
import { useAct } from "../useAct.ts";
import type { HubDetail } from "../useHub.ts";

export function AcceptHub({ hub }: { hub: HubDetail }) {
  const t = useTranslations("sell.accept");
  const accept = useAct(({ client, contracts }) => acceptHub(client, { contracts, hubId: hub.hubId }));
  return (
    <section className="grid gap-3 rounded-md border-l-4 border-amber bg-amber-wash p-5">
      <h2 className="text-lg">{t("title")}</h2>
      <p className="max-w-[var(--measure)]">{t("note")}</p>
      <ActButton tone="primary" run={() => accept.mutate()} pending={accept.isPending} error={accept.error}>
        {t("accept")}
      </ActButton>
    </section>
  );
}
