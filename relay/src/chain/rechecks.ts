/**
 * Whoever is served is judged again after blocks that may concern him. A fork concerns everybody at once, and a node that fails would answer
 * for nobody: so a few are judged at a time, each until the chain has said something of him.
 */
import { RefusedError } from "@weir/sdk/wire";
import { MAX_RECHECKS, RECHECK_RETRY_MS } from "../limits.ts";
import type { Log } from "../log.ts";
import { pause } from "../services/wait.ts";

/** Rejects with a refusal of which `isNoAnswer` holds when it is to be done again. */
export type Look = () => Promise<void>;

export type Rechecks = {
  /** `who` is looked at soon, and once more if that is asked while it happens. Each `who` has one `look`. */
  add(who: object, look: Look): void;
  stop(): Promise<void>;
};

/** The chain has said nothing: neither yes nor no. */
export const isNoAnswer = (error: unknown): boolean =>
  error instanceof RefusedError && (error.name === "ChainUnreachable" || error.name === "Limit");

export function rechecks({ log, retryMs = RECHECK_RETRY_MS }: { log: Log; retryMs?: number }): Rechecks {
  const due = new Map<object, Look>();
  const busy = new Set<object>();
  const workers = new Set<Promise<void>>();
  const stopper = new AbortController();

  async function work(): Promise<void> {
    for (let next = take(); next && !stopper.signal.aborted; next = take()) {
      const [who, look] = next;
      const answered = await judged(look);
      busy.delete(who);
      if (answered) continue;
      if (!due.has(who)) due.set(who, look);
      await pause(retryMs, stopper.signal);
    }
  }

  /** Nobody twice at a time: of two answers the older could come last. */
  function take(): [object, Look] | undefined {
    for (const next of due) {
      if (busy.has(next[0])) continue;
      due.delete(next[0]);
      busy.add(next[0]);
      return next;
    }
    return undefined;
  }

  async function judged(look: Look): Promise<boolean> {
    try {
      await look();
    } catch (error) {
      if (isNoAnswer(error)) return false;
      log.error({ err: error }, "whoever is served could not be judged again");
    }
    return true;
  }

  return {
    add(who, look) {
      if (stopper.signal.aborted) return;
      due.set(who, look);
      if (workers.size >= MAX_RECHECKS) return;
      const worker = work().finally(() => workers.delete(worker));
      workers.add(worker);
    },
    async stop() {
      stopper.abort();
      await Promise.all(workers);
    },
  };
}
