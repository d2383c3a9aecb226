/** The gateways' standing connections of one protocol: one per listing, the newest wins. */
import { type FrameStream, RefusedError } from "@weir/sdk/wire";
import { dismiss } from "./serve.ts";

export type Link = { listingId: bigint; keyId: number; frames: FrameStream };

export type Links<L extends Link> = {
  get(listingId: bigint): L | undefined;
  /** Puts this link in the place of an older one, which is told. */
  add(link: L): Promise<void>;
  remove(link: L): void;
  count(): number;
};

export function links<L extends Link>(onReplaced: (older: L) => void): Links<L> {
  const current = new Map<bigint, L>();
  return {
    get: (listingId) => current.get(listingId),
    async add(link) {
      const older = current.get(link.listingId);
      current.set(link.listingId, link);
      if (!older) return;
      onReplaced(older);
      const taken = new RefusedError("Superseded", "Another connection of the gateway took over.");
      await dismiss(older.frames, taken);
    },
    remove(link) {
      if (current.get(link.listingId) === link) current.delete(link.listingId);
    },
    count: () => current.size,
  };
}
