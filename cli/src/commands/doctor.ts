import { statfsSync } from "node:fs";
import { contractError } from "@weir/sdk/chain";
import { type Command, Option } from "commander";
import { formatEther } from "viem";
import { type WriteOptions, writeCommand } from "../command.ts";
import { EXIT, exitCodeOf, print } from "../output.ts";
import { url } from "../parse.ts";
import { openPlace, type Place } from "../place.ts";
import { readKeystore } from "../wallet.ts";

type Options = WriteOptions & { indexer?: string };
type Report = (check: string, ok: boolean, detail: string, code?: number) => void;

const LEAST_NODE = 24;
const LEAST_DISK_BYTES = 1 << 30;
const PATIENCE_MS = 5_000;
/** A chain whose newest block is older than this stands still, except the local one, which mines on demand. */
const MAX_BLOCK_AGE_SECONDS = 600;
const LOCAL_CHAIN_ID = 31337;

/** `weir doctor`: every check on its line; the exit code is that of the worst one. */
export const doctorCommand = (): Command =>
  writeCommand("doctor", "check this machine, the chain, the contracts, and who else is needed")
    .addOption(new Option("--indexer <url>", "its REST address").env("WEIR_INDEXER_URL").argParser(url))
    .action(doctor);

async function doctor(options: Options): Promise<void> {
  let worst: number = EXIT.done;
  const report: Report = (check, ok, detail, code = EXIT.refused) => {
    if (!ok) worst = Math.max(worst, code);
    print(options.json, { check, ok, detail }, `${ok ? "ok " : "NO "} ${check.padEnd(10)} ${detail}`);
  };
  machine(report);
  let place: Place | undefined;
  try {
    place = await openPlace(options);
    await chain(place, report);
  } catch (error) {
    report("chain", false, (error as Error).message, exitCodeOf(error));
  }
  if (options.keystore !== undefined) await account(options, place, report);
  if (place !== undefined) await others(place, options, report);
  process.exitCode = worst;
}

function machine(report: Report): void {
  const { node } = process.versions;
  report("node", Number(node.split(".")[0]) >= LEAST_NODE, `${node} (at least ${LEAST_NODE})`, EXIT.usage);
  const { bavail, bsize } = statfsSync(".");
  const free = bavail * bsize;
  report("disk", free >= LEAST_DISK_BYTES, `${(free / 2 ** 30).toFixed(1)} GiB free (at least 1)`);
}

async function chain({ client, chain: { id }, contracts, rpc }: Place, report: Report): Promise<void> {
  const { number, timestamp } = await client.getBlock().catch((error: unknown) => {
    throw contractError(error);
  });
  const age = Math.floor(Date.now() / 1000) - Number(timestamp);
  const fresh = id === LOCAL_CHAIN_ID || Math.abs(age) <= MAX_BLOCK_AGE_SECONDS;
  report("chain", fresh, `chain ${id} at ${rpc}, block ${number}, ${age} s old`);
  const missing = [];
  for (const [name, address] of Object.entries(contracts))
    if (((await client.getCode({ address })) ?? "0x") === "0x") missing.push(`${name} at ${address}`);
  report(
    "contracts",
    missing.length === 0,
    missing.length === 0 ? "all are there" : `no code: ${missing.join(", ")}`,
  );
}

async function account(options: Options, place: Place | undefined, report: Report): Promise<void> {
  try {
    const { address } = readKeystore(options);
    const balance = await place?.client.getBalance({ address });
    report("keystore", true, `${address}${balance === undefined ? "" : `, ${formatEther(balance)} ETH`}`);
  } catch (error) {
    report("keystore", false, (error as Error).message, exitCodeOf(error));
  }
}

async function others({ market }: Place, options: Options, report: Report): Promise<void> {
  report("market", true, market.path ?? "no file: relays are looked up on chain");
  for (const { operator, http } of market.relays)
    if (http !== undefined) await answers("relay", `${http}/readyz`, operator, report);
  for (const { id, http } of market.gateways) await answers("gateway", `${http}/readyz`, id, report);
  const indexer = options.indexer ?? market.indexer;
  if (indexer !== undefined) await answers("indexer", `${indexer}/ready`, indexer, report);
}

async function answers(check: string, address: string, name: string, report: Report): Promise<void> {
  const found = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS) }).then(
    ({ status, ok }) => ({ ok, detail: `${name} answers ${status}` }),
    (error: Error) => ({ ok: false, detail: `${name} does not answer (${error.name})` }),
  );
  report(check, found.ok, `${found.detail} at ${new URL(address).origin}`, EXIT.unreachable);
}
