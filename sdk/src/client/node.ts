// Node's fillings of the buyer client: native primitives, a store of files, a libp2p node over TCP and WebSocket.
import { type FileHandle, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Hex } from "../core/index.ts";
import {
  type BuyerStore,
  type CounterStore,
  counterAfter,
  progressFromJson,
  progressToJson,
} from "./store.ts";

export { nativeCrypto } from "../core/native.ts";
export { createNode } from "../wire/node.ts";

/** One JSON file per purchase below `folder`, written beside and renamed, flushed before `save` resolves. */
export function fileStore(folder: string): BuyerStore {
  const pathOf = (grantId: Hex) => join(folder, `${grantId}.json`);
  const queues = new Map<Hex, Promise<void>>();
  return {
    async load(grantId) {
      try {
        return progressFromJson(await readFile(pathOf(grantId), "utf8"));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    save(grantId, progress) {
      // In order: a later state never loses to an earlier one.
      const text = progressToJson(progress);
      const before = queues.get(grantId) ?? Promise.resolve();
      const after = before.then(() => writeDurably(folder, pathOf(grantId), text));
      queues.set(
        grantId,
        after.catch(() => undefined),
      );
      return after;
    },
    remove: (grantId) => rm(pathOf(grantId), { force: true }),
  };
}

/** What is being taken, by file: two stores of one program on one folder take turns, too. */
const taking = new Map<string, Promise<unknown>>();

/** One file per grant below `folder`, flushed before `next` resolves. */
export function fileCounters(folder: string): CounterStore {
  async function take(path: string): Promise<bigint> {
    const last = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "0";
      throw error;
    });
    if (!/^\d{1,20}$/.test(last)) throw new SyntaxError(`${path} is no command counter`);
    const counter = counterAfter(BigInt(last));
    await writeDurably(folder, path, String(counter));
    return counter;
  }
  return {
    next(grantId) {
      const path = join(folder, `${grantId}.command`);
      const after = (taking.get(path) ?? Promise.resolve()).then(() => take(path));
      taking.set(
        path,
        after.catch(() => undefined),
      );
      return after;
    },
  };
}

/** On disk when it resolves. Written beside and renamed: whoever reads sees the old text or the new one. */
async function writeDurably(folder: string, path: string, text: string): Promise<void> {
  const fresh = `${path}.${process.pid}.new`; // two programs never write one file
  const file = await create(folder, fresh);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(fresh, path);
  await flushFolder(folder);
}

/** The new name is on the disk as well, or a power cut brings the old text back: a command's number would be taken twice. */
async function flushFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return; // has no such call
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The folder is made when it is missed: there is a write for every voucher. */
async function create(folder: string, path: string): Promise<FileHandle> {
  try {
    return await open(path, "w", 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return open(path, "w", 0o600);
  }
}
