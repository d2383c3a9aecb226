/**
 * Random account secrets of wallets that cannot derive one, in this browser's IndexedDB. One record per chain and account, and per
 * change of keys.
 */
import type { Hex } from "viem";

const DATABASE = "weir-keys";
const TABLE = "secrets";

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function table(mode: IDBTransactionMode): Promise<IDBObjectStore> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(TABLE);
  const database = await done(opening);
  // A restarted local chain deletes the database; an open handle would block that.
  database.onversionchange = () => database.close();
  return database.transaction(TABLE, mode).objectStore(TABLE);
}

const id = (chainId: number, account: Hex, rotation: number): string =>
  `${chainId}:${account.toLowerCase()}${rotation ? `:${rotation}` : ""}`;

export async function loadSecret(
  chainId: number,
  account: Hex,
  rotation: number,
): Promise<Uint8Array | undefined> {
  return done<Uint8Array | undefined>((await table("readonly")).get(id(chainId, account, rotation)));
}

export async function saveSecret(
  chainId: number,
  account: Hex,
  rotation: number,
  secret: Uint8Array,
): Promise<void> {
  await done((await table("readwrite")).put(secret, id(chainId, account, rotation)));
}
