"use client";

import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { download } from "@/lib/download.ts";
import { formatCount } from "@/lib/money.ts";
import { MAX_EXPORT_BYTES } from "@/lib/recorder.ts";
import type { SchemaField } from "@/lib/schema.ts";
import type { FeedSession, Snapshot } from "./session.ts";

/** Keeps what was received: with proofs as JSON lines, for a spreadsheet as CSV. */
export function ExportPanel({
  session,
  snapshot,
  fields,
}: {
  session: FeedSession;
  snapshot: Snapshot;
  fields: SchemaField[];
}) {
  const t = useTranslations("export");
  const [error, setError] = useState<unknown>();
  const { recorder } = session;
  const count = recorder?.messages ?? 0;
  const name = `weir-${session.purchase.listingId}-${session.purchase.grantId.slice(2, 10)}`;
  const save = async (make: () => Blob | Promise<Blob>, ending: string) => {
    try {
      setError(undefined);
      download(await make(), `${name}.${ending}`);
    } catch (cause) {
      setError(cause);
    }
  };
  return (
    <section aria-label={t("title")} className="sheet grid gap-3 p-5" data-tick={snapshot.tick}>
      <p className="text-sm">{t("count", { count: formatCount(count) })}</p>
      <div className="flex flex-wrap gap-3">
        <Button disabled={count === 0} onClick={() => recorder && save(() => recorder.jsonLines(), "jsonl")}>
          {t("jsonLines")}
        </Button>
        <Button
          disabled={count === 0}
          onClick={() => recorder && save(() => recorder.csv(fields.map((field) => field.name)), "csv")}
        >
          {t("csv")}
        </Button>
      </div>
      <p className="text-sm text-soft">{t("note")}</p>
      {recorder?.full ? (
        <p className="text-sm text-mark">{t("full", { size: String(MAX_EXPORT_BYTES / 2 ** 20) })}</p>
      ) : null}
      <ErrorNotice error={error} />
    </section>
  );
}
