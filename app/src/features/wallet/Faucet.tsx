"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { Address } from "viem";
import { useConfig } from "wagmi";
import { Button } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { sendTestMoney } from "@/lib/faucet.ts";
import { publicClientOf } from "@/lib/wagmi.ts";

/** On the local chain only: nobody should need to import a key to try the market. */
export function Faucet({ account }: { account: Address }) {
  const t = useTranslations("wallet");
  const config = useWeirConfig();
  const wagmi = useConfig();
  const queries = useQueryClient();
  const send = useMutation({
    mutationFn: () => sendTestMoney(config, publicClientOf(wagmi, config), account),
    onSuccess: () => queries.invalidateQueries(),
  });
  if (!config.faucet || !config.faucetKey) return null;
  return (
    <>
      <Button disabled={send.isPending} onClick={() => send.mutate()}>
        {send.isPending ? t("faucetBusy") : t("faucet")}
      </Button>
      {send.isSuccess ? (
        <p role="status" className="w-full text-sm">
          {t("faucetDone")}
        </p>
      ) : null}
      <ErrorNotice error={send.error ?? undefined} />
    </>
  );
}
