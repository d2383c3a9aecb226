"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { Tabs } from "radix-ui";
import { useState } from "react";
import { buttonClass } from "@/components/Button.tsx";
import { Copy } from "@/components/Copy.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { Section } from "@/components/Section.tsx";
import { TopUp } from "@/features/purchases/TopUp.tsx";
import type { ListingDetail } from "@/lib/indexer.ts";
import { fieldsOf } from "@/lib/schema.ts";
import { Charts } from "./Charts.tsx";
import { DevicePicker } from "./DevicePicker.tsx";
import { ExportPanel } from "./ExportPanel.tsx";
import { MessageTable } from "./MessageTable.tsx";
import { MeterPanel } from "./MeterPanel.tsx";
import { Misfits } from "./Misfits.tsx";
import { RawView } from "./RawView.tsx";
import { StateBar } from "./StateBar.tsx";
import { StopPanel } from "./StopPanel.tsx";
import type { FeedSession } from "./session.ts";
import { useSnapshot } from "./useSession.ts";

const TAB =
  "min-h-11 border-b-2 border-transparent px-1 font-semibold text-soft hover:text-ink data-[state=active]:border-water data-[state=active]:text-ink";

export function LiveView({
  listing,
  session,
  stopAtOnce,
  onRetry,
}: {
  listing: ListingDetail;
  session: FeedSession;
  stopAtOnce: boolean;
  onRetry: () => void;
}) {
  const t = useTranslations("live");
  const snapshot = useSnapshot(session);
  const { buffer } = snapshot;
  const [picked, setPicked] = useState<string>();
  const device = picked ?? buffer.devices[0] ?? "";
  const declared = fieldsOf(listing.metadata);
  const fields = declared.length > 0 ? declared : snapshot.numeric;
  return (
    <>
      <header className="border-b border-line bg-surface">
        <div className="page grid gap-2 py-6">
          <nav aria-label={t("breadcrumb")} className="text-sm">
            <Link
              href={`/listing?id=${listing.id}`}
              className="underline underline-offset-4 hover:text-water"
            >
              {t("toListing")}
            </Link>
          </nav>
          <h1 className="text-2xl">{listing.title}</h1>
          <StateBar state={snapshot.state} ended={snapshot.ending !== undefined} />
          {snapshot.relay ? (
            <p className="flex flex-wrap items-center gap-x-2 text-sm text-soft" data-relay={snapshot.relay}>
              {t(snapshot.moved ? "movedRelay" : "carriedBy")}{" "}
              <Copy value={snapshot.relay} label={t("relay")} />
            </p>
          ) : null}
        </div>
      </header>
      <div className="page mt-6 grid items-start gap-8 lg:grid-cols-[minmax(0,1fr)_minmax(19rem,24rem)]">
        <div className="grid gap-5 lg:sticky lg:top-20 lg:order-2">
          {snapshot.error ? (
            <>
              <ErrorNotice error={snapshot.error} onRetry={onRetry} />
              <Link href="/purchases" className={buttonClass("plain")}>
                {t("toPurchases")}
              </Link>
            </>
          ) : (
            <>
              <MeterPanel session={session} snapshot={snapshot} />
              {session.purchase.channel && snapshot.state.status === "out-of-money" ? (
                <TopUp purchase={session.purchase} open onDone={() => session.refresh()} />
              ) : null}
              <ExportPanel session={session} snapshot={snapshot} fields={fields} />
              {session.purchase.channel ? (
                <StopPanel session={session} snapshot={snapshot} atOnce={stopAtOnce} />
              ) : null}
            </>
          )}
        </div>
        <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-8 lg:order-1">
          <Section title={t("charts")} note={t("chartsNote")}>
            <DevicePicker devices={buffer.devices} value={device} onChange={setPicked} />
            <Charts fields={snapshot.numeric} buffer={buffer} device={device} tick={snapshot.tick} />
          </Section>
          <Misfits buffer={buffer} />
          <Tabs.Root defaultValue="table">
            <Tabs.List aria-label={t("messages")} className="mb-3 flex gap-5 border-b border-line">
              <Tabs.Trigger value="table" className={TAB}>
                {t("latest")}
              </Tabs.Trigger>
              <Tabs.Trigger value="raw" className={TAB}>
                {t("raw")}
              </Tabs.Trigger>
            </Tabs.List>
            <Tabs.Content value="table">
              <MessageTable rows={buffer.rows} fields={fields} />
            </Tabs.Content>
            <Tabs.Content value="raw">
              <RawView rows={buffer.rows} />
            </Tabs.Content>
          </Tabs.Root>
        </div>
      </div>
    </>
  );
}
