// Checks an exported file without trusting anybody but the chain: who published it, that nothing was changed or left out, what it cost.
//   node sdk/examples/verify.ts [export file]
// Reads .weir/stack.json, which `npm start` writes. Exits with 3 when the file does not hold.
import { createReadStream, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { verifyOnChain } from "@weir/sdk/client";
import { nativeCrypto } from "@weir/sdk/client/node";
import { VerifyError } from "@weir/sdk/core";
import { createPublicClient, http } from "viem";
import { hardhat } from "viem/chains";

const [file = "export.jsonl"] = process.argv.slice(2);
const stack = JSON.parse(readFileSync(`${process.env.WEIR_DATA_DIR ?? ".weir"}/stack.json`, "utf8"));
const client = createPublicClient({ chain: hardhat, transport: http(stack.rpc) });
const print = (event: string, fields: object) =>
  console.log(JSON.stringify({ event, ...fields }, (_, v) => (typeof v === "bigint" ? String(v) : v)));

try {
  const { head, segments, messages, due, voucher, gaps, channel } = await verifyOnChain({
    crypto: nativeCrypto,
    client,
    contracts: stack.contracts,
    chainId: stack.chainId,
    lines: createInterface({ input: createReadStream(file) }),
  });
  const { listingId, buyer } = head.purchase;
  print("verified", {
    listingId,
    buyer,
    segments,
    messages,
    due,
    signed: voucher?.cumulative ?? 0n,
    gaps,
    channel,
  });
} catch (error) {
  if (!(error instanceof VerifyError)) throw error;
  const { line, field, message } = error;
  print("refused", { line, field, message });
  process.exitCode = 3;
}
