"use client";

import { useEffect } from "react";
import { LOCAL_CHAIN_ID, type WeirConfig } from "@/lib/config.ts";
import { adoptInstance } from "@/lib/localState.ts";
import { chainInstance, RpcUnreachable } from "@/lib/rpc.ts";
import { useConfigState } from "./ConfigProvider.tsx";

/** A restarted local chain reuses addresses and ids; a tab that stayed open must notice within a few seconds. */
const CHECK_EVERY_MS = 5_000;

async function check(config: WeirConfig): Promise<void> {
  const instanceId = await chainInstance(config.rpc);
  if (!instanceId) return;
  // What the page holds in memory belongs to the old chain too: begin again.
  if (await adoptInstance(instanceId)) window.location.reload();
}

export function InstanceGuard() {
  const { config } = useConfigState();
  useEffect(() => {
    if (config?.chainId !== LOCAL_CHAIN_ID) return;
    let ended = false;
    let timer: ReturnType<typeof setTimeout>;
    const run = async () => {
      try {
        await check(config);
      } catch (cause) {
        // An RPC that is away for a moment is shown by whoever needs it; the guard just asks again.
        if (!(cause instanceof RpcUnreachable)) throw cause;
      }
      if (!ended) timer = setTimeout(run, CHECK_EVERY_MS);
    };
    void run();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [config]);
  return null;
}
