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
import { addToCart } from "@/lib/cart.ts";
import type { ListingDetail } from "@/lib/indexer.ts";
import type { Approval } from "@/lib/weir.ts";
import { BuyForm } from "./BuyForm.tsx";
import { BuyProgress } from "./BuyProgress.tsx";
import { useBuy } from "./useBuy.ts";
import type { Choice } from "./useChoice.ts";

export function BuyDialog({
  listing,
  approval,
  onClose,
}: {
  listing: ListingDetail;
  /** Of a restricted listing's seller. */
  approval?: Approval | undefined;
  onClose: () => void;
}) {
  const t = useTranslations("buy");
  const router = useRouter();
  const config = useWeirConfig();
  const { address, chainId } = useConnection();
  const { state, run, reset, backupRequest } = useBuy(listing, approval);
  const last = useRef<Choice>(undefined);
  const busy = state.stage !== undefined && !state.error;
  useEffect(() => router.prefetch("/live"), [router]);
  useEffect(() => state.session?.hold(), [state.session]);
  useEffect(() => {
    if (state.done) router.push(`/live?id=${listing.id}&grant=${state.grantId}`);
  }, [state.done, state.grantId, listing.id, router]);

  const start = (choice: Choice) => {
    last.current = choice;
    void run(choice);
  };
  const again = () => last.current && void run(last.current);
  const keep = (choice: Pick<Choice, "planIndex" | "amount">) => {
    addToCart(listing, choice);
    onClose();
  };

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
          onCart={approval ? undefined : keep}
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
