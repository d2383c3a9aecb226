// A new generation after somebody was shut out: the keys that he holds ahead of the clock then open nothing that is sealed from here on.
//
// Not once for each of them: every reader needs new keys, so what comes within a minute of the last one waits and shares the next.
import type { Logger } from "pino";
import type { Database } from "../database.ts";

export type Cuts = {
  /** Somebody may have been shut out, or the listing has just begun to be served. */
  look(listingId: bigint): void;
  /** Blocks from here on were replaced: a cut that comes again in another one is a new one. */
  undo(fromBlock: bigint): void;
  stop(): void;
};

export type CutsInit = {
  db: Database;
  /** The newest block in which somebody was shut out of the listing; 0 if nobody ever was. */
  cutBlock: (listingId: bigint) => bigint;
  /** Begins a new generation; false while the listing is not served. */
  renew: (listingId: bigint) => Promise<boolean>;
  /** Least milliseconds between two new generations of a listing. */
  intervalMs: number;
  log: Logger;
};

type State = { handled: bigint; renewedAt: number; timer: NodeJS.Timeout | undefined; busy: boolean };

export function createCuts({ db, cutBlock, renew, intervalMs, log }: CutsInit): Cuts {
  const states = new Map<bigint, State>();
  const nameOf = (listingId: bigint): string => `cut/${listingId}`;

  function stateOf(listingId: bigint): State {
    let state = states.get(listingId);
    if (!state) {
      const stored = db.note(nameOf(listingId));
      state = { handled: BigInt(stored ?? 0), renewedAt: -Infinity, timer: undefined, busy: false };
      states.set(listingId, state);
    }
    return state;
  }

  const store = (listingId: bigint, block: bigint): Promise<unknown> =>
    db.commit(() => db.setNote(nameOf(listingId), String(block)));

  async function act(listingId: bigint, state: State): Promise<void> {
    const block = cutBlock(listingId);
    if (block <= state.handled || !(await renew(listingId))) return;
    state.renewedAt = performance.now();
    state.handled = block;
    // Behind the generation: a crash between the two makes one generation too many, never one too few.
    await store(listingId, block);
    log.info({ event: "cut", listing: String(listingId) }, "somebody was shut out; a new generation began");
  }

  function look(listingId: bigint): void {
    const state = stateOf(listingId);
    if (state.timer || state.busy || cutBlock(listingId) <= state.handled) return;
    const wait = state.renewedAt + intervalMs - performance.now();
    state.timer = setTimeout(
      () => {
        state.timer = undefined;
        state.busy = true;
        act(listingId, state)
          .catch((error: Error) => log.error({ event: "cut", reason: error.name }, error.message))
          .finally(() => {
            state.busy = false;
            if (state.renewedAt > -Infinity) look(listingId); // what came meanwhile
          });
      },
      Math.max(0, wait),
    );
    state.timer.unref();
  }

  return {
    look,
    undo(fromBlock) {
      for (const [listingId, state] of states) {
        if (state.handled < fromBlock) continue;
        state.handled = fromBlock - 1n;
        store(listingId, state.handled).catch((error: Error) =>
          log.error({ event: "cut", reason: error.name }, error.message),
        );
        look(listingId);
      }
    },
    stop() {
      for (const { timer } of states.values()) clearTimeout(timer);
    },
  };
}
