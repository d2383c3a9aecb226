"use client";

import { useQuery } from "@tanstack/react-query";
import { type NotesKey, openNote } from "@weir/sdk/core";
import { useTranslations } from "next-intl";
import { Copy } from "@/components/Copy.tsx";
import { Tag } from "@/components/Tag.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { formatMoment } from "@/lib/time.ts";
import type { MyListing } from "../listings/useMyListings.ts";
import { manages } from "../roles.ts";
import type { HubDetail } from "../useHub.ts";
import { Decide } from "./Decide.tsx";
import type { RequestItem } from "./useRequests.ts";

const TONES = { open: "amber", approved: "moss", declined: "mark" } as const;

export function RequestCard({
  item,
  hub,
  listing,
  notesKey,
}: {
  item: RequestItem;
  hub: HubDetail;
  listing: MyListing | undefined;
  notesKey: NotesKey | undefined;
}) {
  const t = useTranslations("sell.requests");
  return (
    <li className="sheet grid grid-cols-[minmax(0,1fr)] gap-4 p-5" data-request={item.requestId}>
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <h3 className="text-base [overflow-wrap:anywhere]">
            {listing?.detail.title ?? t("listing", { id: item.listingId })}
          </h3>
          <p className="flex flex-wrap items-center gap-x-2 text-sm text-soft">
            <Copy value={item.buyer} label={t("buyer")} /> · {formatMoment(item.createdAt * 1_000)}
          </p>
        </div>
        <Tag tone={TONES[item.state]}>{t(`states.${item.state}`)}</Tag>
      </div>
      <Note item={item} notesKey={notesKey} />
      {item.state === "approved" && item.approval ? (
        <p className="text-sm">{t("until", { at: formatMoment(item.approval.deadline * 1_000) })}</p>
      ) : null}
      {item.state === "declined" ? (
        <p className="text-sm [overflow-wrap:anywhere]">{t("reasonWas", { reason: item.reason ?? "" })}</p>
      ) : null}
      {item.state === "open" && listing && manages(hub.mine) ? (
        <Decide item={item} listing={listing} />
      ) : null}
    </li>
  );
}

/** What the buyer wrote, for the hub's eyes only. */
function Note({ item, notesKey }: { item: RequestItem; notesKey: NotesKey | undefined }) {
  const t = useTranslations("sell.requests");
  const { chainId, contracts } = useWeirConfig();
  const note = useQuery({
    queryKey: ["note", item.requestId, notesKey?.encryptionKey],
    enabled: notesKey !== undefined && item.note !== "0x",
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: () =>
      openNote(
        {
          chainId,
          grants: contracts.Grants,
          listingId: BigInt(item.listingId),
          buyer: item.buyer,
          encryptionKey: notesKey!.encryptionKey,
        },
        notesKey!.privateKey,
        item.note,
      ),
  });
  if (item.note === "0x") return <p className="text-sm text-soft">{t("noNote")}</p>;
  if (note.error) return <p className="text-sm text-amber">{t("unreadable")}</p>;
  if (note.data === undefined) return <p className="text-sm text-soft">{t("sealed")}</p>;
  return (
    <blockquote
      data-note
      className="whitespace-pre-wrap border-l-4 border-water bg-water-wash p-3 text-sm [overflow-wrap:anywhere]"
    >
      {note.data}
    </blockquote>
  );
}
