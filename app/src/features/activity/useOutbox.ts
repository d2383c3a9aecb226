"use client";

import { useEffect, useMemo, useSyncExternalStore } from "react";
import type { Address } from "viem";
import { LOCAL_CHAIN_ID, type WeirConfig } from "@/lib/config.ts";
import { type Outgoing, onOutboxChange, outboxText, readOutbox, settle } from "@/lib/outbox.ts";
import { outcomeOf } from "@/lib/outcome.ts";

/** The local chain mines on demand; others take seconds. */
const LOCAL_POLL_MS = 500;
const POLL_MS = 4_000;
/** Looks in a row before "replaced" is believed: of the nodes behind one address, one may know a block and another not yet. */
const LOOKS = 3;

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
    const replacedLooks = new Map<string, number>();
    const look = async () => {
      for (const { id, state, hash, nonce } of readOutbox(outboxText(place))) {
        if (state !== "pending" || hash === null) continue;
        const found = await outcomeOf(config.rpc, place.account, { hash, nonce });
        const looks = found.state === "replaced" ? (replacedLooks.get(hash) ?? 0) + 1 : 0;
        replacedLooks.set(hash, looks);
        const believed = looks > 0 && looks < LOOKS ? { nonce: found.nonce } : found;
        const news = believed.state !== undefined || believed.nonce !== nonce;
        if (news && !ended) settle(place, id, hash, believed);
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
