"use client";

import { useMutation } from "@tanstack/react-query";
import { deriveNotesKey, type NotesKey } from "@weir/sdk/core";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/Button.tsx";
import { Empty } from "@/components/Empty.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { Section } from "@/components/Section.tsx";
import { Skeleton } from "@/components/Skeleton.tsx";
import { KeyBackup } from "@/features/wallet/KeyBackup.tsx";
import { useAccountSecret } from "@/features/wallet/useAccountSecret.ts";
import { useMyListings } from "../listings/useMyListings.ts";
import type { HubDetail } from "../useHub.ts";
import { RequestCard } from "./RequestCard.tsx";
import { type RequestState, useRequests } from "./useRequests.ts";

const STATES: RequestState[] = ["open", "approved", "declined"];

export function RequestsView({ hub }: { hub: HubDetail }) {
  const t = useTranslations("sell.requests");
  const [state, setState] = useState<RequestState>("open");
  const [key, setKey] = useState<NotesKey>();
  const requests = useRequests(hub.id, state);
  const listings = useMyListings(hub);
  const { getSecret, backupRequest } = useAccountSecret();
  const unlock = useMutation({
    mutationFn: async () => deriveNotesKey(await getSecret()),
    onSuccess: setKey,
  });
  const items = requests.data?.pages.flatMap((page) => page.items);
  const foreign = key !== undefined && key.encryptionKey !== hub.encryptionKey;
  return (
    <Section title={t("title")} note={t("note")}>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
        <fieldset className="flex flex-wrap gap-2">
          <legend className="sr">{t("which")}</legend>
          {STATES.map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={state === name}
              onClick={() => setState(name)}
              className="min-h-9 rounded-md border border-line-strong px-3 text-sm hover:border-water aria-pressed:border-water aria-pressed:bg-water-wash aria-pressed:font-semibold"
            >
              {t(`states.${name}`)}
            </button>
          ))}
        </fieldset>
        {requests.error && !items ? (
          <ErrorNotice error={requests.error} onRetry={() => void requests.refetch()} />
        ) : !items || !listings.data ? (
          <Skeleton className="h-40 w-full" />
        ) : items.length === 0 ? (
          <Empty title={t(`none.${state}`)} {...(state === "open" ? { note: t("noneNote") } : {})} />
        ) : (
          <>
            {key ? (
              foreign ? (
                <p className="rounded-md bg-amber-wash p-3 text-sm">{t("foreignKey")}</p>
              ) : null
            ) : (
              <div className="grid justify-items-start gap-2">
                <Button disabled={unlock.isPending} onClick={() => unlock.mutate()}>
                  {unlock.isPending ? t("unlocking") : t("unlock")}
                </Button>
                <p className="text-xs text-soft">{t("unlockNote")}</p>
                <ErrorNotice error={unlock.error ?? undefined} />
              </div>
            )}
            <ul className="grid grid-cols-[minmax(0,1fr)] gap-4">
              {items.map((item) => (
                <RequestCard
                  key={item.requestId}
                  item={item}
                  hub={hub}
                  listing={listings.data.find(({ id }) => id === item.listingId)}
                  notesKey={foreign ? undefined : key}
                />
              ))}
            </ul>
            {requests.hasNextPage ? (
              <Button onClick={() => void requests.fetchNextPage()}>{t("more")}</Button>
            ) : null}
          </>
        )}
      </div>
      <KeyBackup request={backupRequest} />
    </Section>
  );
}
