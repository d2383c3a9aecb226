"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { buttonClass } from "@/components/Button.tsx";
import { SelectField } from "@/components/SelectField.tsx";
import type { MyHub } from "./useHubs.ts";
import { useView } from "./useView.ts";

/** Most sellers have one hub; who has more chooses here. */
export function HubSwitch({
  hubs,
  current,
  name,
}: {
  hubs: MyHub[];
  current: string;
  name: string | undefined;
}) {
  const t = useTranslations("sell");
  const { place, href, go } = useView();
  const words = (hub: { id: string; name: string; offered?: boolean }) =>
    `${hub.name || t("unnamed")} (${t("hubNumber", { id: hub.id })})${hub.offered ? ` · ${t("offered")}` : ""}`;
  // Just created, or looked at by its number: the index does not name it among mine yet.
  const shown = hubs.some(({ id }) => id === current) ? hubs : [...hubs, { id: current, name: name ?? "" }];
  return (
    <div className="flex min-w-0 flex-wrap items-end gap-3 pb-3 max-sm:w-full">
      <SelectField
        className="min-w-0 flex-1 basis-48 sm:w-80 sm:flex-none"
        label={t("hub")}
        value={current}
        onChange={(id) => go({ hub: id, view: place.view })}
        options={shown.map((hub) => [hub.id, words(hub)] as const)}
      />
      <Link href={href({ hub: "new" })} prefetch={false} className={buttonClass("plain")}>
        {t("newHub")}
      </Link>
    </div>
  );
}
