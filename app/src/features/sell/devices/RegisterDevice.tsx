"use client";

import { registerDevice } from "@weir/sdk/chain";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/Button.tsx";
import { CheckField } from "@/components/CheckField.tsx";
import { TextField } from "@/components/TextField.tsx";
import { download } from "@/lib/download.ts";
import { ActButton } from "../ActButton.tsx";
import { useAct } from "../useAct.ts";
import type { HubDetail } from "../useHub.ts";
import { makeDeviceKey } from "./deviceKey.ts";

/** The contract's rule. */
const DEVICE_NAME = /^[A-Za-z0-9._-]{1,64}$/;

export function RegisterDevice({ hub, onDone }: { hub: HubDetail; onDone: () => void }) {
  const t = useTranslations("sell.devices");
  const [name, setName] = useState("");
  const [withKey, setWithKey] = useState(false);
  const [tried, setTried] = useState(false);
  const taken = hub.devices.some((device) => device.name === name && device.revokedAt === 0);
  const problem = !DEVICE_NAME.test(name) ? t("nameInvalid") : taken ? t("nameTaken") : undefined;
  const register = useAct(async ({ client, contracts }) => {
    const key = withKey ? await makeDeviceKey() : undefined;
    // Saved before it counts: a key that only the chain knows would lock the device out.
    if (key) download(new Blob([key.pem]), `${name}.key.pem`);
    return registerDevice(client, { contracts, hubId: hub.hubId, name, publicKey: key?.publicKey });
  });
  const submit = () => {
    setTried(true);
    if (problem === undefined) register.mutate(undefined, { onSuccess: onDone });
  };
  return (
    <div className="sheet grid max-w-2xl gap-4 p-5 sm:p-6">
      <h3 className="text-base">{t("register")}</h3>
      <TextField
        mono
        label={t("name")}
        note={t("nameNote")}
        value={name}
        onChange={setName}
        placeholder="buoy-7"
        error={tried ? problem : undefined}
      />
      <CheckField label={t("withKey")} note={t("withKeyNote")} checked={withKey} onChange={setWithKey} />
      <div className="flex flex-wrap items-start gap-2">
        <ActButton tone="primary" run={submit} pending={register.isPending} error={register.error}>
          {t("register")}
        </ActButton>
        <Button tone="quiet" onClick={onDone}>
          {t("cancel")}
        </Button>
      </div>
    </div>
  );
}
