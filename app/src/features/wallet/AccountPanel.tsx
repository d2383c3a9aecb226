"use client";

import { useTranslations } from "next-intl";
import { useBalance, useConnection, useDisconnect } from "wagmi";
import { Button } from "@/components/Button.tsx";
import { Copy } from "@/components/Copy.tsx";
import { Stat } from "@/components/Stat.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { formatShort } from "@/lib/money.ts";
import { Faucet } from "./Faucet.tsx";

export function AccountPanel({ onDone }: { onDone: () => void }) {
  const t = useTranslations("wallet");
  const { chainId } = useWeirConfig();
  const { address, connector } = useConnection();
  const balance = useBalance({ address, chainId });
  const disconnect = useDisconnect();
  if (!address) return null;
  return (
    <div className="grid gap-5">
      <dl className="grid gap-4 sm:grid-cols-2">
        <Stat label={t("address")}>
          <Copy value={address} label={t("address")} />
        </Stat>
        <Stat label={t("balance")}>
          {balance.data
            ? `${formatShort(balance.data.value, balance.data.decimals)} ${balance.data.symbol}`
            : "…"}
        </Stat>
        <Stat label={t("wallet")}>
          {connector?.type === "testWallet" ? t("testWallet") : (connector?.name ?? "")}
        </Stat>
      </dl>
      <div className="flex flex-wrap gap-3">
        <Faucet account={address} />
        <Button onClick={() => disconnect.mutate({}, { onSuccess: onDone })}>{t("disconnect")}</Button>
      </div>
    </div>
  );
}
