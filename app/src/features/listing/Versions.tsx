"use client";

import { useTranslations } from "next-intl";
import { Copy } from "@/components/Copy.tsx";
import { Table } from "@/components/Table.tsx";
import type { VersionItem } from "@/lib/indexer.ts";
import { formatMoment } from "@/lib/time.ts";

export function Versions({ versions, current }: { versions: VersionItem[]; current: number }) {
  const t = useTranslations("listing");
  return (
    <Table label={t("versions")} head={[t("version"), t("since"), t("termsHash"), t("transaction")]}>
      {versions.map((version) => (
        <tr key={version.version}>
          <th scope="row" className="figure font-semibold">
            {version.version}
            {version.version === current ? ` (${t("current")})` : ""}
          </th>
          <td className="whitespace-nowrap">{formatMoment(version.createdAt * 1_000)}</td>
          <td>
            <Copy value={version.termsHash} label={t("termsHash")} />
          </td>
          <td>
            <Copy value={version.transactionHash} label={t("transaction")} />
          </td>
        </tr>
      ))}
    </Table>
  );
}
