// Keys of whole ranges for grants that are not metered: period, flat and free plans, and gifts.
//
// They reach no further than the notice ahead of the clock, and never beyond what is paid for. So a buyer who cancels holds what
// his notice pays for anyway, and nobody has to be re-keyed.
import {
  type Crypto,
  coverKeys,
  createSealer,
  type Delivery,
  type Hex,
  isMetered,
  Rights,
  SESSION_ID_BYTES,
  type Seal,
  SealError,
  SealPurpose,
  streamSecret,
} from "@weir/sdk/core";
import { type Fields, type FrameStream, RefusedError } from "@weir/sdk/wire";
import type { Logger } from "pino";
import type { Acquired, Directory } from "../directory.ts";
import { createRate, type Rate } from "../ingest/rate.ts";
import {
  COVER_WINDOW_MS,
  COVERS_PER_GRANT,
  GIFT_NOTICE_SECONDS,
  MAX_COVER_RATES,
  MAX_PENDING_COVERS,
} from "../limits.ts";
import type { Identity } from "../link.ts";
import type { Metrics } from "../metrics.ts";
import type { HubKeys, Pipeline } from "../seal/pipeline.ts";
import { listingOf, type Purchases } from "./purchases.ts";

export type Covers = {
  /** Answers one relay connection of one listing until it ends. */
  attend(link: { frames: FrameStream; pipeline: Pipeline; hub: HubKeys; identity: Identity }): Promise<void>;
};

type Request = Fields<"KEY_REQUEST">;

export function createCovers(init: {
  directory: Directory;
  purchases: Purchases;
  crypto: Crypto;
  delivery: Delivery;
  metrics: Metrics;
  log: Logger;
  /** Keys leave that open a listing up to then, unix seconds; resolves when that is on disk. */
  onCovered: (listingId: bigint, until: number) => Promise<void>;
}): Covers {
  const { directory, purchases, crypto, delivery, metrics, log, onCovered } = init;
  const rates = new Map<Hex, Rate>();

  function limit(grantId: Hex): void {
    let rate = rates.get(grantId);
    if (!rate) {
      if (rates.size >= MAX_COVER_RATES) rates.clear();
      rate = createRate((COVERS_PER_GRANT * 1000) / COVER_WINDOW_MS, COVERS_PER_GRANT);
      rates.set(grantId, rate);
    }
    if (rate.take(1) > 0)
      throw new RefusedError(
        "Limit",
        `a grant gets ${COVERS_PER_GRANT} covers in ${COVER_WINDOW_MS / 1000} s`,
        { limit: "covers" },
      );
  }

  /** What the terms of the grant's version say: seconds for which keys may be out ahead of the clock, and of the past. */
  function reachOf(acquired: Acquired): { notice: number; historyDepth: number } {
    const terms = listingOf(directory, acquired.listingId).versions.get(acquired.version)?.terms;
    const historyDepth = acquired.rights & Rights.history ? (terms?.historyDepth ?? 0) : 0;
    if (acquired.plan === null) return { notice: GIFT_NOTICE_SECONDS, historyDepth };
    const plan = terms?.plans[acquired.plan];
    if (plan === undefined || isMetered(plan))
      throw new RefusedError("WrongPlan", "covers are not for metered plans, which open sessions");
    return { notice: plan.notice, historyDepth };
  }

  async function cover(link: Parameters<Covers["attend"]>[0], request: Request): Promise<Seal> {
    const { pipeline, hub, identity } = link;
    const { grantId, generation } = request;
    if (request.listingId !== pipeline.listingId)
      throw new RefusedError("UnknownListing", "this connection is for another listing");
    const acquired = await purchases.acquired(grantId, null);
    if (acquired.listingId !== pipeline.listingId)
      throw new RefusedError("NoGrant", "the grant is for another listing");
    limit(grantId);
    const { notice, historyDepth } = reachOf(acquired);
    const { grant, subscription } = await purchases.requireActive(grantId);
    if (generation !== pipeline.generation)
      throw new RefusedError("StaleGeneration", "keys are given for the running generation", {
        generation: String(pipeline.generation),
      });
    const now = Math.floor(Date.now() / 1000);
    const first = Math.floor(Math.max(0, grant.notBefore - historyDepth) / pipeline.epochLength);
    const end = Math.min(grant.notAfter, subscription?.stop ?? grant.notAfter);
    const last = Math.floor(Math.min(end - 1, now + notice) / pipeline.epochLength);
    const from = Math.max(first, request.epochFrom);
    const to = Math.min(last, request.epochTo);
    if (request.epochTo < first) throw new RefusedError("BeforeWindow", "the grant begins later");
    if (from > to && subscription && subscription.stop <= now + notice)
      throw new RefusedError("OutOfMoney", `keys are out up to epoch ${last}, where what is paid for ends`, {
        stop: String(subscription.stop),
      });
    if (from > to)
      throw new RefusedError("AfterWindow", `keys are out up to epoch ${last}`, { epochTo: String(last) });
    const sealer = await createSealer(crypto, {
      delivery,
      listingId: pipeline.listingId,
      generation,
      buyer: acquired.buyer,
      encryptionKey: acquired.encryptionKey,
      purpose: SealPurpose.cover,
      sessionId: new Uint8Array(SESSION_ID_BYTES),
      publisherKeyId: identity.keyId,
      publisherPrivateKey: hub.publisherPrivateKey,
    });
    await onCovered(pipeline.listingId, (to + 1) * pipeline.epochLength);
    const secret = streamSecret(hub.masterSeed, delivery, pipeline.listingId, generation);
    return sealer.seal(from, to, coverKeys(crypto, secret, from, to));
  }

  return {
    async attend(link) {
      const { frames } = link;
      let pending = 0;
      const answer = async (request: Request): Promise<void> => {
        const { requestId } = request;
        pending += 1;
        try {
          if (pending > MAX_PENDING_COVERS)
            throw new RefusedError("Limit", "too many covers are being sealed", { limit: "pending covers" });
          const seal = await cover(link, request);
          metrics.count("covers");
          frames.send("KEY_REPLY", { requestId, seal, error: null });
        } catch (error) {
          const refusal = refusalOf(error);
          metrics.count("refused_covers", { reason: refusal.name });
          frames.send("KEY_REPLY", {
            requestId,
            seal: null,
            error: { name: refusal.name, message: refusal.message },
          });
        } finally {
          pending -= 1;
        }
      };
      for (;;) {
        const frame = await frames.read();
        if (frame === null) return;
        if (frame.type === "REFUSED") throw new RefusedError("Superseded", frame.message);
        if (frame.type !== "KEY_REQUEST")
          throw new RefusedError("BadFrame", `${frame.type} came in place of KEY_REQUEST`);
        void answer(frame);
      }
    },
  };

  function refusalOf(error: unknown): RefusedError {
    if (error instanceof RefusedError) return error;
    if (error instanceof SealError)
      return new RefusedError("NoGrant", `nothing can be sealed to this grant: ${error.message}`);
    const { name, message } = error as Error;
    log.error({ event: "cover", reason: name }, message);
    return new RefusedError("GatewayOffline", "the gateway could not seal the keys");
  }
}
