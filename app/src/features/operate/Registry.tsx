"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { Copy } from "@/components/Copy.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { Section } from "@/components/Section.tsx";
import { Skeleton } from "@/components/Skeleton.tsx";
import { Table } from "@/components/Table.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { indexerGet, type Page } from "@/lib/indexer.ts";
import type { RelayItem } from "./useRelay.ts";

const EVERY_MS = 5_000;

/** What sellers choose from: the relays on the list, newest first. Needs no wallet. */
export function Registry() {
  const t = useTranslations("operate");
  const { indexers } = useWeirConfig();
  const list = useQuery({
    queryKey: ["registry"],
    refetchInterval: EVERY_MS,
    queryFn: ({ signal }) => indexerGet<Page<RelayItem>>(indexers, "/v1/relays?limit=100", signal),
  });
  return (
    <Section title={t("registry")} note={t("registryNote")}>
      {list.error && !list.data ? (
        <ErrorNotice error={list.error} onRetry={() => void list.refetch()} />
      ) : !list.data ? (
        <Skeleton className="h-32" />
      ) : list.data.items.length === 0 ? (
        <p className="rounded-md bg-sunk p-4 text-sm text-soft">{t("registryEmpty")}</p>
      ) : (
        <Table
          label={t("registry")}
          head={[t("operator"), t("region"), t("fee"), t("listings"), t("endpoints")]}
        >
          {list.data.items.map((relay) => (
            <tr key={relay.operator} data-operator={relay.operator}>
              <td>
                <Copy value={relay.operator} label={t("operator")} />
              </td>
              <td>{relay.region || t("none")}</td>
              <td className="figure">{t("percent", { percent: relay.feeBps / 100 })}</td>
              <td className="figure">{relay.listings.length}</td>
              <td className="min-w-56 break-all font-mono text-xs">{relay.endpoints[0]}</td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}
