"use client";

import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/Button.tsx";
import { Empty } from "@/components/Empty.tsx";
import { Section } from "@/components/Section.tsx";
import { manages } from "../roles.ts";
import type { HubDetail } from "../useHub.ts";
import { DeviceCard } from "./DeviceCard.tsx";
import { RegisterDevice } from "./RegisterDevice.tsx";

export function DevicesView({ hub }: { hub: HubDetail }) {
  const t = useTranslations("sell.devices");
  const [adding, setAdding] = useState(false);
  const may = manages(hub.mine);
  const live = hub.devices.filter((device) => device.revokedAt === 0);
  const gone = hub.devices.filter((device) => device.revokedAt !== 0);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-8">
      <Section title={t("title")} note={t("note")}>
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
          {live.length === 0 && !adding ? (
            <Empty title={t("none")} note={may ? t("noneNote") : t("managerMust")}>
              {may ? (
                <Button tone="primary" onClick={() => setAdding(true)}>
                  {t("registerFirst")}
                </Button>
              ) : null}
            </Empty>
          ) : null}
          {live.length > 0 ? (
            <ul className="grid gap-4">
              {live.map((device) => (
                <DeviceCard key={device.nameHash} hub={hub} device={device} may={may} />
              ))}
            </ul>
          ) : null}
          {adding ? (
            <RegisterDevice hub={hub} onDone={() => setAdding(false)} />
          ) : may && live.length > 0 ? (
            <div>
              <Button onClick={() => setAdding(true)}>{t("registerAnother")}</Button>
            </div>
          ) : null}
        </div>
      </Section>
      {gone.length > 0 ? (
        <Section title={t("revokedTitle")} note={t("revokedNote")}>
          <ul className="flex flex-wrap gap-2">
            {gone.map((device) => (
              <li
                key={device.nameHash}
                className="rounded-sm border border-line bg-sunk px-2 py-1 font-mono text-xs"
              >
                {device.name}
              </li>
            ))}
          </ul>
        </Section>
      ) : null}
    </div>
  );
}
