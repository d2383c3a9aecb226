/** A bounded number of places, and of those that one peer or grant may hold. */
import { RefusedError } from "@weir/sdk/wire";

export type Places = {
  /** Takes a place; the result gives it back. @throws RefusedError Limit */
  take(holder: string): () => void;
};

/** `limit` and `ownLimit` name in a refusal what was too much: all places together, and those of one holder. */
export function places(limit: string, most: number, ownLimit: string, perHolder: number): Places {
  const refuse = (name: string) => new RefusedError("Limit", `Too many ${name}.`, { limit: name });
  const held = new Map<string, number>();
  let taken = 0;
  return {
    take(holder) {
      const own = held.get(holder) ?? 0;
      if (taken >= most) throw refuse(limit);
      if (own >= perHolder) throw refuse(ownLimit);
      taken += 1;
      held.set(holder, own + 1);
      return () => {
        taken -= 1;
        const left = held.get(holder)! - 1;
        if (left > 0) held.set(holder, left);
        else held.delete(holder);
      };
    },
  };
}
