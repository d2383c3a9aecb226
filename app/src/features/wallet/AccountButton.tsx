"use client";

import { useTranslations } from "next-intl";
import { useConnection } from "wagmi";
import { Button } from "@/components/Button.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { ConnectLabel } from "./ConnectLabel.tsx";

const shortAddress = (address: string): string => `${address.slice(0, 6)}…${address.slice(-4)}`;

export function AccountButton({ onOpen }: { onOpen: () => void }) {
  const t = useTranslations("wallet");
  const config = useWeirConfig();
  const { address, chainId, status } = useConnection();
  if (status === "reconnecting" || status === "connecting")
    return (
      <Button onClick={onOpen} aria-busy="true">
        {t("connecting")}
      </Button>
    );
  if (!address)
    return (
      <Button className="px-3 sm:px-4" onClick={onOpen}>
        <ConnectLabel />
      </Button>
    );
  if (chainId !== config.chainId)
    return (
      <Button tone="mark" onClick={onOpen}>
        {t("wrongChain")}
      </Button>
    );
  return (
    <Button onClick={onOpen} title={address} className="relative px-2.5 font-mono text-xs sm:px-4">
      <span className="sr">{t("yourAccount")} </span>
      <span className="max-sm:hidden">{shortAddress(address)}</span>
      <span className="sm:hidden">…{address.slice(-4)}</span>
    </Button>
  );
}
