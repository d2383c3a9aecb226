/** A bounded number of places, and of those that one peer may hold. */
import { RefusedError } from "@weir/sdk/wire";

export type Places = {
  /** Takes a place; the result gives it back. @throws RefusedError Limit */
  take(peer: string): () => void;
};

export function places(most: number, perPeer: number): Places {
  const held = new Map<string, number>();
  let taken = 0;
  return {
    take(peer) {
      const own = held.get(peer) ?? 0;
      if (taken >= most || own >= perPeer)
        throw new RefusedError("Limit", "Too many readers of open listings.", { limit: "open readers" });
      taken += 1;
      held.set(peer, own + 1);
      return () => {
        taken -= 1;
        const left = held.get(peer)! - 1;
        if (left > 0) held.set(peer, left);
        else held.delete(peer);
      };
    },
  };
}
