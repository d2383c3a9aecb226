"use client";

import { closeListing, pauseListing, resumeListing, withdrawBond } from "@weir/sdk/chain";
import { flagNames, ListingFlag } from "@weir/sdk/core";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button, buttonClass } from "@/components/Button.tsx";
import { Stat } from "@/components/Stat.tsx";
import { Tag } from "@/components/Tag.tsx";
import { usePriceWords } from "@/features/listing/usePriceWords.ts";
import { isCategory } from "@/features/market/filters.ts";
import { formatAmount } from "@/lib/money.ts";
import { ActButton } from "../ActButton.tsx";
import { useAct } from "../useAct.ts";
import { useView } from "../useView.ts";
import { Buyers } from "./Buyers.tsx";
import { Consent } from "./Consent.tsx";
import { ListingRatings } from "./ListingRatings.tsx";
import type { MyListing } from "./useMyListings.ts";

const TONES = { open: "moss", paused: "amber", closed: "plain" } as const;
/** What others did with it, one at a time. */
const PARTS = { buyers: Buyers, ratings: ListingRatings } as const;
const GATES = ["restricted", "unlisted", "open", "personalData"] as const;

export function ListingRow({ listing, may, hubId }: { listing: MyListing; may: boolean; hubId: string }) {
  const t = useTranslations("sell.listings");
  const states = useTranslations("listing.state");
  const flags = useTranslations("licence.flags");
  const priceWords = usePriceWords();
  const [shown, setShown] = useState<keyof typeof PARTS>();
  const { terms, detail } = listing;
  const licence = flagNames(terms.flags);
  const Part = shown && PARTS[shown];
  const market = useTranslations("market.categories");
  return (
    <li className="sheet grid grid-cols-[minmax(0,1fr)] gap-4 p-5 sm:p-6" data-listing={listing.id}>
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <h3 className="text-lg [overflow-wrap:anywhere]">
            <Link href={`/listing?id=${listing.id}`} prefetch={false} className="hover:underline">
              {detail.title || t("untitled")}
            </Link>
          </h3>
          <p className="text-sm text-soft">{t("number", { id: listing.id, version: listing.version })}</p>
        </div>
        <Tag tone={TONES[listing.state]}>{states(listing.state)}</Tag>
      </div>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-4 border-y border-line py-4 xl:grid-cols-4">
        <Stat label={t("price")}>
          {detail.plans.length === 0 ? t("private") : null}
          {detail.plans.map((plan) => {
            const words = priceWords(plan, detail.token);
            return (
              <span key={plan.index} className="block">
                {words.now}
                {words.promotion ? (
                  <span className="block text-xs font-normal text-soft">{words.promotion}</span>
                ) : null}
              </span>
            );
          })}
        </Stat>
        <Stat label={t("category")} note={detail.place?.name || detail.source.rate}>
          {isCategory(detail.category) ? market(detail.category) : detail.category}
        </Stat>
        <Stat label={t("carriedBy")} note={t("cut", { percent: terms.relayBps / 100 })}>
          {t("relays", { count: terms.relays.length })}
        </Stat>
        <Stat label={t("fedBy")}>{fedBy(detail.metadata) ?? t("wholeHub")}</Stat>
      </dl>
      <p className="flex flex-wrap gap-1.5 empty:hidden">
        {GATES.filter((gate) => (terms.flags & ListingFlag[gate]) !== 0).map((gate) => (
          <Tag key={gate} tone="amber">
            {flags(`${gate}.name`)}
          </Tag>
        ))}
        {licence.map((flag) => (
          <Tag key={flag}>{flags(flag)}</Tag>
        ))}
      </p>
      <Consent listing={listing} />
      <div className="flex flex-wrap items-start gap-2">
        {may && listing.state !== "closed" ? <Acts listing={listing} hubId={hubId} /> : null}
        {listing.state === "closed" ? <Bond listing={listing} /> : null}
        {(["buyers", "ratings"] as const).map((part) => (
          <Button
            key={part}
            tone="quiet"
            aria-expanded={shown === part}
            onClick={() => setShown(shown === part ? undefined : part)}
          >
            {t(`${shown === part ? "hide" : "show"}.${part}`)}
          </Button>
        ))}
      </div>
      {Part ? <Part listing={listing} may={may} /> : null}
    </li>
  );
}

/** The devices that a listing names; undefined = all of the hub. */
function fedBy(metadata: Record<string, unknown>): string | undefined {
  const { devices } = (metadata.feed ?? {}) as { devices?: unknown };
  return Array.isArray(devices) ? devices.map(String).join(", ") : undefined;
}

function Acts({ listing, hubId }: { listing: MyListing; hubId: string }) {
  const t = useTranslations("sell.listings");
  const { href } = useView();
  const { listingId } = listing;
  const paused = listing.state === "paused";
  const toggle = useAct(({ client, contracts }) =>
    paused ? resumeListing(client, { contracts, listingId }) : pauseListing(client, { contracts, listingId }),
  );
  const close = useAct(({ client, contracts }) => closeListing(client, { contracts, listingId }));
  return (
    <>
      <Link
        href={href({ hub: hubId, view: "listings", edit: listing.id })}
        prefetch={false}
        className={buttonClass("plain")}
      >
        {t("revise")}
      </Link>
      <ActButton run={() => toggle.mutate()} pending={toggle.isPending} error={toggle.error}>
        {paused ? t("resume") : t("pause")}
      </ActButton>
      <ActButton
        tone="quiet"
        confirm={t("closeWarning")}
        run={() => close.mutate()}
        pending={close.isPending}
        error={close.error}
      >
        {t("close")}
      </ActButton>
    </>
  );
}

/** A closed listing's bond waits for the dispute window; then anybody may send it to the payout address. */
function Bond({ listing }: { listing: MyListing }) {
  const t = useTranslations("sell.listings");
  const withdraw = useAct(({ client, contracts }) =>
    withdrawBond(client, { contracts, listingId: listing.listingId }),
  );
  if (listing.bond === 0n) return <p className="py-2 text-sm text-soft">{t("bondReturned")}</p>;
  return (
    <ActButton run={() => withdraw.mutate()} pending={withdraw.isPending} error={withdraw.error}>
      {t("withdrawBond", { amount: formatAmount(listing.bond, 18) })}
    </ActButton>
  );
}
