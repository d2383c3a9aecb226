"use client";

import { revokeDevice, rotateDeviceKey } from "@weir/sdk/chain";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { zeroHash } from "viem";
import { Button } from "@/components/Button.tsx";
import { Copy } from "@/components/Copy.tsx";
import { Tag } from "@/components/Tag.tsx";
import { download } from "@/lib/download.ts";
import { formatMoment } from "@/lib/time.ts";
import { ActButton } from "../ActButton.tsx";
import { useAct } from "../useAct.ts";
import type { HubDetail } from "../useHub.ts";
import { makeDeviceKey } from "./deviceKey.ts";
import { Kit } from "./Kit.tsx";

export type DeviceDetail = HubDetail["devices"][number];

export function DeviceCard({ hub, device, may }: { hub: HubDetail; device: DeviceDetail; may: boolean }) {
  const t = useTranslations("sell.devices");
  const [kit, setKit] = useState(false);
  const { hubId } = hub;
  const rotate = useAct(async ({ client, contracts }) => {
    const key = await makeDeviceKey();
    download(new Blob([key.pem]), `${device.name}.key.pem`);
    return rotateDeviceKey(client, { contracts, hubId, name: device.name, publicKey: key.publicKey });
  });
  const revoke = useAct(({ client, contracts }) =>
    revokeDevice(client, { contracts, hubId, name: device.name }),
  );
  const hasKey = device.key.x !== zeroHash;
  const overlapping = device.previousUntil * 1_000 > Date.now();
  return (
    <li className="sheet grid grid-cols-[minmax(0,1fr)] gap-4 p-5" data-device={device.name}>
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="grid min-w-0 gap-1.5">
          <h3 className="font-mono text-base [overflow-wrap:anywhere]">{device.name}</h3>
          <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-soft">
            <Tag tone={hasKey ? "water" : "plain"}>{hasKey ? t("ownKey") : t("passwordOnly")}</Tag>
            {hasKey ? <Copy value={device.key.x} label={t("keyX")} /> : null}
            {t("since", { at: formatMoment(device.registeredAt * 1_000) })}
          </p>
          {overlapping && device.previousKey.x !== zeroHash ? (
            <p className="text-sm text-amber">
              {t("oldKeyUntil", { at: formatMoment(device.previousUntil * 1_000) })}
            </p>
          ) : null}
        </div>
        <div className="flex flex-wrap items-start gap-2">
          <Button aria-expanded={kit} onClick={() => setKit((open) => !open)}>
            {kit ? t("hideKit") : t("showKit")}
          </Button>
          {may ? (
            <>
              <ActButton
                tone="quiet"
                confirm={hasKey ? t("rotateWarning") : t("giveKeyWarning")}
                run={() => rotate.mutate()}
                pending={rotate.isPending}
                error={rotate.error}
              >
                {hasKey ? t("rotate") : t("giveKey")}
              </ActButton>
              <ActButton
                tone="quiet"
                confirm={t("revokeWarning")}
                run={() => revoke.mutate()}
                pending={revoke.isPending}
                error={revoke.error}
              >
                {t("revoke")}
              </ActButton>
            </>
          ) : null}
        </div>
      </div>
      {kit ? <Kit hub={hub} device={device.name} may={may} /> : null}
    </li>
  );
}
