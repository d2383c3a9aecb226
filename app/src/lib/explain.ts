"use client";

import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import type messages from "@/messages/en.json";

export interface Explained {
  name: string;
  sentence: string;
  advice: string;
}

/** Errors of the app itself; all others (contract, relay, wallet) are explained by the SDK's table. */
type OwnError = keyof typeof messages.errors.own;

const OWN: Record<OwnError, true> = {
  ConfigUnreachable: true,
  IndexerUnreachable: true,
  IndexerRefused: true,
  RpcUnreachable: true,
  RelaysUnreachable: true,
  AmountNotReadable: true,
  DepositTooSmall: true,
  BalanceTooLow: true,
  FirstMessageLate: true,
  WrongKeys: true,
  BackupNotReadable: true,
  ListingNotForSale: true,
  ListingRevised: true,
  OpenElsewhere: true,
  GatewayUnreachable: true,
  GatewayRefused: true,
  PaidAlone: true,
};

const isOwn = (name: string): name is OwnError => Object.hasOwn(OWN, name);

/** The SDK's table is loaded when the first error needs it, so that pages without errors do not carry it. */
export function useExplained(error: unknown): Explained | undefined {
  const t = useTranslations("errors.own");
  const fallback = useTranslations("errors")("reload");
  const name = error instanceof Error ? error.name : "";
  const [foreign, setForeign] = useState<{ of: unknown; words: Explained }>();
  useEffect(() => {
    if (error === undefined || error === null || isOwn(name)) return;
    let gone = false;
    const show = (words: Explained) => {
      if (!gone) setForeign({ of: error, words });
    };
    // The table comes over the network too. When even that fails, the error's own words are better than none.
    const bare = { name, sentence: error instanceof Error ? error.message : String(error), advice: fallback };
    import("./weir.ts").then(({ explain }) => explain(error)).then(show, () => show(bare));
    return () => {
      gone = true;
    };
  }, [error, name, fallback]);
  if (error === undefined || error === null) return undefined;
  if (isOwn(name)) return { name, sentence: t(`${name}.sentence`), advice: t(`${name}.advice`) };
  return foreign?.of === error ? foreign?.words : undefined;
}
