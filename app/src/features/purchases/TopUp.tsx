"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { type FormEvent, useId, useState } from "react";
import { Button } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { useTokenFacts } from "@/features/buy/useTokenFacts.ts";
import { WayChoice } from "@/features/buy/WayChoice.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { tokenOf } from "@/lib/config.ts";
import type { PurchaseItem } from "@/lib/indexer.ts";
import { AmountNotReadable, formatAmount, parseAmount } from "@/lib/money.ts";
import { type Way, waysToPay } from "@/lib/payWays.ts";
import { formatMoment } from "@/lib/time.ts";
import { TOP_UP_WAYS } from "@/lib/topUp.ts";
import { firstTopUp, paidIn } from "./state.ts";
import { useTopUp } from "./useTopUp.ts";

function readAmount(text: string, decimals: number): bigint | undefined {
  try {
    const amount = parseAmount(text, decimals);
    return amount > 0n ? amount : undefined;
  } catch (cause) {
    if (cause instanceof AmountNotReadable) return undefined;
    throw cause;
  }
}

/** More money for a running purchase, in place. `open`: the person needs it now, so nothing is folded away. */
export function TopUp({
  purchase,
  most,
  open = false,
  onDone,
}: {
  purchase: PurchaseItem;
  /** Of a subscription, what pays to the end of the access: more would buy nothing. undefined: it has no end. */
  most?: bigint | undefined;
  open?: boolean;
  onDone?: () => Promise<void>;
}) {
  const t = useTranslations("topUp");
  const id = useId();
  const config = useWeirConfig();
  const token = tokenOf(config, paidIn(purchase));
  const escrow = purchase.channel ? config.contracts.Channels : config.contracts.Subscriptions;
  const facts = useTokenFacts(paidIn(purchase), escrow);
  const topUp = useTopUp(purchase);
  const [asked, setAsked] = useState(open);
  const [text, setText] = useState(() =>
    formatAmount(firstTopUp(purchase, most), token.decimals).replaceAll(",", ""),
  );
  const [wanted, setWanted] = useState<Way>();
  const readable = readAmount(text, token.decimals);
  const tooMuch = readable !== undefined && most !== undefined && readable > most;
  const amount = tooMuch ? undefined : readable;
  const ways =
    amount === undefined
      ? []
      : waysToPay(paidIn(purchase), amount, facts.data).filter((way) => TOP_UP_WAYS.includes(way));
  const way = wanted && ways.includes(wanted) ? wanted : ways[0];
  if (most === 0n)
    return (
      <p className="w-full text-sm text-soft">
        {t("full")}{" "}
        <Link href={`/listing?id=${purchase.listingId}`} className="underline underline-offset-4">
          {t("buyAnew")}
        </Link>
      </p>
    );
  if (!asked) return <Button onClick={() => setAsked(true)}>{t("open")}</Button>;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (amount !== undefined && way) topUp.mutate({ amount, way }, { onSuccess: () => void onDone?.() });
  };
  const note = () => {
    if (readable === undefined) return t("notReadable");
    if (purchase.channel) return t("channelNote");
    if (most === undefined) return t("subscriptionNote");
    return t(tooMuch ? "tooMuch" : "limitedNote", {
      at: formatMoment(Number(purchase.notAfter) * 1_000),
      most: `${formatAmount(most, token.decimals)} ${token.symbol}`,
    });
  };
  return (
    <form onSubmit={submit} className="grid w-full gap-3 rounded-md bg-sunk p-4" aria-label={t("title")}>
      <label htmlFor={id} className="font-semibold">
        {t("amount", { token: token.symbol })}
      </label>
      <input
        id={id}
        inputMode="decimal"
        autoComplete="off"
        value={text}
        maxLength={60}
        onChange={(event) => setText(event.target.value)}
        aria-invalid={amount === undefined}
        aria-describedby={`${id}-note`}
        className="figure min-h-[var(--tap)] w-full min-w-0 rounded-md border border-line-strong bg-paper px-3.5 aria-invalid:border-mark"
      />
      <p id={`${id}-note`} className={`text-sm ${amount === undefined ? "text-mark" : "text-soft"}`}>
        {note()}
      </p>
      {way && ways.length > 1 ? <WayChoice ways={ways} value={way} onChange={setWanted} /> : null}
      <div>
        <Button type="submit" tone="primary" disabled={topUp.isPending || !way}>
          {topUp.isPending ? t(`steps.${topUp.step}`) : t("now")}
        </Button>
      </div>
      {topUp.isSuccess ? <p role="status">{t("done")}</p> : null}
      <ErrorNotice error={topUp.error ?? undefined} />
    </form>
  );
}
