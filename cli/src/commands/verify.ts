import { existsSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { contractError, type Deployment, parseDeployment } from "@weir/sdk/chain";
import { verifyOnChain } from "@weir/sdk/client";
import { nativeCrypto } from "@weir/sdk/client/node";
import { Command } from "commander";
import { createPublicClientFor } from "../chain.ts";
import { print, UsageError } from "../output.ts";

type Options = { rpc: string; deployment?: string; json?: boolean };

/** `weir verify export.jsonl`: everything the file claims, against itself and against the chain. */
export function verifyCommand(): Command {
  return new Command("verify")
    .description("check an exported file: origin, order, completeness, price and bill")
    .argument("<file>", "export in JSON lines")
    .option(
      "--rpc <url>",
      "an RPC endpoint of the chain",
      process.env.WEIR_RPC_URL ?? "http://127.0.0.1:8545",
    )
    .option(
      "--deployment <file>",
      "deployments/<chainId>.json (default: by the endpoint's chain id)",
      process.env.WEIR_DEPLOYMENT,
    )
    .option("--json", "one JSON object")
    .action(verify);
}

async function verify(path: string, options: Options): Promise<void> {
  if (!existsSync(path)) throw new UsageError(`file: ${path} does not exist`);
  const client = createPublicClientFor(options.rpc);
  const chainId = await client.getChainId().catch((error: unknown) => {
    throw contractError(error);
  });
  const { contracts, fromBlock } = deploymentOf(options.deployment ?? `deployments/${chainId}.json`);
  const file = await open(path);
  try {
    const report = await verifyOnChain({
      crypto: nativeCrypto,
      client,
      contracts,
      chainId,
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

function deploymentOf(path: string): Deployment {
  if (!existsSync(path)) throw new UsageError(`--deployment: ${path} does not exist`);
  return parseDeployment(JSON.parse(readFileSync(path, "utf8")));
}
