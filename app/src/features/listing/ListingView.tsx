"use client";

import { useTranslations } from "next-intl";
import { Section } from "@/components/Section.tsx";
import type { ListingDetail } from "@/lib/indexer.ts";
import { fieldsOf, timeFieldOf } from "@/lib/schema.ts";
import { Facts } from "./Facts.tsx";
import { LicenceView } from "./LicenceView.tsx";
import { ListingHead } from "./ListingHead.tsx";
import { Plans } from "./Plans.tsx";
import { Ratings } from "./Ratings.tsx";
import { RelayList } from "./RelayList.tsx";
import { SampleView } from "./SampleView.tsx";
import { SchemaTable } from "./SchemaTable.tsx";
import { Versions } from "./Versions.tsx";

export function ListingView({ listing }: { listing: ListingDetail }) {
  const t = useTranslations("listing");
  const licence = useTranslations("licence");
  return (
    <article>
      <ListingHead listing={listing} />
      <div className="page mt-8 grid items-start gap-8 lg:grid-cols-[minmax(0,1fr)_minmax(20rem,26rem)]">
        <div className="order-2 grid gap-8 lg:order-1">
          <Section title={t("schema")} note={t("schemaNote")}>
            <SchemaTable fields={fieldsOf(listing.metadata)} timeField={timeFieldOf(listing.metadata)} />
          </Section>
          <Section title={t("sample")} note={t("sampleNote")}>
            <SampleView listing={listing} />
          </Section>
          <Section title={t("facts")}>
            <Facts listing={listing} />
          </Section>
          <Section title={licence("title")} note={licence("note")}>
            <LicenceView listing={listing} />
          </Section>
          <Section title={t("ratings")} note={t("ratingsNote")}>
            <Ratings listing={listing} />
          </Section>
          <Section title={t("relays")} note={t("relaysNote")}>
            <RelayList listing={listing} />
          </Section>
          <Section title={t("versions")}>
            <Versions versions={listing.versions} current={listing.version} />
          </Section>
        </div>
        <div className="order-1 lg:sticky lg:top-20 lg:order-2">
          <Plans listing={listing} />
        </div>
      </div>
    </article>
  );
}
