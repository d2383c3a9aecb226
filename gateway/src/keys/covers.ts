// Keys of whole ranges: for grants that are not metered (period, flat and free plans, and gifts), and once more for what metered ones have
// opened, when a buyer has lost what he got.
//
// The former reach no further than the notice ahead of the clock, and never beyond what is paid for. So a buyer who cancels holds what
// his notice pays for anyway, and nobody has to be re-keyed.
import {
  type Address,
  type Crypto,
  coverKeys,
  createSealer,
  type Delivery,
  type Hex,
  isMetered,
  isOpenListing,
  type ListingTerms,
  openGrantId,
  openPurchaseOf,
  type Plan,
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
import type { Range } from "./account.ts";
import type { Ledger } from "./ledger.ts";
import { listingOf, type Purchases } from "./purchases.ts";

export type Covers = {
  /** Answers one relay connection of one listing until it ends. */
  attend(link: { frames: FrameStream; pipeline: Pipeline; hub: HubKeys; identity: Identity }): Promise<void>;
};

type Request = Fields<"KEY_REQUEST">;
type Link = Parameters<Covers["attend"]>[0];

/** All that a generation can have: the cover is its root. */
const EVERY_EPOCH: Range = { from: 0, to: 2 ** 32 - 1 };

export function createCovers(init: {
  directory: Directory;
  purchases: Purchases;
  ledger: Ledger;
  crypto: Crypto;
  delivery: Delivery;
  metrics: Metrics;
  log: Logger;
  /** Keys leave that open a listing up to then, unix seconds; resolves when that is on disk. */
  onCovered: (listingId: bigint, until: number) => Promise<void>;
}): Covers {
  const { directory, purchases, ledger, crypto, delivery, metrics, log, onCovered } = init;
  const rates = new Map<Hex, Rate>();

  function limit(grantId: Hex): void {
    let rate = rates.get(grantId);
    if (!rate) {
      if (rates.size >= MAX_COVER_RATES) rates.clear();
      rate = createRate((COVERS_PER_GRANT * 1000) / COVER_WINDOW_MS, COVERS_PER_GRANT);
      rates.set(grantId, rate);
    }
    if (!rate.tryTake(1))
      throw new RefusedError(
        "Limit",
        `a grant gets ${COVERS_PER_GRANT} covers in ${COVER_WINDOW_MS / 1000} s`,
        { limit: "covers" },
      );
  }

  const planOf = ({ listingId, version, plan }: Acquired): Plan | undefined =>
    plan === null ? undefined : termsOf(listingId, version)?.plans[plan];
  const termsOf = (listingId: bigint, version: number): ListingTerms | undefined =>
    listingOf(directory, listingId).versions.get(version)?.terms;

  function isMeteredGrant(acquired: Acquired): boolean {
    const plan = planOf(acquired);
    if (acquired.plan !== null && !plan) throw new RefusedError("WrongPlan", "the listing has no such plan");
    return plan !== undefined && isMetered(plan);
  }

  /** What the terms of the grant's version say: seconds for which keys may be out ahead of the clock, and of the past. */
  function reachOf(acquired: Acquired): { notice: number; historyDepth: number } {
    const terms = termsOf(acquired.listingId, acquired.version);
    const historyDepth = acquired.rights & Rights.history ? (terms?.historyDepth ?? 0) : 0;
    return { notice: planOf(acquired)?.notice ?? GIFT_NOTICE_SECONDS, historyDepth };
  }

  /** What a metered channel has opened: paid for already, and so sealed again to whoever holds the grant's keys now, for ever. */
  function bought({ paymentId }: Acquired, { generation, epochFrom, epochTo }: Request): Range {
    const ranges = ledger.account(paymentId)?.opened.get(generation) ?? [];
    const range = ranges.find(({ to }) => to >= epochFrom);
    if (!range || range.from > epochTo)
      throw new RefusedError("AfterWindow", "nothing was opened to this channel in these epochs", {
        epochTo: String(ranges.at(-1)?.to ?? ""),
      });
    return { from: Math.max(range.from, epochFrom), to: Math.min(range.to, epochTo) };
  }

  /** What the grant's window, its payment and the notice open now. */
  async function opened(acquired: Acquired, pipeline: Pipeline, request: Request): Promise<Range> {
    const { notice, historyDepth } = reachOf(acquired);
    const { grant, subscription } = await purchases.requireActive(request.grantId, { orOver: true });
    // An earlier generation is over: what of it lies in the window was paid for. A later one is nobody's yet.
    if (request.generation > pipeline.generation)
      throw new RefusedError("StaleGeneration", "keys are given for generations that have begun", {
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
    return { from, to };
  }

  async function cover(link: Link, request: Request): Promise<Seal> {
    const { pipeline } = link;
    const { grantId, generation } = request;
    const { listingId } = pipeline;
    if (request.listingId !== listingId)
      throw new RefusedError("UnknownListing", "this connection is for another listing");
    if (grantId === openGrantId(listingId)) return publish(link, request);
    const acquired = await purchases.acquired(grantId, null);
    if (acquired.listingId !== listingId)
      throw new RefusedError("NoGrant", "the grant is for another listing");
    limit(grantId);
    const { from, to } = isMeteredGrant(acquired)
      ? bought(acquired, request)
      : await opened(acquired, pipeline, request);
    const { encryptionKey } = purchases.keysOf(grantId, acquired);
    return sealTo(link, { buyer: acquired.buyer, encryptionKey }, generation, { from, to });
  }

  /** The root of an open listing's running generation, for everybody. */
  async function publish(link: Link, { generation, grantId }: Request): Promise<Seal> {
    const { pipeline } = link;
    const { newest } = listingOf(directory, pipeline.listingId);
    if (!isOpenListing(newest.terms)) throw new RefusedError("NoGrant", "the listing is not open");
    // Between the chain's word and the generation that follows it, the running one is not what everybody may read.
    if (generation !== pipeline.generation || !pipeline.isOpen)
      throw new RefusedError("StaleGeneration", "the root is given for the running generation", {
        generation: String(pipeline.generation),
      });
    // Not before the generation is right: a relay keeps that root, so strangers get no further than once.
    limit(grantId);
    return sealTo(link, openPurchaseOf(pipeline.listingId, newest.version), generation, EVERY_EPOCH);
  }

  async function sealTo(
    { pipeline, hub, identity }: Link,
    { buyer, encryptionKey }: { buyer: Address; encryptionKey: Hex },
    generation: number,
    { from, to }: Range,
  ): Promise<Seal> {
    const { listingId } = pipeline;
    const sealer = await createSealer(crypto, {
      delivery,
      listingId,
      generation,
      buyer,
      encryptionKey,
      purpose: SealPurpose.cover,
      sessionId: new Uint8Array(SESSION_ID_BYTES),
      publisherKeyId: identity.keyId,
      publisherPrivateKey: hub.publisherPrivateKey,
    });
    await onCovered(listingId, (to + 1) * pipeline.epochLength);
    metrics.count("cover_seals");
    const secret = streamSecret(hub.masterSeed, delivery, listingId, generation);
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
