/**
 * Ponder can undo its newest blocks: 30 at least, 65 on Ethereum. When older ones are replaced, their rows stay; Ponder tries again with
 * each new head, for ten minutes, and ends. Nothing but its log says so.
 */
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

/** In Ponder's `sync-realtime`, written as a warning. */
const LOST = '"msg":"Encountered unrecoverable reorg"';

/**
 * Passes Ponder's log on to our stdout. Resolves when Ponder says that it is lost and `block`, the newest in its tables, is the same
 * `patienceMs` later (0: at once): behind one address there may be a node that lags, and Ponder goes on with the next one's answer.
 */
export function untilLost(
  log: Readable,
  block: () => Promise<number | undefined>,
  patienceMs: number,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let waiting = false;
  createInterface({ input: log }).on("line", async (line) => {
    process.stdout.write(`${line}\n`);
    if (waiting || !line.includes(LOST)) return;
    if (patienceMs === 0) return resolve();
    waiting = true;
    const before = await block();
    await sleep(patienceMs, undefined, { ref: false });
    waiting = false;
    if (before !== undefined && (await block()) === before) resolve();
  });
  return promise;
}
