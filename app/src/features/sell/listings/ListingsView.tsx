"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { buttonClass } from "@/components/Button.tsx";
import { Empty } from "@/components/Empty.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { Section } from "@/components/Section.tsx";
import { Skeleton } from "@/components/Skeleton.tsx";
import { manages } from "../roles.ts";
import type { HubDetail } from "../useHub.ts";
import { useView } from "../useView.ts";
import { ListingRow } from "./ListingRow.tsx";
import { useMyListings } from "./useMyListings.ts";

export function ListingsView({ hub }: { hub: HubDetail }) {
  const t = useTranslations("sell.listings");
  const { href } = useView();
  const listings = useMyListings(hub);
  const may = manages(hub.mine);
  const published = hub.keys.some((key) => key.revokedAt === 0);
  const offer = (
    <Link
      href={href({ hub: hub.id, view: "listings", edit: "new" })}
      prefetch={false}
      className={buttonClass("primary")}
    >
      {t("offer")}
    </Link>
  );
  if (listings.error && !listings.data)
    return <ErrorNotice error={listings.error} onRetry={() => void listings.refetch()} />;
  if (!listings.data) return <Skeleton className="h-56 w-full" />;
  return (
    <Section title={t("title")} note={t("note")}>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
        {listings.data.length === 0 ? (
          <Empty title={t("none")} note={published ? t("noneNote") : t("noKeyNote")}>
            {may ? offer : <p>{t("managerMust")}</p>}
          </Empty>
        ) : (
          <>
            {may ? <div>{offer}</div> : null}
            <ul className="grid grid-cols-[minmax(0,1fr)] gap-4">
              {listings.data.map((listing) => (
                <ListingRow key={listing.id} listing={listing} may={may} hubId={hub.id} />
              ))}
            </ul>
          </>
        )}
      </div>
    </Section>
  );
}
