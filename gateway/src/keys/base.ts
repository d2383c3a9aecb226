// Where a session starts: it must continue what the channel's account holds, or it is told where the account stands.
import { type Bytes, type Crypto, dueOf, hex, proofToDetail, wrongBaseMessage } from "@weir/sdk/core";
import { type Fields, RefusedError } from "@weir/sdk/wire";
import type { Identity } from "../link.ts";
import type { Pipeline } from "../seal/pipeline.ts";
import type { SegmentStore } from "../seal/store.ts";
import type { Account } from "./account.ts";
import type { Ledger } from "./ledger.ts";

/** A session that is asked for, its digest, and who answers. */
type Request = Fields<"SESSION"> & { digest: Bytes; identity: Identity };

/** The first epoch of a session, and Σ price × units of all that was opened to the channel before it. */
export type Base = { epoch: number; accrued: bigint };

/** Checks a session's base and its first voucher; throws WrongBase, BelowEntry or FallingTotal. Inside a commit. */
export type BaseOf = (account: Account, pipeline: Pipeline, request: Request) => Base;

export function createBaseOf(init: { ledger: Ledger; store: SegmentStore; crypto: Crypto }): BaseOf {
  const { ledger, store, crypto } = init;

  /** Where the session starts; it must continue what the ledger holds. Inside a commit. */
  function begin(account: Account, pipeline: Pipeline, request: Request): Base {
    const fromSeq = Number(request.fromSeq);
    const epoch =
      request.generation === pipeline.generation ? startEpoch(account, pipeline, fromSeq) : undefined;
    const accrued = ledger.accruedBefore(account, request.generation, fromSeq);
    const base = dueOf(account.plan, accrued);
    if (epoch === undefined || base !== request.baseTotal) throw wrongBase(account, pipeline, request);
    const { entry } = account.plan;
    if (request.cumulative < base + entry)
      throw new RefusedError("BelowEntry", "the first voucher covers what is due and the entry", {
        needed: String(base + entry),
      });
    if (request.cumulative < account.total)
      throw new RefusedError("FallingTotal", "a higher total was signed before", proof(account));
    return { epoch, accrued };
  }

  /** The epoch of a session's first segment: one that is open, or a whole one that is not; undefined otherwise. */
  function startEpoch(account: Account, pipeline: Pipeline, fromSeq: number): number | undefined {
    const { listingId, generation } = pipeline;
    const head = store.head(listingId, generation);
    const running = pipeline.lowestOpenEpoch();
    const next = (head?.seq ?? -1) + 1;
    if (fromSeq > next) return undefined;
    if (fromSeq < next) {
      const epoch = store.epochOf(listingId, generation, fromSeq);
      if (epoch === undefined) return undefined;
      const whole = store.firstSeqOf(listingId, generation, epoch) === fromSeq;
      return whole || ledger.isOpen(account, generation, epoch) ? epoch : undefined;
    }
    // Nothing is there yet: the next segment comes in the running epoch, of which nothing may have been missed.
    const missed = head?.epoch === running && !ledger.isOpen(account, generation, running);
    return missed ? undefined : running;
  }

  /** Signed, as the buyer may give something away for it: a relay that made it up would decide that. */
  function wrongBase(account: Account, pipeline: Pipeline, { digest, identity }: Request): RefusedError {
    const { listingId, generation } = pipeline;
    const head = store.head(listingId, generation);
    const fromSeq = head ? (store.firstSeqOf(listingId, generation, head.epoch) ?? 0) : 0;
    const baseTotal = dueOf(account.plan, ledger.accruedBefore(account, generation, fromSeq));
    const said = wrongBaseMessage(digest, { generation, fromSeq: BigInt(fromSeq), baseTotal });
    return new RefusedError("WrongBase", "the session does not continue what this channel has bought", {
      generation: String(generation),
      fromSeq: String(fromSeq),
      baseTotal: String(baseTotal),
      keyId: String(identity.keyId),
      baseSignature: hex(crypto.es256Sign(identity.publisherPrivateKey, said)),
      ...proof(account),
    });
  }

  /** The best voucher, or the ticks on top of it: a buyer who lost his store believes his own signature. */
  const proof = ({ total, voucher, ticks }: Account): Record<string, string> =>
    voucher ? proofToDetail({ ...voucher, total, relay: ticks?.relay ?? voucher.relay, ticks }) : {};

  return begin;
}
