"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useConfig } from "wagmi";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { Table } from "@/components/Table.tsx";
import { Tag } from "@/components/Tag.tsx";
import { formatCell } from "@/features/live/reading.ts";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import type { ListingDetail } from "@/lib/indexer.ts";
import { fieldsOf, misfitOf } from "@/lib/schema.ts";
import { formatMoment } from "@/lib/time.ts";
import { publicClientOf } from "@/lib/wagmi.ts";
import { sampleOf } from "@/lib/weir.ts";

const SHOWN = 8;
/** More columns than these go to the raw text. */
const COLUMNS = 8;
/** A publisher makes a new one now and then; nobody waits for it. */
const EVERY_MS = 60_000;

/** Old messages that the publisher gives away, signed by him and checked in this page: a look before paying. */
export function SampleView({ listing }: { listing: ListingDetail }) {
  const t = useTranslations("sample");
  const config = useWeirConfig();
  const wagmi = useConfig();
  const { data, error, refetch, isPending } = useQuery({
    queryKey: ["sample", listing.id],
    refetchInterval: EVERY_MS,
    retry: false,
    queryFn: ({ signal }) => sampleOf(config, publicClientOf(wagmi, config), listing, signal),
  });
  if (error && !data) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (!data) return <p className="sheet p-4 text-soft">{t(isPending ? "loading" : "none")}</p>;
  const fields = fieldsOf(listing.metadata).slice(0, COLUMNS);
  const promised = fieldsOf(listing.metadata, Number.POSITIVE_INFINITY);
  const rows = data.messages.slice(0, SHOWN);
  const record = (json: unknown): Record<string, unknown> =>
    typeof json === "object" && json !== null ? (json as Record<string, unknown>) : {};
  const decoder = new TextDecoder();
  const head = [
    t("time"),
    ...(fields.length > 0
      ? fields.map((field) => (field.unit ? `${field.title} (${field.unit})` : field.title))
      : [t("payload")]),
  ];
  return (
    <div className="grid gap-2" data-sample={data.segmentIds.length}>
      <Table label={t("title")} head={head}>
        {rows.map((row, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a sample is replaced as a whole, its rows never change places
          <tr key={place} className="figure whitespace-nowrap">
            <td>{formatMoment(row.timeMs)}</td>
            {misfitOf(row.json, promised) ? (
              <td colSpan={fields.length}>
                <Tag tone="amber">{t("misfit")}</Tag>{" "}
                <span className="font-mono text-xs">{decoder.decode(row.payload).slice(0, 200)}</span>
              </td>
            ) : fields.length > 0 ? (
              fields.map((field) => <td key={field.name}>{formatCell(record(row.json)[field.name])}</td>)
            ) : (
              <td className="font-mono text-xs">{decoder.decode(row.payload).slice(0, 200)}</td>
            )}
          </tr>
        ))}
      </Table>
      <p className="text-sm text-soft">
        {t("checked", { count: data.messages.length, at: formatMoment(data.atMs) })}
      </p>
    </div>
  );
}
