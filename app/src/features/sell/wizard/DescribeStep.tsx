"use client";

import { CATEGORIES } from "@weir/sdk/core";
import { useTranslations } from "next-intl";
import { SelectField } from "@/components/SelectField.tsx";
import { useWizard } from "./context.ts";
import { DraftField } from "./DraftField.tsx";
import { Group } from "./Group.tsx";

export function DescribeStep() {
  const t = useTranslations("sell.wizard");
  const market = useTranslations("market");
  const { draft, set } = useWizard();
  return (
    <>
      <Group title={t("groups.what")}>
        <DraftField name="title" label={t("title")} note={t("titleNote")} className="sm:col-span-2" />
        <DraftField
          name="description"
          rows={4}
          label={t("description")}
          note={t("descriptionNote")}
          className="sm:col-span-2"
        />
        <SelectField
          label={t("category")}
          value={draft.category}
          onChange={(value) => set("category", value)}
          options={CATEGORIES.map((name) => [name, market(`categories.${name}`)] as const)}
        />
        <DraftField name="keywords" label={t("keywords")} note={t("keywordsNote")} />
      </Group>
      <Group title={t("groups.source")}>
        <SelectField
          label={t("sourceKind")}
          value={draft.sourceKind}
          onChange={(value) => set("sourceKind", value === "live" ? "live" : "replay")}
          options={[
            ["live", t("live")],
            ["replay", t("replay")],
          ]}
          note={draft.sourceKind === "live" ? t("liveNote") : t("replayNote")}
        />
        <DraftField name="rate" label={t("rate")} note={t("rateNote")} placeholder={t("ratePlaceholder")} />
        <DraftField name="origin" label={t("origin")} note={t("originNote")} />
        <DraftField
          name="licence"
          label={t("licenceName")}
          note={t("licenceNameNote")}
          placeholder="CC-BY-4.0"
        />
      </Group>
      <Group title={t("groups.place")} note={t("groups.placeNote")} columns={3}>
        <DraftField name="placeName" label={t("placeName")} className="sm:col-span-3" />
        <DraftField name="latitude" label={t("latitude")} placeholder="47.61" mono />
        <DraftField name="longitude" label={t("longitude")} placeholder="-122.33" mono />
      </Group>
    </>
  );
}
