"use client";

import { useCallback, useState } from "react";
import { useConfig, useConnection } from "wagmi";
import { signMessage } from "wagmi/actions";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { accountSecret } from "@/lib/accountSecret.ts";

/** A pending question to the person: make or restore a backup of random keys. */
export interface BackupRequest {
  resolve: (secret: Uint8Array) => void;
  reject: (error: Error) => void;
}

/** Gives the account's secret, asking the wallet when it is not known yet. Render <KeyBackup request> beside it. */
export function useAccountSecret() {
  const config = useWeirConfig();
  const wagmi = useConfig();
  const { address } = useConnection();
  const [request, setRequest] = useState<BackupRequest>();
  const get = useCallback(
    async (onRound?: (round: 1 | 2) => void): Promise<Uint8Array> => {
      if (!address) throw new Error("no account is connected");
      return accountSecret({
        config,
        account: address,
        sign: (message, round) => {
          onRound?.(round);
          return signMessage(wagmi, { message, account: address });
        },
        askForBackup: () =>
          new Promise<Uint8Array>((resolve, reject) => setRequest({ resolve, reject })).finally(() =>
            setRequest(undefined),
          ),
      });
    },
    [address, config, wagmi],
  );
  return { getSecret: get, backupRequest: request };
}
