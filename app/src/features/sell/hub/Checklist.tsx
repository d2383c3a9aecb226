"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { useMyListings } from "../listings/useMyListings.ts";
import type { HubDetail } from "../useHub.ts";
import { useView } from "../useView.ts";

/** What a hub needs before it sells; gone once all of it is there. */
export function Checklist({ hub }: { hub: HubDetail }) {
  const t = useTranslations("sell.checklist");
  const { href } = useView();
  const listings = useMyListings(hub);
  const done = {
    hub: true,
    gateway: hub.keys.some((key) => key.revokedAt === 0),
    device: hub.devices.some((device) => device.revokedAt === 0),
    listing: (listings.data?.length ?? 0) > 0,
  };
  if (!listings.data || Object.values(done).every(Boolean)) return null;
  const next = (Object.keys(done) as (keyof typeof done)[]).find((step) => !done[step]);
  const links = {
    hub: "",
    gateway: "#publisher-keys",
    device: href({ hub: hub.id, view: "devices" }),
    listing: href({ hub: hub.id, view: "listings", edit: "new" }),
  };
  return (
    <section aria-label={t("title")} className="sheet overflow-hidden">
      <h3 className="border-b border-line bg-water-wash px-5 py-3 text-base">{t("title")}</h3>
      <ol className="grid md:grid-cols-4">
        {(Object.keys(done) as (keyof typeof done)[]).map((step, index) => (
          <li
            key={step}
            aria-current={step === next ? "step" : undefined}
            className="grid content-start gap-1 border-line px-5 py-4 max-md:border-b md:border-r last:border-0 aria-[current]:bg-paper"
          >
            <span
              className={`figure text-2xl font-semibold ${done[step] ? "text-moss" : step === next ? "text-water" : "text-soft"}`}
            >
              {done[step] ? <span aria-hidden="true">✓</span> : index + 1}
              <span className="sr">{done[step] ? t("done") : t("open")}</span>
            </span>
            <span className="font-semibold">{t(`${step}.title`)}</span>
            <span className="text-sm text-soft">{t(`${step}.note`)}</span>
            {step === next && links[step] ? (
              <Link
                href={links[step]}
                className="mt-1 text-sm font-semibold text-water underline underline-offset-4"
              >
                {t(`${step}.act`)}
              </Link>
            ) : null}
          </li>
        ))}
      </ol>
    </section>
  );
}
