"use client";

import { useQuery } from "@tanstack/react-query";
import { EndpointInvalid, type RelayEndpoint, readEndpoint } from "@weir/sdk/client";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { LOCAL_CHAIN_ID, type WeirConfig } from "@/lib/config.ts";
import type { Head } from "@/lib/liveness.ts";
import { REQUEST_TIMEOUT_MS } from "@/lib/timeouts.ts";

/** Dialling costs the relay a handshake each. */
const EVERY_MS = 30_000;

/** What became of one endpoint. `skipped`: pages cannot dial it. `note`: milliseconds, or why not. */
export interface Tried {
  text: string;
  result: "reached" | "failed" | "skipped";
  ms?: number;
  reason?: string;
}

export interface Probe {
  endpoints: Tried[];
  /** The heads that the relay shows, or undefined if nobody could ask it. */
  heads: Head[] | undefined;
}

/** Really dials the declared endpoints, from this browser, and asks the relay which heads it has. */
export function useProbe(endpoints: readonly string[]) {
  const config = useWeirConfig();
  return useQuery({
    queryKey: ["probe", ...endpoints],
    enabled: endpoints.length > 0,
    refetchInterval: EVERY_MS,
    queryFn: () => probe(config, endpoints),
  });
}

async function probe(config: WeirConfig, lines: readonly string[]): Promise<Probe> {
  const read = lines.map((text) => ({ text, endpoint: endpointOf(text) }));
  const valid = read.flatMap(({ endpoint }) => (endpoint ? [endpoint] : []));
  const [dialled, heads] = await Promise.all([dialAll(config, valid), askHeads(valid)]);
  return {
    endpoints: read.map(
      ({ text }) => dialled.find((tried) => tried.text === text) ?? { text, result: "failed" },
    ),
    heads,
  };
}

function endpointOf(text: string): RelayEndpoint | undefined {
  try {
    return readEndpoint(text);
  } catch (cause) {
    if (cause instanceof EndpointInvalid) return undefined; // shown as failed: nobody can reach it
    throw cause;
  }
}

async function dialAll(config: WeirConfig, endpoints: RelayEndpoint[]): Promise<Tried[]> {
  const { browserNode, tryEndpoint } = await import("@weir/sdk/client");
  const node = await browserNode({ allowPrivate: config.chainId === LOCAL_CHAIN_ID });
  try {
    return await Promise.all(
      endpoints.map(async (endpoint): Promise<Tried> => {
        const { text, transport, url } = endpoint;
        if (transport === "tcp") return { text, result: "skipped" };
        try {
          const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
          const ms = url ? await askHttp(url) : await tryEndpoint(node, endpoint, signal);
          return { text, result: "reached", ms };
        } catch (cause) {
          return { text, result: "failed", reason: (cause as Error).message };
        }
      }),
    );
  } finally {
    await node.stop();
  }
}

async function askHttp(url: string): Promise<number> {
  const startedAt = performance.now();
  const answer = await fetch(new URL("/healthz", url), { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return Math.round(performance.now() - startedAt);
}

async function askHeads(endpoints: RelayEndpoint[]): Promise<Head[] | undefined> {
  for (const { url } of endpoints) {
    if (!url) continue;
    try {
      const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
      const answer = await fetch(new URL("/v1/heads", url), { cache: "no-store", signal });
      if (answer.ok) return ((await answer.json()) as { items: Head[] }).items;
    } catch {
      // the endpoint's own line says that it does not answer; another one may
    }
  }
  return undefined;
}
