// How many of a campaign's calls reverted. Handlers catch their reverts, so no runner counts them: at the end of each run
// `reportShare` (test/contracts/support/Campaign.sol) writes what its handler counted into the file that WEIR_CAMPAIGNS names.
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";

export type Share = { calls: number; reverts: number };

/** Makes room for a report that starts empty. @returns The variable under which the tests look for it. */
export function startReport(file: string): { WEIR_CAMPAIGNS: string } {
  mkdirSync(dirname(file), { recursive: true });
  rmSync(file, { force: true });
  return { WEIR_CAMPAIGNS: file };
}

/**
 * @returns By handler, all runs of all its tests together. A run that was cut off leaves no line; the last of each test leaves two, because runners
 * play it once more for its traces.
 */
export function readReport(file: string): Map<string, Share> {
  const shares = new Map<string, Share>();
  if (!existsSync(file)) return shares;
  // Runs end side by side: a line ends with its semicolon, wherever the line feeds of others fall.
  for (const [, name, calls, reverts] of readFileSync(file, "utf8").matchAll(/(\w+) (\d+) (\d+);/g)) {
    const before = shares.get(name!) ?? { calls: 0, reverts: 0 };
    shares.set(name!, {
      calls: before.calls + Number(calls),
      reverts: before.reverts + Number(reverts),
    });
  }
  return shares;
}

/** "31.4 %" of the calls; a dash where nothing was called. */
export const percent = ({ calls, reverts }: Share): string =>
  calls === 0 ? "–" : `${((100 * reverts) / calls).toFixed(1)} %`;

/** One line per handler, or none where no campaign ran. */
export function table(shares: Map<string, Share>): string {
  const row = (name: string, calls: string, reverted: string) =>
    `  ${name.padEnd(22)} ${calls.padStart(12)} ${reverted.padStart(12)}`;
  const rows = [...shares]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, share]) => row(name, share.calls.toLocaleString("en"), percent(share)));
  return rows.length === 0 ? "" : [row("campaign", "transactions", "reverted"), ...rows].join("\n");
}
