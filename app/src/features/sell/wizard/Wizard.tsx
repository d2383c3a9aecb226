"use client";

import { ListingFlag, licenceBit } from "@weir/sdk/core";
import { useTranslations } from "next-intl";
import { useMemo } from "react";
import { Empty } from "@/components/Empty.tsx";
import { Skeleton } from "@/components/Skeleton.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { tokenOf } from "@/lib/config.ts";
import { type MyListing, useMyListings } from "../listings/useMyListings.ts";
import { manages } from "../roles.ts";
import type { HubDetail } from "../useHub.ts";
import { newDraft } from "./draft.ts";
import { draftOf } from "./fromListing.ts";
import { useRelays } from "./useRelays.ts";
import { WizardForm } from "./WizardForm.tsx";

/** What most sellers grant: use it, keep it, do not pass it on. */
const USUAL_FLAGS =
  licenceBit("store") |
  licenceBit("copy") |
  licenceBit("process") |
  licenceBit("analyse") |
  licenceBit("combine") |
  licenceBit("publishResults") |
  licenceBit("commercial") |
  licenceBit("keep") |
  ListingFlag.sharedWithMarkets;

/** A new listing, or a new version of one. Opens when everything is known that a first draft needs. */
export function Wizard({ hub, edit }: { hub: HubDetail; edit: string }) {
  const t = useTranslations("sell.wizard");
  const listings = useMyListings(hub);
  const relays = useRelays();
  if (!manages(hub.mine)) return <Empty title={t("managerMust")} />;
  if (!listings.data || !relays.data) return <Skeleton className="h-96 w-full" />;
  const listing = edit === "new" ? undefined : listings.data.find(({ id }) => id === edit);
  if (edit !== "new" && !listing) return <Empty title={t("unknownListing", { id: edit })} />;
  const operators = relays.data.slice(0, 2).map(({ operator }) => operator);
  return <Begun hub={hub} listing={listing} relays={operators} />;
}

function Begun({
  hub,
  listing,
  relays,
}: {
  hub: HubDetail;
  listing: MyListing | undefined;
  relays: string[];
}) {
  const config = useWeirConfig();
  const publisher = hub.keys.findLast((key) => key.revokedAt === 0)?.account ?? "";
  // What the form began with must not change under the hands of the person when the chain is read again.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  const initial = useMemo(
    () =>
      listing
        ? draftOf(listing.terms, listing.metadata, tokenOf(config, listing.terms.token).decimals)
        : newDraft({
            token: config.tokens[0]?.address ?? tokenOf(config, `0x${"0".repeat(40)}`).address,
            relays,
            operator: publisher,
            flags: USUAL_FLAGS,
          }),
    [],
  );
  const key = `sell.draft.${config.chainId}.${config.contracts.Listings}.${hub.id}.${listing ? `${listing.id}.${listing.version}` : "new"}`;
  return <WizardForm hub={hub} listing={listing} initial={initial} storageKey={key} />;
}
