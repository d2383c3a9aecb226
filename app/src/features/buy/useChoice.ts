"use client";

import { useState } from "react";
import { isMetered, meteredPrice } from "@/features/listing/plans.ts";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { tokenOf } from "@/lib/config.ts";
import type { ListingDetail } from "@/lib/indexer.ts";
import { formatAmount } from "@/lib/money.ts";
import { transactionsOf, type Way, waysToPay } from "@/lib/payWays.ts";
import { parseTerms } from "@/lib/terms.ts";
import { defaultDeposit, mostPeriods, readDeposit, readPeriods, timedAmount } from "./deposit.ts";
import { useTokenFacts } from "./useTokenFacts.ts";

/** What the person decided. `amount` in the smallest token unit. */
export interface Choice {
  /** Of the listing: nothing but what was shown is bought. */
  version: number;
  planIndex: number;
  amount: bigint;
  way: Way;
  /** The wallet is asked for two transactions. */
  twoSteps: boolean;
}

/** The buy form's state: plan, amount or length, way of paying; and what they come to. */
export function useChoice(listing: ListingDetail) {
  const config = useWeirConfig();
  const token = tokenOf(config, listing.token);
  const { plans } = listing;
  const [index, setIndex] = useState(plans[0]?.index ?? 0);
  const [text, setText] = useState<string>();
  const [wanted, setWanted] = useState<Way>();
  const facts = useTokenFacts(listing.token, config.contracts.Grants);
  const plan = plans.find((item) => item.index === index);
  const terms = parseTerms(listing.terms).plans[index];
  const price = plan && isMetered(plan) ? meteredPrice(plan) : undefined;
  const shown =
    text ?? (price ? formatAmount(defaultDeposit(price), token.decimals).replaceAll(",", "") : "1");
  const now = Math.floor(Date.now() / 1_000);
  const deposit = price ? readDeposit(shown, token.decimals, price) : undefined;
  const most = terms && plan?.kind === "period" ? mostPeriods(terms) : 0;
  const periods = plan?.kind === "period" ? readPeriods(shown, most) : undefined;
  const amount = price ? deposit?.amount : timedAmount(terms, periods, now);
  const ways = amount === undefined ? [] : waysToPay(listing.token, amount, facts.data);
  const way = wanted && ways.includes(wanted) ? wanted : ways[0];
  return {
    token,
    plan,
    terms,
    price,
    shown,
    deposit,
    most,
    periods,
    amount,
    ways,
    way,
    facts,
    setText,
    setWay: setWanted,
    setPlan: (next: number) => {
      setIndex(next);
      setText(undefined);
      setWanted(undefined);
    },
    choice:
      amount === undefined || way === undefined
        ? undefined
        : {
            ...{ version: listing.version, planIndex: index, amount, way },
            twoSteps: transactionsOf(way, amount, facts.data) === 2,
          },
  };
}
