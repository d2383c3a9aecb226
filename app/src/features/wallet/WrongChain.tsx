"use client";

import { useTranslations } from "next-intl";
import { useSwitchChain } from "wagmi";
import { Button } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";

/** Switches the wallet; one that does not know the chain is offered it with everything filled in. */
export function WrongChain() {
  const t = useTranslations("wallet");
  const config = useWeirConfig();
  const change = useSwitchChain();
  return (
    <div className="mb-4 grid gap-3 rounded-md border-l-4 border-amber bg-amber-wash p-4">
      <p>{t("wrongChainWhy", { id: String(config.chainId), rpc: config.rpc })}</p>
      <div>
        <Button
          tone="primary"
          disabled={change.isPending}
          onClick={() => change.mutate({ chainId: config.chainId })}
        >
          {change.isPending ? t("confirmInWallet") : t("switchChain")}
        </Button>
      </div>
      <ErrorNotice error={change.error ?? undefined} />
    </div>
  );
}
