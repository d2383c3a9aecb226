"use client";

import { useTranslations } from "next-intl";
import { isAddressEqual } from "viem";
import { useConnection } from "wagmi";
import { Copy } from "@/components/Copy.tsx";
import { Section } from "@/components/Section.tsx";
import { Stat } from "@/components/Stat.tsx";
import { Tag } from "@/components/Tag.tsx";
import { hasRole, rolesIn } from "../roles.ts";
import type { HubDetail } from "../useHub.ts";
import { AcceptHub } from "./AcceptHub.tsx";
import { Checklist } from "./Checklist.tsx";
import { Members } from "./Members.tsx";
import { Payout } from "./Payout.tsx";
import { PublisherKeys } from "./PublisherKeys.tsx";
import { Transfer } from "./Transfer.tsx";

export function HubView({ hub }: { hub: HubDetail }) {
  const t = useTranslations("sell.hubView");
  const roles = useTranslations("sell.roles");
  const { address } = useConnection();
  const owner = hasRole(hub.mine, "OWNER");
  const offered = address !== undefined && isAddressEqual(hub.pendingOwner, address);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-10">
      {offered ? <AcceptHub hub={hub} /> : null}
      <header className="grid gap-3">
        <h2 className="text-2xl [overflow-wrap:anywhere]">{hub.name || t("unnamed")}</h2>
        {hub.description ? (
          <p className="max-w-[var(--measure)] [overflow-wrap:anywhere]">{hub.description}</p>
        ) : null}
        <p className="flex flex-wrap items-center gap-2 text-sm">
          {rolesIn(hub.mine).map((role) => (
            <Tag key={role} tone="water">
              {roles(`${role}.name`)}
            </Tag>
          ))}
          {hub.mine === 0 ? <Tag tone="amber">{t("noRole")}</Tag> : null}
        </p>
        <dl className="sheet mt-2 grid gap-5 p-5 sm:grid-cols-3">
          <Stat label={t("owner")}>
            <Copy value={hub.owner} label={t("owner")} />
          </Stat>
          <Stat label={t("payout")}>
            <Copy value={hub.payout} label={t("payout")} />
          </Stat>
          <Stat label={t("notesKey")} note={t("notesKeyNote")}>
            <Copy value={hub.encryptionKey} label={t("notesKey")} />
          </Stat>
        </dl>
      </header>
      <Checklist hub={hub} />
      <Section title={t("gateway")} note={t("gatewayNote")}>
        <PublisherKeys hub={hub} owner={owner} />
      </Section>
      <Section title={t("people")} note={t("peopleNote")}>
        <Members hub={hub} owner={owner} />
      </Section>
      {owner ? (
        <Section title={t("ownership")} note={t("ownershipNote")}>
          <div className="grid items-start gap-4 md:grid-cols-2">
            <Payout hub={hub} />
            <Transfer hub={hub} />
          </div>
        </Section>
      ) : null}
    </div>
  );
}
