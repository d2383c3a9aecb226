"use client";

import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useEffect, useRef } from "react";
import { useConnection } from "wagmi";
import { Button } from "@/components/Button.tsx";
import { Dialog } from "@/components/Dialog.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { askConnect } from "@/features/wallet/askConnect.ts";
import { KeyBackup } from "@/features/wallet/KeyBackup.tsx";
import { WrongChain } from "@/features/wallet/WrongChain.tsx";
import type { ListingDetail } from "@/lib/indexer.ts";
import { BuyForm } from "./BuyForm.tsx";
import { BuyProgress } from "./BuyProgress.tsx";
import { useBuy } from "./useBuy.ts";

export function BuyDialog({ listing, onClose }: { listing: ListingDetail; onClose: () => void }) {
  const t = useTranslations("buy");
  const router = useRouter();
  const config = useWeirConfig();
  const { address, chainId } = useConnection();
  const { state, run, reset, backupRequest } = useBuy(listing);
  const last = useRef<[number, bigint]>(undefined);
  const busy = state.stage !== undefined && !state.error;
  useEffect(() => router.prefetch("/live"), [router]);
  useEffect(() => state.session?.hold(), [state.session]);
  useEffect(() => {
    if (state.done) router.push(`/live?id=${listing.id}&grant=${state.grantId}`);
  }, [state.done, state.grantId, listing.id, router]);

  const start = (plan: number, amount: bigint) => {
    last.current = [plan, amount];
    void run(plan, amount);
  };
  const again = () => last.current && void run(...last.current);

  return (
    <Dialog open locked={busy} onClose={onClose} title={t("title")} description={listing.title}>
      {state.stage ? (
        <BuyProgress listing={listing} state={state} onRetry={again} onBack={reset} />
      ) : address && chainId !== config.chainId ? (
        <WrongChain />
      ) : (
        <BuyForm
          listing={listing}
          onBuy={start}
          action={
            address
              ? undefined
              : () => (
                  <Button tone="primary" onClick={askConnect} className="text-lg">
                    {t("connectFirst")}
                  </Button>
                )
          }
        />
      )}
      <KeyBackup request={backupRequest} />
    </Dialog>
  );
}
