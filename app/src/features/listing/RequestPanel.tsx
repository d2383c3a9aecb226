"use client";

import { useTranslations } from "next-intl";
import { type FormEvent, useId, useState } from "react";
import { Button } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { Tag } from "@/components/Tag.tsx";
import { askConnect } from "@/features/wallet/askConnect.ts";
import { formatMoment } from "@/lib/time.ts";
import type { useRequest } from "./useRequest.ts";

const TONES = { open: "amber", approved: "moss", declined: "mark" } as const;
/** Grants takes 4,096 bytes with the key and the tag; core's `sealNote` counts them exactly. */
const MAX_NOTE_BYTES = 4_048;

/** Restricted listings: ask with a note that only the seller can read, see what became of it. */
export function RequestPanel({ asked }: { asked: ReturnType<typeof useRequest> }) {
  const t = useTranslations("request");
  const id = useId();
  const [note, setNote] = useState("");
  const { request, approval, ask, address } = asked;
  if (!address)
    return (
      <div className="grid gap-2">
        <p className="text-sm text-soft">{t("why")}</p>
        <Button onClick={askConnect}>{t("connect")}</Button>
      </div>
    );
  const lapsed = request?.state === "approved" && !approval;
  const tooLong = new TextEncoder().encode(note).length > MAX_NOTE_BYTES;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!tooLong) ask.mutate(note);
  };
  return (
    <div className="grid gap-3">
      {request ? (
        <p className="flex flex-wrap items-center gap-2 text-sm" role="status">
          <Tag tone={lapsed ? "mark" : TONES[request.state]}>{t(lapsed ? "lapsed" : request.state)}</Tag>
          {t("askedAt", { at: formatMoment(request.createdAt * 1_000) })}
        </p>
      ) : (
        <p className="text-sm text-soft">{t("why")}</p>
      )}
      {request?.state === "declined" && request.reason ? (
        <p className="border-l-2 border-mark pl-3 text-sm [overflow-wrap:anywhere]">{request.reason}</p>
      ) : null}
      {approval ? (
        <p className="text-sm">{t("approvedNote", { at: formatMoment(approval.deadline * 1_000) })}</p>
      ) : request?.state === "open" ? (
        <p className="text-sm text-soft">{t("openNote")}</p>
      ) : (
        <form onSubmit={submit} className="grid gap-2">
          <label htmlFor={id} className="text-sm font-semibold">
            {t("note")}
          </label>
          <textarea
            id={id}
            rows={3}
            value={note}
            onChange={(event) => setNote(event.target.value)}
            aria-invalid={tooLong}
            className="w-full rounded-md border border-line-strong bg-paper p-3 aria-invalid:border-mark"
          />
          <p className={`text-sm ${tooLong ? "text-mark" : "text-soft"}`}>
            {tooLong ? t("tooLong", { most: MAX_NOTE_BYTES }) : t("noteNote")}
          </p>
          <Button type="submit" disabled={ask.isPending || tooLong}>
            {ask.isPending ? t("asking") : t("send")}
          </Button>
        </form>
      )}
      <ErrorNotice error={ask.error ?? asked.error ?? undefined} />
    </div>
  );
}
