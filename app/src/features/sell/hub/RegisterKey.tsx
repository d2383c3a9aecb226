"use client";

import { registerPublisherKey } from "@weir/sdk/chain";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { Address } from "viem";
import { TextField } from "@/components/TextField.tsx";
import { ActButton } from "../ActButton.tsx";
import { useAct } from "../useAct.ts";
import type { HubDetail } from "../useHub.ts";
import { faultsOf, keyOf, type PastedKey, readPasted } from "./publicKey.ts";

const NOTHING: PastedKey = { account: "", x: "", y: "" };

/** The gateway made its key itself; only the public half comes here. */
export function RegisterKey({ hub, onDone }: { hub: HubDetail; onDone: () => void }) {
  const t = useTranslations("sell.keys");
  const [pasted, setPasted] = useState<PastedKey>(NOTHING);
  const [text, setText] = useState("");
  const [tried, setTried] = useState(false);
  const faults = faultsOf(pasted);
  const register = useAct(({ client, contracts }) =>
    registerPublisherKey(client, {
      contracts,
      hubId: hub.hubId,
      account: pasted.account as Address,
      publicKey: keyOf(pasted),
    }),
  );
  const submit = () => {
    setTried(true);
    if (Object.keys(faults).length > 0) return;
    register.mutate(undefined, {
      onSuccess: () => {
        setPasted(NOTHING);
        setText("");
        setTried(false);
        onDone();
      },
    });
  };
  const field = (name: keyof PastedKey) => ({
    mono: true,
    value: pasted[name],
    onChange: (text: string) => setPasted((now) => ({ ...now, [name]: text.trim() })),
    error: tried && faults[name] ? t(`faults.${name}`) : undefined,
  });
  return (
    <div className="sheet grid gap-5 p-5 sm:p-6">
      <ol className="grid list-decimal gap-1 pl-5 text-sm">
        <li>{t("how.install")}</li>
        <li>
          {t("how.check")}{" "}
          <code className="rounded-sm bg-sunk px-1.5 font-mono text-xs">weir gateway check</code>
        </li>
        <li>{t("how.paste")}</li>
      </ol>
      <TextField
        rows={3}
        mono
        label={t("paste")}
        note={t("pasteNote")}
        value={text}
        onChange={(next) => {
          setText(next);
          const found = readPasted(next);
          setPasted((now) => ({
            account: found.account || now.account,
            x: found.x || now.x,
            y: found.y || now.y,
          }));
        }}
      />
      <div className="grid gap-4 md:grid-cols-3">
        <TextField label={t("account")} note={t("accountNote")} {...field("account")} />
        <TextField label={t("x")} {...field("x")} />
        <TextField label={t("y")} {...field("y")} />
      </div>
      <ActButton tone="primary" run={submit} pending={register.isPending} error={register.error}>
        {t("register")}
      </ActButton>
    </div>
  );
}
