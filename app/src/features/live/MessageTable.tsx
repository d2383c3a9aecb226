"use client";

import { useTranslations } from "next-intl";
import { Table } from "@/components/Table.tsx";
import { Tag } from "@/components/Tag.tsx";
import type { SchemaField } from "@/lib/schema.ts";
import type { Row } from "@/lib/series.ts";
import { formatClock } from "@/lib/time.ts";
import { formatCell } from "./reading.ts";
import { useMisfitWords } from "./useMisfitWords.ts";

const SHOWN = 25;
/** More columns than these go to the raw view. */
const COLUMNS = 10;

export function MessageTable({ rows, fields }: { rows: Row[]; fields: SchemaField[] }) {
  const t = useTranslations("live");
  const words = useMisfitWords();
  const columns = fields.slice(0, COLUMNS);
  if (rows.length === 0) return <p className="sheet p-4 text-soft">{t("noneYet")}</p>;
  const head = [
    t("time"),
    t("device"),
    ...(columns.length > 0
      ? columns.map((field) => (field.unit ? `${field.title} (${field.unit})` : field.title))
      : [t("payload")]),
  ];
  return (
    <Table label={t("latest")} head={head}>
      {rows.slice(0, SHOWN).map((row) => (
        <tr key={row.key} className="figure whitespace-nowrap">
          <td>{formatClock(row.timeMs)}</td>
          <td>{row.device}</td>
          {row.misfit ? (
            <td colSpan={head.length - 2}>
              <Tag tone="amber">{words(row)}</Tag>{" "}
              <span className="font-mono text-xs">{row.text.slice(0, 200)}</span>
            </td>
          ) : columns.length > 0 && row.json ? (
            columns.map((field) => <td key={field.name}>{formatCell(row.json?.[field.name])}</td>)
          ) : (
            <td colSpan={head.length - 2} className="font-mono text-xs">
              {row.text.slice(0, 200)}
            </td>
          )}
        </tr>
      ))}
    </Table>
  );
}
