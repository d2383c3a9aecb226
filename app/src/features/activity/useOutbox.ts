"use client";

import { useEffect, useMemo, useSyncExternalStore } from "react";
import type { Address, Hex } from "viem";
import { LOCAL_CHAIN_ID, type WeirConfig } from "@/lib/config.ts";
import { changeEntry, type Outgoing, onOutboxChange, outboxText, readOutbox } from "@/lib/outbox.ts";
import { RpcUnreachable, rpcCall } from "@/lib/rpc.ts";

/** The local chain mines on demand; others take seconds. */
const LOCAL_POLL_MS = 500;
const POLL_MS = 4_000;

/** What this browser sent for an account, newest first, each followed until it is mined. */
export function useOutbox(config: WeirConfig, account: Address): Outgoing[] {
  const place = useMemo(() => ({ chainId: config.chainId, account }), [config.chainId, account]);
  const text = useSyncExternalStore(
    onOutboxChange,
    () => outboxText(place),
    () => "[]",
  );
  const entries = useMemo(() => readOutbox(text), [text]);
  const waiting = entries.some(({ state, hash }) => state === "pending" && hash !== null);

  useEffect(() => {
    if (!waiting) return;
    let ended = false;
    let timer: ReturnType<typeof setTimeout>;
    const look = async () => {
      for (const { id, state, hash } of readOutbox(outboxText(place))) {
        if (state !== "pending" || hash === null) continue;
        const outcome = await outcomeOf(config.rpc, hash);
        if (outcome && !ended) changeEntry(place, id, { state: outcome });
      }
      const every = config.chainId === LOCAL_CHAIN_ID ? LOCAL_POLL_MS : POLL_MS;
      if (!ended) timer = setTimeout(look, every);
    };
    void look();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [waiting, place, config.rpc, config.chainId]);
  return entries;
}

/** Undefined while nobody knows: not mined, or the chain cannot be asked, which whoever needs it says. */
async function outcomeOf(rpc: string, hash: Hex): Promise<"mined" | "failed" | undefined> {
  try {
    const receipt = (await rpcCall(rpc, "eth_getTransactionReceipt", [hash])) as { status?: string } | null;
    if (!receipt) return undefined;
    return receipt.status === "0x1" ? "mined" : "failed";
  } catch (cause) {
    if (cause instanceof RpcUnreachable) return undefined;
    throw cause;
  }
}
