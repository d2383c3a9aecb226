"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { useConnection } from "wagmi";
import { Button, buttonClass } from "@/components/Button.tsx";
import { Dialog } from "@/components/Dialog.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { askConnect } from "@/features/wallet/askConnect.ts";
import { KeyBackup } from "@/features/wallet/KeyBackup.tsx";
import { WithWallet } from "@/features/wallet/WithWallet.tsx";
import { WrongChain } from "@/features/wallet/WrongChain.tsx";
import { type CartItem, removeFromCart, useCart } from "@/lib/cart.ts";
import { tokenOf } from "@/lib/config.ts";
import { formatAmount } from "@/lib/money.ts";
import { type CartOutcome, useCartBuy } from "./useCartBuy.ts";

export default function CartDialog({ onClose }: { onClose: () => void }) {
  return (
    <WithWallet>
      <Cart onClose={onClose} />
    </WithWallet>
  );
}

function useMoney() {
  const config = useWeirConfig();
  return (token: string, amount: bigint): string => {
    const { decimals, symbol } = tokenOf(config, token);
    return `${formatAmount(amount, decimals)} ${symbol}`;
  };
}

/** The sums, one for each token. */
function sums(items: CartItem[]): [token: string, amount: bigint][] {
  const byToken = new Map<string, bigint>();
  for (const { token, amount } of items) byToken.set(token, (byToken.get(token) ?? 0n) + amount);
  return [...byToken].filter(([, amount]) => amount > 0n);
}

function Cart({ onClose }: { onClose: () => void }) {
  const t = useTranslations("cart");
  const config = useWeirConfig();
  const items = useCart();
  const money = useMoney();
  const { address, chainId } = useConnection();
  const buy = useCartBuy();
  const total = sums(items)
    .map(([token, amount]) => money(token, amount))
    .join(" + ");
  return (
    <Dialog open locked={buy.isPending} onClose={onClose} title={t("title")} description={t("why")}>
      {buy.data ? (
        <Outcome outcome={buy.data} onRead={onClose} />
      ) : (
        <div className="grid gap-4">
          <ul className="divide-y divide-line border-y border-line">
            {items.map((item) => (
              <li key={item.listingId} className="flex items-center justify-between gap-3 py-2.5">
                <span className="min-w-0">
                  <span className="block font-semibold">{item.title}</span>
                  <span className="figure block text-sm text-soft">{money(item.token, item.amount)}</span>
                </span>
                <Button disabled={buy.isPending} onClick={() => removeFromCart([item.listingId])}>
                  {t("remove")}
                </Button>
              </li>
            ))}
          </ul>
          {items.length === 0 && !buy.isPending ? <p className="text-soft">{t("empty")}</p> : null}
          {address && chainId !== config.chainId ? <WrongChain /> : null}
          {address ? (
            <Button
              tone="primary"
              className="text-lg"
              disabled={buy.isPending || items.length === 0 || chainId !== config.chainId}
              onClick={() => buy.mutate(items)}
            >
              {buy.isPending ? t(`steps.${buy.step}`) : total ? t("pay", { amount: total }) : t("getFree")}
            </Button>
          ) : (
            <Button tone="primary" onClick={askConnect}>
              {t("connect")}
            </Button>
          )}
          <ErrorNotice error={buy.error ?? undefined} />
        </div>
      )}
      <KeyBackup request={buy.backupRequest} />
    </Dialog>
  );
}

/** Each purchase has its own outcome: what was bought, and what was refused and kept its money. */
function Outcome({ outcome, onRead }: { outcome: CartOutcome; onRead: () => void }) {
  const t = useTranslations("cart");
  return (
    <div className="grid gap-4" role="status">
      <p className="font-semibold">{t("bought", { count: outcome.bought.length })}</p>
      <ul className="grid gap-2">
        {outcome.bought.map(({ listingId, grantId, title }) => (
          <li key={grantId}>
            <Link
              href={`/live?id=${listingId}&grant=${grantId}`}
              onClick={onRead}
              className={buttonClass("plain", "w-full")}
            >
              {t("read", { title })}
            </Link>
          </li>
        ))}
      </ul>
      {outcome.skipped.map(({ title, error }) => (
        <div key={title} className="grid gap-1">
          <p className="font-semibold">{t("skipped", { title })}</p>
          <ErrorNotice error={error} />
        </div>
      ))}
    </div>
  );
}
