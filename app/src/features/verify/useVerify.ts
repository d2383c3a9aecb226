"use client";

import type { VerifiedExport } from "@weir/sdk/client";
import { useCallback, useState } from "react";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import type { WeirConfig } from "@/lib/config.ts";
import { linesOf } from "./lines.ts";

/** The line that broke a rule, as it stands in the file; longer ones are cut. */
const MAX_EXCERPT_CHARS = 300;

export interface Broken {
  line: number;
  field: string;
  rule: string;
  excerpt: string;
}

export type Verification =
  | { step: "idle" }
  | { step: "checking"; name: string; share: number }
  | { step: "holds"; name: string; report: VerifiedExport }
  | { step: "broken"; name: string; broken: Broken }
  | { step: "failed"; name: string; error: unknown };

/** Checks a file in this page: against itself, then against the chain. Nothing of it is sent anywhere. */
export function useVerify() {
  const config = useWeirConfig();
  const [state, setState] = useState<Verification>({ step: "idle" });
  const verify = useCallback(
    async (file: File) => {
      const { name, size } = file;
      setState({ step: "checking", name, share: 0 });
      const onBytes = (bytes: number) =>
        setState({ step: "checking", name, share: bytes / Math.max(1, size) });
      setState(await outcomeOf(config, file, onBytes));
    },
    [config],
  );
  return { state, verify };
}

async function outcomeOf(
  config: WeirConfig,
  file: File,
  onBytes: (bytes: number) => void,
): Promise<Verification> {
  const [{ portableCrypto, verifyOnChain }, { VerifyError }, { createPublicClient, http }] =
    await Promise.all([import("@weir/sdk/client"), import("@weir/sdk/core"), import("viem")]);
  const { name } = file;
  try {
    const report = await verifyOnChain({
      crypto: portableCrypto,
      client: createPublicClient({ transport: http(config.rpc) }),
      contracts: config.contracts,
      chainId: config.chainId,
      lines: linesOf(file, onBytes),
    });
    return { step: "holds", name, report };
  } catch (error) {
    if (!(error instanceof VerifyError)) return { step: "failed", name, error };
    const { line, field, message } = error;
    const rule = message.slice(message.indexOf(`${field}: `) + field.length + 2);
    return { step: "broken", name, broken: { line, field, rule, excerpt: await excerptOf(file, line) } };
  }
}

async function excerptOf(file: File, wanted: number): Promise<string> {
  let line = 0;
  try {
    for await (const text of linesOf(file)) {
      line += 1;
      if (line === wanted)
        return text.length > MAX_EXCERPT_CHARS ? `${text.slice(0, MAX_EXCERPT_CHARS)} …` : text;
    }
  } catch {
    // the line is too long to show, which is what the message says
  }
  return "";
}
