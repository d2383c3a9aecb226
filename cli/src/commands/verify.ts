import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { verifyOnChain } from "@weir/sdk/client";
import { nativeCrypto } from "@weir/sdk/client/node";
import type { Command } from "commander";
import { type ReadOptions, readCommand } from "../command.ts";
import { print, UsageError } from "../output.ts";
import { openPlace } from "../place.ts";

/** `weir verify export.jsonl`: everything the file claims, against itself and against the chain. */
export const verifyCommand = (): Command =>
  readCommand("verify", "check an exported file: origin, order, completeness, price and bill")
    .argument("<file>", "export in JSON lines")
    .action(verify);

async function verify(path: string, options: ReadOptions): Promise<void> {
  if (!existsSync(path)) throw new UsageError(`file: ${path} does not exist`);
  const { client, chain, contracts, fromBlock } = await openPlace(options);
  const file = await open(path);
  try {
    const report = await verifyOnChain({
      crypto: nativeCrypto,
      client,
      contracts,
      chainId: chain.id,
      fromBlock,
      lines: file.readLines(),
    });
    const { segments, messages, due, voucher, gaps, channel, head } = report;
    const bill = channel === null ? "free" : `${due} due, ${channel.claimed} claimed`;
    const missing = gaps.map(({ generation, fromSeq, toSeq }) => `${generation}:${fromSeq}-${toSeq}`);
    print(
      options.json ?? false,
      { verified: true, listing: head.purchase.listingId, segments, messages, due, voucher, gaps, channel },
      `verified: ${messages} messages in ${segments} segments of listing ${head.purchase.listingId}, ${bill}${missing.length > 0 ? `, gaps ${missing.join(" ")}` : ", no gaps"}`,
    );
  } finally {
    await file.close();
  }
}
