"use client";

import { ROLES, setRoles } from "@weir/sdk/chain";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { type Address, isAddress } from "viem";
import { CheckField } from "@/components/CheckField.tsx";
import { Copy } from "@/components/Copy.tsx";
import { Tag } from "@/components/Tag.tsx";
import { TextField } from "@/components/TextField.tsx";
import { ActButton } from "../ActButton.tsx";
import { GIVABLE, rolesIn } from "../roles.ts";
import { useAct } from "../useAct.ts";
import type { HubDetail } from "../useHub.ts";

/** Who may do what in the hub. */
export function Members({ hub, owner }: { hub: HubDetail; owner: boolean }) {
  const t = useTranslations("sell.roles");
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
        {hub.members.length === 0 ? <p className="sheet p-5 text-soft">{t("nobody")}</p> : null}
        <ul className="grid gap-3">
          {hub.members.map((member) => (
            <Member key={member.account} hub={hub} member={member} owner={owner} />
          ))}
        </ul>
      </div>
      {owner ? <GiveRoles hub={hub} /> : null}
    </div>
  );
}

function Member({
  hub,
  member,
  owner,
}: {
  hub: HubDetail;
  member: HubDetail["members"][number];
  owner: boolean;
}) {
  const t = useTranslations("sell.roles");
  const take = useAct(({ client, contracts }) =>
    setRoles(client, { contracts, hubId: hub.hubId, account: member.account, roles: 0 }),
  );
  return (
    <li className="sheet grid gap-3 p-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <Copy value={member.account} label={t("account")} />
        <span className="flex flex-wrap gap-1.5">
          {rolesIn(member.roles).map((role) => (
            <Tag key={role} tone="water">
              {t(`${role}.name`)}
            </Tag>
          ))}
        </span>
      </div>
      {owner ? (
        <ActButton
          tone="quiet"
          confirm={t("takeWarning")}
          run={() => take.mutate()}
          pending={take.isPending}
          error={take.error}
        >
          {t("take")}
        </ActButton>
      ) : null}
    </li>
  );
}

function GiveRoles({ hub }: { hub: HubDetail }) {
  const t = useTranslations("sell.roles");
  const [account, setAccount] = useState("");
  const [bitmap, setBitmap] = useState<number>(ROLES.MANAGER);
  const [tried, setTried] = useState(false);
  const readable = isAddress(account, { strict: false }) && !/^0x0{40}$/.test(account);
  const give = useAct(({ client, contracts }) =>
    setRoles(client, { contracts, hubId: hub.hubId, account: account as Address, roles: bitmap }),
  );
  const submit = () => {
    setTried(true);
    if (!readable || bitmap === 0) return;
    give.mutate(undefined, {
      onSuccess: () => {
        setAccount("");
        setTried(false);
      },
    });
  };
  return (
    <div className="sheet grid gap-4 p-5">
      <h3 className="text-base">{t("giveTitle")}</h3>
      <TextField
        mono
        label={t("account")}
        value={account}
        onChange={(text) => setAccount(text.trim())}
        error={tried && !readable ? t("accountInvalid") : undefined}
        note={t("replaces")}
      />
      <fieldset className="grid gap-1">
        <legend className="text-sm font-semibold">{t("which")}</legend>
        {GIVABLE.map((role) => (
          <CheckField
            key={role}
            label={t(`${role}.name`)}
            note={t(`${role}.may`)}
            checked={(bitmap & ROLES[role]) !== 0}
            onChange={() => setBitmap((now) => now ^ ROLES[role])}
          />
        ))}
        {tried && bitmap === 0 ? <p className="text-xs font-semibold text-mark">{t("noneChosen")}</p> : null}
      </fieldset>
      <ActButton tone="primary" run={submit} pending={give.isPending} error={give.error}>
        {t("give")}
      </ActButton>
    </div>
  );
}
