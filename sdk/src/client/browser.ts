// The browser's fillings of the buyer client: a store in IndexedDB and a libp2p node over WebSocket, loaded on demand.
import type { Libp2p } from "@libp2p/interface";
import type { Hex } from "../core/index.ts";
import {
  type BuyerStore,
  type CounterStore,
  counterAfter,
  progressFromJson,
  progressToJson,
} from "./store.ts";

const TABLE = "progress";

function database(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB cannot be opened"));
  });
}

/** One entry per purchase; `name` keeps chains apart. Saves with strict durability: on disk before a voucher leaves. */
export function browserStore(name: string): BuyerStore {
  const opened = database(name);
  async function act<T>(mode: IDBTransactionMode, run: (table: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const transaction = (await opened).transaction(TABLE, mode, { durability: "strict" });
    const request = run(transaction.objectStore(TABLE));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? new Error("IndexedDB refused the change"));
    });
  }
  return {
    async load(grantId: Hex) {
      const text = await act<unknown>("readonly", (table) => table.get(grantId));
      return typeof text === "string" ? progressFromJson(text) : undefined;
    },
    async save(grantId, progress) {
      await act("readwrite", (table) => table.put(progressToJson(progress), grantId));
    },
    async remove(grantId) {
      await act("readwrite", (table) => table.delete(grantId));
    },
  };
}

/** Beside the progress of `browserStore`; one transaction reads and writes, so two tabs never take one number. */
export function browserCounters(name: string): CounterStore {
  const opened = database(name);
  return {
    async next(grantId) {
      const transaction = (await opened).transaction(TABLE, "readwrite", { durability: "strict" });
      const table = transaction.objectStore(TABLE);
      const key = `command/${grantId}`;
      let counter = 0n;
      const read = table.get(key);
      read.onsuccess = () => {
        counter = counterAfter(typeof read.result === "string" ? BigInt(read.result) : 0n);
        table.put(String(counter), key);
      };
      return new Promise((resolve, reject) => {
        transaction.oncomplete = () => resolve(counter);
        transaction.onabort = () => reject(transaction.error ?? new Error("IndexedDB refused the change"));
      });
    },
  };
}

/** A libp2p node for the page; its code is fetched only now. */
export async function browserNode(init: { allowPrivate: boolean }): Promise<Libp2p> {
  const { createBrowserNode } = await import("../wire/browser.ts");
  return createBrowserNode(init);
}
