// Node's fillings of the buyer client: native primitives, a store of files, a libp2p node over TCP and WebSocket.
import { type FileHandle, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Hex } from "../core/index.ts";
import { type BuyerStore, progressFromJson, progressToJson } from "./store.ts";

export { nativeCrypto } from "../core/native.ts";
export { createNode } from "../wire/node.ts";

/** One JSON file per purchase below `folder`, written beside and renamed, flushed before `save` resolves. */
export function fileStore(folder: string): BuyerStore {
  const pathOf = (grantId: Hex) => join(folder, `${grantId}.json`);
  const queues = new Map<Hex, Promise<void>>();
  async function create(path: string): Promise<FileHandle> {
    try {
      return await open(path, "w", 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      return open(path, "w", 0o600);
    }
  }
  async function write(grantId: Hex, text: string): Promise<void> {
    const path = pathOf(grantId);
    const file = await create(`${path}.new`);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
  }
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
      const after = before.then(() => write(grantId, text));
      queues.set(
        grantId,
        after.catch(() => undefined),
      );
      return after;
    },
    remove: (grantId) => rm(pathOf(grantId), { force: true }),
  };
}
