"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import { useConfig, useConnection } from "wagmi";
import { signMessage } from "wagmi/actions";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { accountSecret } from "@/lib/accountSecret.ts";

/** A pending question to the person: make or restore a backup of random keys. */
export interface BackupRequest {
  /** Which change of keys they are for; 0: the account's first. */
  rotation: number;
  resolve: (secret: Uint8Array) => void;
  reject: (error: Error) => void;
}

/** Gives the account's secrets, asking the wallet for one that is not known yet. Render <KeyBackup request> beside it. */
export function useAccountSecret() {
  const config = useWeirConfig();
  const wagmi = useConfig();
  const { address } = useConnection();
  const [request, setRequest] = useState<BackupRequest>();
  const isShown = useRef(false);
  useEffect(() => {
    isShown.current = true;
    return () => {
      isShown.current = false;
    };
  }, []);
  const get = useCallback(
    async (rotation = 0, onRound?: (round: 1 | 2) => void): Promise<Uint8Array> => {
      if (!address) throw new Error("no account is connected");
      return accountSecret({
        config,
        account: address,
        rotation,
        sign: (message, round) => {
          onRound?.(round);
          return signMessage(wagmi, { message, account: address });
        },
        askForBackup: () => {
          // A feed may ask long after the dialog that opened it: nobody would see the question.
          if (!isShown.current) throw new Error("the keys are asked for where nobody can be asked");
          return new Promise<Uint8Array>((resolve, reject) =>
            setRequest({ rotation, resolve, reject }),
          ).finally(() => setRequest(undefined));
        },
      });
    },
    [address, config, wagmi],
  );
  return { getSecret: get, backupRequest: request };
}
