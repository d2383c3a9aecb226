"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { Tag } from "@/components/Tag.tsx";
import type { ListingDetail } from "@/lib/indexer.ts";
import { type Licence, licenceOf } from "./licence.ts";

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid gap-x-4 gap-y-1.5 px-5 py-3 sm:grid-cols-[9rem_1fr]">
      <dt className="text-sm text-soft">{name}</dt>
      <dd className="flex min-w-0 flex-wrap gap-1.5 [overflow-wrap:anywhere]">{children}</dd>
    </div>
  );
}

/** The licence flags in words, and the agreement that buying accepts. */
export function LicenceView({ listing }: { listing: ListingDetail }) {
  const t = useTranslations("licence");
  const flag = useTranslations("licence.flags");
  const licence = licenceOf(listing);
  const { granted, withheld, uses, name, link } = licence;
  const duties = [
    licence.attribute ? flag("attribute") : undefined,
    licence.personalData ? t("personalData") : undefined,
    licence.open ? t("open") : undefined,
  ].filter((duty) => duty !== undefined);
  return (
    <div className="sheet overflow-hidden">
      <dl className="divide-y divide-line">
        <Row name={t("data")}>
          {link ? (
            <a
              href={link}
              rel="noreferrer nofollow"
              className="underline underline-offset-4 hover:text-water"
            >
              {name}
            </a>
          ) : (
            (name ?? t("dataNone"))
          )}
        </Row>
        <Row name={t("granted")}>
          {granted.length === 0 ? t("grantedNone") : null}
          {granted.map((name) => (
            <Tag key={name} tone="moss">
              {flag(name)}
            </Tag>
          ))}
        </Row>
        <Row name={t("withheld")}>
          {withheld.length === 0 ? t("withheldNone") : null}
          {withheld.map((name) => (
            <Tag key={name}>{flag(name)}</Tag>
          ))}
        </Row>
        {duties.length > 0 ? (
          <Row name={t("duties")}>
            <ul className="grid gap-1">
              {duties.map((duty) => (
                <li key={duty}>{duty}</li>
              ))}
            </ul>
          </Row>
        ) : null}
        <Row name={t("use")}>
          {uses.length > 0 ? `${uses.map((use) => flag(use)).join(", ")}. ` : null}
          {licence.safetyCritical ? flag("safetyCritical") : t("notSafetyCritical")}
        </Row>
      </dl>
      <Agreement licence={licence} />
    </div>
  );
}

function Agreement({ licence: { agreement, text } }: { licence: Licence }) {
  const t = useTranslations("licence");
  const wrong = agreement === "missing" || agreement === "other";
  return (
    <div className="grid gap-2 border-t border-line px-5 py-3" data-agreement={agreement}>
      {agreement === "standard" ? null : (
        <p className={`text-sm ${wrong ? "font-semibold text-mark" : "text-soft"}`}>
          {t(`agreements.${agreement}`)}
        </p>
      )}
      {text === undefined ? null : (
        <details>
          <summary className="min-h-8 text-sm font-semibold underline underline-offset-4">
            {t("agreement")}
          </summary>
          <p className="mt-2 max-w-[var(--measure)] whitespace-pre-wrap rounded-md bg-sunk p-4 text-sm [overflow-wrap:anywhere]">
            {text}
          </p>
        </details>
      )}
    </div>
  );
}
