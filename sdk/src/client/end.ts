// Whether a stream is over. Any relay may say so, and one alone could end what the others serve: it is believed when we know it ourselves,
// or when all of them say so.
import type { Address } from "../core/index.ts";
import { RefusedError } from "../wire/index.ts";
import type { FeedParameters } from "./feed.ts";

/** Refusals that no other relay and no later try can mend, once it is sure that they are true. */
const FINAL: ReadonlySet<string> = new Set([
  "BadSignature",
  "KeysRotated",
  "NoGrant",
  "AfterWindow",
  "Revoked",
  "Closing",
  "ConsentWithdrawn",
  "Superseded",
  "WrongPlan",
  "UnknownListing",
  "NotReceived",
  "FalseSegment",
]);

/** A relay that could not be reached so often in a row has no say in whether the stream is over. */
const UNHEARD_TRIES = 3;

export type End = {
  /** Why the stream is over, if it is, once this relay has failed so. `reached`: it had opened the stream before. */
  by(relay: Address, reason: Error, reached: boolean): Promise<Error | undefined>;
  /** A segment has come: whoever said that it is over was wrong. */
  clear(): void;
};

export function createEnd(p: Pick<FeedParameters, "relays" | "purchase" | "channel" | "isGranted">): End {
  /** The relays that have said so since the last segment, and how often in a row others could not be reached. */
  const enders = new Set<Address>();
  const unheard = new Map<Address, number>();
  let last: Error | undefined;

  /** What this side knows without asking a relay; undefined: nothing. */
  async function isOver({ name }: Error): Promise<boolean | undefined> {
    // Two pages with one purchase must not fight over it; nothing is paid for what never came, whoever asks, or for what its own publisher belies.
    if (name === "Superseded" || name === "NotReceived" || name === "FalseSegment") return true;
    if (name === "AfterWindow" && Date.now() >= p.purchase.notAfter * 1000) return true;
    try {
      if (name === "NoGrant" && p.isGranted) return !(await p.isGranted());
      if (name === "Closing" && p.channel && (await p.channel()).closeAt !== 0) return true;
    } catch {
      return undefined; // the chain is away: the other relays are asked
    }
    return undefined;
  }

  return {
    async by(relay, reason, reached) {
      // Whoever cannot be reached, or does not carry the listing, is not waited for.
      const missed = !reached && (!(reason instanceof RefusedError) || reason.name === "NotServed");
      unheard.set(relay, missed ? (unheard.get(relay) ?? 0) + 1 : 0);
      enders.delete(relay);
      if (FINAL.has(reason.name)) {
        const known = await isOver(reason);
        if (known) return reason;
        if (known === undefined) {
          enders.add(relay);
          last = reason;
        }
      }
      const isDone = ({ operator }: { operator: Address }) =>
        enders.has(operator) || (unheard.get(operator) ?? 0) >= UNHEARD_TRIES;
      return enders.size > 0 && p.relays.every(isDone) ? last : undefined;
    },
    clear: () => enders.clear(),
  };
}
