/** What this browser remembers between visits, and how it is forgotten when a local chain begins anew. */

const PREFIX = "weir.";
/** Survives a restarted chain: it says nothing about what happened on it. */
const KEPT = ["weir.theme", "weir.wallet", "weir.testWallet"];
const INSTANCE = "weir.instance.31337";

/** A browser may forbid storage (private window, policy): then nothing is remembered and everything still works. */
function storage(): Storage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}

export const remember = (key: string, value: string): void => storage()?.setItem(PREFIX + key, value);
export const recall = (key: string): string | null => storage()?.getItem(PREFIX + key) ?? null;
export const forget = (key: string): void => storage()?.removeItem(PREFIX + key);

async function dropDatabases(): Promise<void> {
  if (!globalThis.indexedDB?.databases) return;
  const databases = await indexedDB.databases();
  await Promise.all(
    databases
      .filter((database) => database.name?.startsWith("weir"))
      .map(
        (database) =>
          new Promise<void>((resolve) => {
            const request = indexedDB.deleteDatabase(database.name!);
            // "blocked": another tab holds it; that tab drops it too when it sees the new chain.
            request.onsuccess = request.onerror = request.onblocked = () => resolve();
          }),
      ),
  );
}

/** Drops everything that belongs to an earlier run of the local chain. True if there was an earlier run. */
export async function adoptInstance(instanceId: string): Promise<boolean> {
  const store = storage();
  const known = store?.getItem(INSTANCE);
  if (!store || known === instanceId) return false;
  if (known) {
    for (const key of Object.keys(store))
      if (key.startsWith(PREFIX) && !KEPT.some((kept) => key.startsWith(kept))) store.removeItem(key);
    await dropDatabases();
  }
  store.setItem(INSTANCE, instanceId);
  return known !== null && known !== undefined;
}
