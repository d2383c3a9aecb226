"use client";

import { useQuery } from "@tanstack/react-query";
import type { KitTool } from "@weir/sdk/client";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { CodeBlock } from "@/components/CodeBlock.tsx";
import { SelectField } from "@/components/SelectField.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { atGateway } from "@/lib/gateway.ts";
import { client as sdk } from "@/lib/weir.ts";
import { ActButton } from "../ActButton.tsx";
import { useAct } from "../useAct.ts";
import type { HubDetail } from "../useHub.ts";

/** Everything a device needs to publish, ready to paste. The password stands in it as long as this is open, and nowhere else. */
export function Kit({ hub, device, may }: { hub: HubDetail; device: string; may: boolean }) {
  const t = useTranslations("sell.kit");
  const { gateways } = useWeirConfig();
  const [gatewayId, setGatewayId] = useState(gateways[0]?.id ?? "");
  const [name, setName] = useState<KitTool>("mosquitto");
  const [login, setLogin] = useState<{ user: string; password: string }>();
  const { data } = useQuery({ queryKey: ["kit"], queryFn: sdk, staleTime: Infinity });
  const gateway = gateways.find(({ id }) => id === gatewayId);
  const order = useAct(({ client }) => {
    if (!gateway) throw new RangeError(`no gateway ${gatewayId}`);
    return atGateway((sdk) => sdk.setDevicePassword(client, { gateway, hubId: hub.hubId, device }));
  });
  if (!gateway) return <p className="rounded-md bg-sunk p-4 text-sm">{t("noGateway")}</p>;
  const secret = login?.password ?? t("placeholder");
  const kit = data?.publishKit(gateway, { user: `${hub.id}/${device}`, secret, by: "password" });
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4 rounded-md border border-line bg-paper p-4 sm:p-5">
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField
          label={t("program")}
          value={name}
          onChange={(next) => setName(next as KitTool)}
          options={(data?.KIT_TOOLS ?? [name]).map((tool) => [tool, t(`programs.${tool}`)] as const)}
        />
        {gateways.length > 1 ? (
          <SelectField
            label={t("gateway")}
            value={gatewayId}
            onChange={setGatewayId}
            options={gateways.map(({ id }) => [id, id] as const)}
          />
        ) : null}
      </div>
      <CodeBlock label={t(`programs.${name}`)} text={kit?.[name] ?? ""} />
      {login ? (
        <p role="status" className="rounded-md border-l-4 border-amber bg-amber-wash p-3 text-sm">
          {t("once")}{" "}
          <code className="font-mono [overflow-wrap:anywhere]" data-password>
            {login.password}
          </code>
        </p>
      ) : null}
      {may ? (
        <ActButton
          tone={login ? "plain" : "primary"}
          {...(login ? { confirm: t("replaceWarning") } : {})}
          run={() => order.mutate(undefined, { onSuccess: setLogin })}
          pending={order.isPending}
          error={order.error}
        >
          {login ? t("replace") : t("order")}
        </ActButton>
      ) : (
        <p className="text-sm text-soft">{t("managerMust")}</p>
      )}
      <p className="text-xs text-soft">{t("topics", { device })}</p>
    </div>
  );
}
