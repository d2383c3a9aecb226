/** Answers of the chain, remembered until an event says otherwise. */
import { MAX_CACHED_ROWS, UNKNOWN_TTL_MS } from "../limits.ts";

export type Cache<K, V> = {
  /** The remembered answer, or the one that `load` gives; two callers at once share one load. */
  get(key: K, load: () => Promise<V>): Promise<V>;
  delete(key: K): void;
  clear(): void;
};

/** A refusal is remembered for a moment when `isFinal` says that it is an answer; any other error is not. */
export function cache<K, V>(isFinal: (error: unknown) => boolean): Cache<K, V> {
  const rows = new Map<K, Promise<V>>();
  const forget = (key: K, row: Promise<V>) => {
    if (rows.get(key) === row) rows.delete(key);
  };
  return {
    get(key, load) {
      const known = rows.get(key);
      if (known) {
        rows.delete(key);
        rows.set(key, known);
        return known;
      }
      const row = load();
      rows.set(key, row);
      if (rows.size > MAX_CACHED_ROWS) rows.delete(rows.keys().next().value!);
      row.catch((error: unknown) => {
        if (isFinal(error)) setTimeout(() => forget(key, row), UNKNOWN_TTL_MS).unref();
        else forget(key, row);
      });
      return row;
    },
    delete: (key) => void rows.delete(key),
    clear: () => rows.clear(),
  };
}
