"use client";

import { useTranslations } from "next-intl";
import { useConnection } from "wagmi";
import { Dialog } from "@/components/Dialog.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { AccountPanel } from "./AccountPanel.tsx";
import { WalletList } from "./WalletList.tsx";
import { WrongChain } from "./WrongChain.tsx";

export function ConnectDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useTranslations("wallet");
  const config = useWeirConfig();
  const { isConnected, chainId } = useConnection();
  const wrong = isConnected && chainId !== config.chainId;
  const title = wrong ? t("wrongChain") : isConnected ? t("yourAccount") : t("connect");
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={title}
      description={isConnected ? undefined : t("connectWhy")}
    >
      {wrong ? <WrongChain /> : null}
      {isConnected ? <AccountPanel onDone={onClose} /> : <WalletList onDone={onClose} />}
    </Dialog>
  );
}
