"use client";

import { revokePublisherKey } from "@weir/sdk/chain";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/Button.tsx";
import { Copy } from "@/components/Copy.tsx";
import { Stat } from "@/components/Stat.tsx";
import { Tag } from "@/components/Tag.tsx";
import { formatMoment } from "@/lib/time.ts";
import { ActButton } from "../ActButton.tsx";
import { useAct } from "../useAct.ts";
import type { HubDetail } from "../useHub.ts";
import { RegisterKey } from "./RegisterKey.tsx";

/** The keys that sign what the hub publishes. */
export function PublisherKeys({ hub, owner }: { hub: HubDetail; owner: boolean }) {
  const t = useTranslations("sell.keys");
  const live = hub.keys.filter((key) => key.revokedAt === 0);
  const [adding, setAdding] = useState(false);
  const open = owner && (adding || live.length === 0);
  return (
    <div id="publisher-keys" className="grid grid-cols-[minmax(0,1fr)] gap-4">
      {hub.keys.length > 0 ? (
        <ul className="grid gap-3">
          {hub.keys.toReversed().map((key) => (
            <KeyRow key={key.keyId} hub={hub} publisher={key} owner={owner} />
          ))}
        </ul>
      ) : null}
      {live.length === 0 && !owner ? <p className="sheet p-5 text-soft">{t("ownerMust")}</p> : null}
      {open ? (
        <RegisterKey hub={hub} onDone={() => setAdding(false)} />
      ) : owner ? (
        <div>
          <Button onClick={() => setAdding(true)}>{t("another")}</Button>
        </div>
      ) : null}
    </div>
  );
}

function KeyRow({
  hub,
  publisher,
  owner,
}: {
  hub: HubDetail;
  publisher: HubDetail["keys"][number];
  owner: boolean;
}) {
  const t = useTranslations("sell.keys");
  const revoke = useAct(({ client, contracts }) =>
    revokePublisherKey(client, { contracts, hubId: hub.hubId, keyId: publisher.keyId }),
  );
  const live = publisher.revokedAt === 0;
  return (
    <li className={`sheet grid gap-4 p-5 ${live ? "" : "bg-sunk"}`}>
      <div className="flex flex-wrap items-center gap-3">
        <h3 className="text-base">{t("number", { id: publisher.keyId })}</h3>
        <Tag tone={live ? "moss" : "plain"}>{live ? t("live") : t("revoked")}</Tag>
        <span className="text-sm text-soft">
          {live
            ? t("since", { at: formatMoment(publisher.registeredAt * 1_000) })
            : t("until", { at: formatMoment(publisher.revokedAt * 1_000) })}
        </span>
      </div>
      <dl className="grid gap-4 sm:grid-cols-3">
        <Stat label={t("account")}>
          <Copy value={publisher.account} label={t("account")} />
        </Stat>
        <Stat label="x">
          <Copy value={publisher.x} label="x" />
        </Stat>
        <Stat label="y">
          <Copy value={publisher.y} label="y" />
        </Stat>
      </dl>
      {owner && live ? (
        <ActButton
          tone="mark"
          confirm={t("revokeWarning")}
          run={() => revoke.mutate()}
          pending={revoke.isPending}
          error={revoke.error}
        >
          {t("revoke")}
        </ActButton>
      ) : null}
    </li>
  );
}
