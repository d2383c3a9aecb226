"use client";

import { useTranslations } from "next-intl";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { Skeleton } from "@/components/Skeleton.tsx";
import { ConsoleNav } from "./ConsoleNav.tsx";
import { DevicesView } from "./devices/DevicesView.tsx";
import { EarningsView } from "./earnings/EarningsView.tsx";
import { HubSwitch } from "./HubSwitch.tsx";
import { CreateHub } from "./hub/CreateHub.tsx";
import { HubView } from "./hub/HubView.tsx";
import { ListingsView } from "./listings/ListingsView.tsx";
import { RequestsView } from "./requests/RequestsView.tsx";
import { type HubDetail, useHub } from "./useHub.ts";
import { useHubs } from "./useHubs.ts";
import { useView, type View } from "./useView.ts";
import { Wizard } from "./wizard/Wizard.tsx";

/** Which hub, which part of it. */
export function Console() {
  const t = useTranslations("sell");
  const { place } = useView();
  const hubs = useHubs();
  const wanted = place.hub ?? hubs.data?.[0]?.id;
  const hub = useHub(wanted);
  if (hubs.error && !hubs.data) return <ErrorNotice error={hubs.error} onRetry={() => void hubs.refetch()} />;
  if (!hubs.data) return <Waiting label={t("loading")} />;
  if (wanted === undefined || wanted === "new") return <CreateHub first={hubs.data.length === 0} />;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-7">
      <div className="flex flex-wrap-reverse items-end justify-between gap-x-6 gap-y-3 border-b border-line">
        <ConsoleNav hubId={wanted} />
        <HubSwitch hubs={hubs.data} current={wanted} name={hub.data?.name} />
      </div>
      {hub.error && !hub.data ? (
        <ErrorNotice error={hub.error} onRetry={() => void hub.refetch()} />
      ) : hub.data ? (
        <Shown hub={hub.data} view={place.view} edit={place.edit} />
      ) : (
        <Waiting label={t("loading")} />
      )}
    </div>
  );
}

function Waiting({ label }: { label: string }) {
  return (
    <div role="status" className="grid gap-4">
      <span className="sr">{label}</span>
      <Skeleton className="h-12 w-full max-w-lg" />
      <Skeleton className="h-56 w-full" />
    </div>
  );
}

function Shown({ hub, view, edit }: { hub: HubDetail; view: View; edit: string | undefined }) {
  switch (view) {
    case "hub":
      return <HubView hub={hub} />;
    case "devices":
      return <DevicesView hub={hub} />;
    case "listings":
      return edit ? <Wizard key={`${hub.id}.${edit}`} hub={hub} edit={edit} /> : <ListingsView hub={hub} />;
    case "requests":
      return <RequestsView hub={hub} />;
    case "earnings":
      return <EarningsView hub={hub} />;
  }
}
