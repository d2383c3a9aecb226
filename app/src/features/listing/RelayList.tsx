"use client";

import { useTranslations } from "next-intl";
import { Copy } from "@/components/Copy.tsx";
import { Table } from "@/components/Table.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import type { ListingDetail } from "@/lib/indexer.ts";

/** The relays a listing names, and whether this installation knows how to reach them. */
export function RelayList({ listing }: { listing: ListingDetail }) {
  const t = useTranslations("listing");
  const { relays } = useWeirConfig();
  return (
    <Table label={t("relays")} head={[t("operator"), t("peer"), t("reach")]}>
      {listing.relays.map((operator) => {
        const known = relays.find((relay) => relay.operator.toLowerCase() === operator.toLowerCase());
        return (
          <tr key={operator}>
            <td>
              <Copy value={operator} label={t("operator")} />
            </td>
            <td>{known ? <Copy value={known.peerId} label={t("peer")} /> : "–"}</td>
            <td>{known ? t("reachable") : t("notConfigured")}</td>
          </tr>
        );
      })}
    </Table>
  );
}
