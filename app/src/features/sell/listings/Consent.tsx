"use client";

import { useQuery } from "@tanstack/react-query";
import { isConsentAlive, isConsentGated } from "@weir/sdk/chain";
import { ListingFlag } from "@weir/sdk/core";
import { useTranslations } from "next-intl";
import { useConfig } from "wagmi";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { publicClientOf } from "@/lib/wagmi.ts";
import type { MyListing } from "./useMyListings.ts";

/** Personal data sells only while everybody whom it is about agrees. Says whether that is so now. */
export function Consent({ listing }: { listing: MyListing }) {
  const t = useTranslations("sell.consent");
  const config = useWeirConfig();
  const wagmi = useConfig();
  const personal = (listing.terms.flags & ListingFlag.personalData) !== 0;
  const consent = useQuery({
    queryKey: ["sell", "consent", listing.id],
    enabled: personal,
    queryFn: async () => {
      const reader = publicClientOf(wagmi, config);
      const of = { contracts: config.contracts, listingId: listing.listingId };
      const [gated, alive] = await Promise.all([isConsentGated(reader, of), isConsentAlive(reader, of)]);
      return alive ? "alive" : gated ? "ended" : "never";
    },
  });
  if (!personal || !consent.data) return null;
  const alive = consent.data === "alive";
  return (
    <p
      className={`rounded-md border-l-4 p-3 text-sm ${alive ? "border-moss bg-moss-wash" : "border-amber bg-amber-wash"}`}
    >
      <strong>{t(`${consent.data}.title`)}</strong> {t(`${consent.data}.note`)}
    </p>
  );
}
