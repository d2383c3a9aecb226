"use client";

import { useTranslations } from "next-intl";
import { Table } from "@/components/Table.tsx";
import type { SchemaField } from "@/lib/schema.ts";

export function SchemaTable({ fields, timeField }: { fields: SchemaField[]; timeField: string | undefined }) {
  const t = useTranslations("listing");
  if (fields.length === 0) return <p className="sheet p-4 text-soft">{t("noSchema")}</p>;
  return (
    <Table label={t("schema")} head={[t("field"), t("meaning"), t("type"), t("unit")]}>
      {fields.map((field) => (
        <tr key={field.name}>
          <th scope="row" className="font-mono text-xs font-normal">
            {field.name}
          </th>
          <td>
            {field.title}
            {field.name === timeField ? ` (${t("timeField")})` : ""}
          </td>
          <td>{t(`types.${field.type}`)}</td>
          <td>{field.unit || t("noUnit")}</td>
        </tr>
      ))}
    </Table>
  );
}
