/**
 * What every state-changing call costs: `npm run bench -- gas [--json] [--write]`.
 *
 * One row per call: gas of the whole transaction from its receipt, the design's target, and the best peer. The figures are compared
 * with bench/results/gas.json; a rise beyond the tolerance, a row that is missing on either side, or a call that nobody measures ends in
 * exit code 1 and a list on stderr. `--write` renews that file instead.
 */
import { readFile, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { buildContracts } from "../scripts/deploy.ts";
import { measureChannels } from "./gas/channels.ts";
import { measureGrants, ONLY_ITSELF } from "./gas/grants.ts";
import { type Figures, startBench } from "./gas/harness.ts";
import { measureHubs } from "./gas/hubs.ts";
import { measureBonds, measureListings } from "./gas/listings.ts";
import { openMarket } from "./gas/market.ts";
import { measureP256 } from "./gas/p256.ts";
import { measureAnchors, measureConsents, measureRatings, measureRelays } from "./gas/registries.ts";
import { measureSubscriptions } from "./gas/subscriptions.ts";
import { TARGETS, targetOf } from "./gas/targets.ts";

export type Row = {
  name: string;
  gas: number;
  target: number | null;
  met: boolean | null;
  peer: string | null;
  peerGas: number | null;
};

const RESULTS = new URL("./results/gas.json", import.meta.url);
/** What may differ without a change of ours: a zero byte more or less in an address or a hash costs 12 gas. */
const TOLERANCE = { share: 0.002, gas: 50 };

/** Runs everything on a chain of its own. `uncalled` names what nothing measures. */
export async function measureGas(): Promise<{ figures: Figures; uncalled: string[] }> {
  await buildContracts();
  const bench = await startBench();
  try {
    const market = await openMarket(bench);
    await measureHubs(market);
    await measureListings(market);
    await measureChannels(market);
    await measureSubscriptions(market);
    const bought = await measureGrants(market);
    await measureConsents(market);
    await measureRelays(market);
    await measureAnchors(market, bought);
    await measureRatings(market, bought);
    await measureP256(bench);
    await measureBonds(market);
    return {
      figures: bench.figures,
      uncalled: market.all.flatMap((contract) => bench.uncalled(contract, ONLY_ITSELF)),
    };
  } finally {
    await bench.stop();
  }
}

/** Rows with a target first, in the order of gas/targets.ts. */
export function rowsOf(figures: Figures): Row[] {
  const promised = Object.keys(TARGETS);
  const others = Object.keys(figures).filter((name) => !promised.includes(name));
  return [...promised, ...others].map((name) => {
    const gas = figures[name];
    if (gas === undefined) throw new Error(`nothing measured "${name}"`);
    const { target = null, peer = null, peerGas = null } = targetOf(name) ?? {};
    return { name, gas, target, met: target === null ? null : gas <= target, peer, peerGas };
  });
}

/** One line per row that rose, or that only one side has. */
export function risesOf(figures: Figures, before: Figures): string[] {
  const rises = [];
  for (const [name, gas] of Object.entries(figures)) {
    const was = before[name];
    if (was === undefined) rises.push(`${name}: ${gas}, not in the snapshot`);
    else if (gas - was > Math.max(TOLERANCE.gas, was * TOLERANCE.share))
      rises.push(`${name}: ${gas}, was ${was}`);
  }
  for (const name of Object.keys(before))
    if (figures[name] === undefined) rises.push(`${name}: in the snapshot, but nothing measured it`);
  return rises;
}

function table(rows: Row[]): string {
  const cell = (value: number | null) => (value === null ? "" : value.toLocaleString("en")).padStart(11);
  const lines = rows.map(({ name, gas, target, met, peer, peerGas }) =>
    [
      name.padEnd(62),
      cell(gas),
      cell(target),
      (met === null ? "" : met ? "met" : "MISSED").padEnd(7),
      cell(peerGas),
      peer ?? "",
    ]
      .join(" ")
      .trimEnd(),
  );
  const head = `${"whole transactions".padEnd(62)} ${"gas".padStart(11)} ${"target".padStart(11)} ${"".padEnd(7)} ${"peer".padStart(11)}`;
  return [head, ...lines].join("\n");
}

/** Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { json: { type: "boolean", default: false }, write: { type: "boolean", default: false } },
  });
  const { figures, uncalled } = await measureGas();
  const rows = rowsOf(figures);
  console.log(values.json ? rows.map((row) => JSON.stringify(row)).join("\n") : table(rows));
  for (const what of uncalled) console.error(`${what}: no row measures it`);
  if (values.write) {
    const ordered = Object.fromEntries(rows.map(({ name, gas }) => [name, gas]));
    await writeFile(RESULTS, `${JSON.stringify(ordered, null, 2)}\n`);
    return uncalled.length === 0 ? 0 : 1;
  }
  const rises = risesOf(figures, JSON.parse(await readFile(RESULTS, "utf8")) as Figures);
  for (const rise of rises) console.error(rise);
  return rises.length + uncalled.length === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  process.exitCode = await main(process.argv.slice(2));
