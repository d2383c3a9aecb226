"use client";

import { pull } from "@weir/sdk/chain";
import { useTranslations } from "next-intl";
import { Copy } from "@/components/Copy.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { tokenOf } from "@/lib/config.ts";
import { formatAmount } from "@/lib/money.ts";
import { ActButton } from "../ActButton.tsx";
import { useAct } from "../useAct.ts";
import type { HubDetail } from "../useHub.ts";
import { type Owed as OwedItem, useOwed } from "./useEarnings.ts";

/** What waits in the escrows. Whoever sends it, it goes to the payout address. */
export function Owed({ hub }: { hub: HubDetail }) {
  const t = useTranslations("sell.earnings");
  const owed = useOwed(hub);
  const waiting = (owed.data ?? []).filter(({ amount }) => amount > 0n);
  return (
    <div className="sheet grid gap-3 p-5">
      <div className="flex flex-wrap items-baseline justify-between gap-2">
        <h3 className="text-base">{t("claimable")}</h3>
        <span className="text-sm text-soft">
          {t("goesTo")} <Copy value={hub.payout} label={t("goesTo")} />
        </span>
      </div>
      {waiting.length === 0 ? (
        <p className="text-sm text-soft">{t("nothingWaits")}</p>
      ) : (
        <ul className="grid gap-3">
          {waiting.map((item) => (
            <Pot key={`${item.escrow}.${item.token}`} item={item} hub={hub} />
          ))}
        </ul>
      )}
    </div>
  );
}

function Pot({ item, hub }: { item: OwedItem; hub: HubDetail }) {
  const t = useTranslations("sell.earnings");
  const token = tokenOf(useWeirConfig(), item.token);
  const withdraw = useAct(({ client, contracts }) =>
    pull(client, { contracts, escrow: item.escrow, holder: hub.payout, token: item.token }),
  );
  return (
    <li className="flex flex-wrap items-center justify-between gap-3 border-t border-line pt-3">
      <span className="figure text-lg font-semibold">
        {formatAmount(item.amount, token.decimals)} {token.symbol}
        <span className="ml-2 text-sm font-normal text-soft">{t(`escrow.${item.escrow}`)}</span>
      </span>
      <ActButton
        tone="primary"
        run={() => withdraw.mutate()}
        pending={withdraw.isPending}
        error={withdraw.error}
      >
        {t("withdraw")}
      </ActButton>
    </li>
  );
}
