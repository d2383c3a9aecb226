/**
 * Covers of grants: asked by buyers, sealed by the gateway, kept so that it may sleep. A cover opens to the grant's key only, so
 * what is kept is given to anybody. The gateway is asked for those who read on the grant: its id is public, and nobody else uses its rate
 * up, here or at the gateway. Kept or fresh, each is checked against the key that the grant has now: once the buyer has changed it, what
 * was sealed to the one before is thrown away.
 */
import { checkSeal, type Hex, isMetered, SESSION_ID_BYTES, SealError, SealPurpose } from "@weir/sdk/core";
import {
  decodeFrame,
  encodeFrame,
  type FrameOf,
  type FrameStream,
  PROTOCOLS,
  RefusedError,
  refusedError,
} from "@weir/sdk/wire";
import type { Grant, Payment } from "../chain/admission.ts";
import { judge } from "../chain/judge.ts";
import { isOpenGrant, openGrant } from "../chain/open.ts";
import {
  KEY_REQUESTS_BURST,
  KEY_REQUESTS_PER_MINUTE,
  KEY_TIMEOUT_MS,
  MAX_CONTROL_FRAME_BYTES,
  MAX_PENDING_KEYS,
  MAX_RATED_PEERS,
  MAX_STREAMS_PER_GATEWAY,
  STRANGER_KEYS_BURST,
  STRANGER_KEYS_PER_MINUTE,
} from "../limits.ts";
import type { CoverStore } from "../store/covers.ts";
import { checkGateway, type GatewayComponents } from "./gateway-auth.ts";
import { type Link, links } from "./links.ts";
import { type Questions, questions } from "./questions.ts";
import { bucket, buckets } from "./rate.ts";
import { drained, firstFrame, type Peer, patience, type ServeComponents, serve } from "./serve.ts";

type Request = FrameOf<"KEY_REQUEST">;
type Reply = FrameOf<"KEY_REPLY">;
type Seal = NonNullable<Reply["seal"]>;
type KeyLink = Link & { questions: Questions<Reply> };

export type KeysComponents = ServeComponents & GatewayComponents & { covers: CoverStore };

export const keysService = () => (components: KeysComponents) => {
  const { admission, covers, crypto, delivery, operator, metrics, log } = components;
  const gateways = links<KeyLink>(drop);
  const perSecond = KEY_REQUESTS_PER_MINUTE / 60;
  const byPeer = buckets(KEY_REQUESTS_BURST, perSecond, MAX_RATED_PEERS);
  const byGrant = buckets(KEY_REQUESTS_BURST, perSecond, MAX_RATED_PEERS);
  const byStrangers = bucket(STRANGER_KEYS_BURST, STRANGER_KEYS_PER_MINUTE / 60);

  async function attend(frames: FrameStream, peer: Peer): Promise<void> {
    const first = await firstFrame(frames);
    if (first.type === "AUTH") await gatewaySide(frames, peer, first);
    else if (first.type === "KEY_REQUEST") await buyerSide(frames, peer, first);
    else throw new RefusedError("BadFrame", `${first.type} came in place of AUTH or KEY_REQUEST`);
  }

  async function gatewaySide(frames: FrameStream, peer: Peer, auth: FrameOf<"AUTH">): Promise<void> {
    const { listing, keyId } = await checkGateway(components, frames, peer, auth);
    const link: KeyLink = { listingId: listing.listingId, keyId, frames, questions: questions() };
    await gateways.add(link);
    try {
      for (;;) {
        const frame = await frames.read();
        if (frame === null) return;
        if (frame.type !== "KEY_REPLY")
          throw new RefusedError("BadFrame", `${frame.type} came in place of KEY_REPLY`);
        link.questions.answer(frame);
      }
    } finally {
      gateways.remove(link);
      drop(link);
    }
  }

  function drop(link: KeyLink): void {
    link.questions.end();
  }

  async function buyerSide(frames: FrameStream, peer: Peer, first: Request): Promise<void> {
    peer.isBuyer();
    const bear = patience();
    for (let request: Request = first; ; ) {
      const answer = await reply(peer, request);
      if (!frames.send("KEY_REPLY", answer)) await drained(frames);
      bear(answer.error);
      const next = await frames.read();
      if (next === null) return;
      if (next.type !== "KEY_REQUEST")
        throw new RefusedError("BadFrame", `${next.type} came in place of KEY_REQUEST`);
      request = next;
    }
  }

  async function reply(peer: Peer, request: Request): Promise<Omit<Reply, "type">> {
    const { requestId } = request;
    try {
      return { requestId, seal: await find(peer, request), error: null };
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      metrics.add("refusals_total", 1, error.name);
      return { requestId, seal: null, error: { name: error.name, message: error.message } };
    }
  }

  async function find(peer: Peer, request: Request): Promise<Seal> {
    const { listingId, grantId, epochFrom, epochTo } = request;
    if (epochFrom > epochTo || epochTo >= 2 ** 32)
      throw new RefusedError("BadFrame", "KEY_REQUEST: the range is empty");
    if (!byPeer.take(peer.id)) throw tooOften();
    const grant = isOpenGrant(request)
      ? await openGrant(admission, listingId)
      : await admission.grant(grantId);
    if (grant.listingId !== listingId) throw new RefusedError("NoGrant", "The grant is for another listing.");
    // What a metered channel has bought stays its buyer's, whatever became of the grant: the gateway's ledger says what that is.
    if (grant.revokedAt !== 0 && !isMetered(grant)) {
      await covers.drop(grantId);
      throw new RefusedError("Revoked", "The seller revoked this grant.");
    }
    const payment = await admission.payment(grant);
    const { consent } = payment;
    const now = admission.now();
    if (consent !== null && (now < consent.from || now >= consent.to))
      throw new RefusedError("ConsentWithdrawn", "A consent that the data depends on does not stand now.");
    const kept = await findKept(grant, request);
    if (kept && kept.epochTo >= epochTo) return served("kept", kept);
    try {
      requireTurn(peer, grant, payment);
      const seal = await askGateway(request);
      if (!(await isFor(grant, seal))) {
        log.warn("a gateway answered with a seal that the grant's key does not open");
        throw offline();
      }
      await covers.put(grantId, seal, encodeFrame("KEYS", { seal }));
      return served("sealed", seal);
    } catch (error) {
      if (kept && error instanceof RefusedError && INSTEAD.has(error.name)) return served("kept", kept);
      throw error;
    }
  }

  /** Whether the gateway is asked. What everybody may have is asked for by everybody: there each peer answers for himself alone. */
  function requireTurn(peer: Peer, grant: Grant, payment: Payment): void {
    if (isOpenGrant(grant)) return;
    if (peer.reads(grant.grantId)) {
      if (!byGrant.take(grant.grantId)) throw tooOften();
      return;
    }
    if (!judge(grant, admission.now(), payment))
      throw new RefusedError("Limit", "The gateway is asked for those who have opened a session.", {
        limit: "keys of strangers",
      });
    // Nobody can read on it now, so a stranger keeps nobody waiting; it may be its buyer, who lost what he had.
    if (!byStrangers.take()) throw tooOften();
  }

  /** The furthest cover that is kept; all of a grant's are dropped when it is for another key than the grant's. */
  async function findKept(grant: Grant, request: Request): Promise<Seal | null> {
    const { grantId } = request;
    const kept = await covers.find(grantId, request);
    if (!kept) return null;
    const seal = decode(kept.seal);
    if (await isFor(grant, seal)) return seal;
    await covers.drop(grantId);
    metrics.add("covers_dropped_total");
    return null;
  }

  /** Whether an unrevoked publisher key sealed it to the key that the grant has now. */
  async function isFor({ listingId, buyer, encryptionKey }: Grant, seal: Seal): Promise<boolean> {
    const sessionId = new Uint8Array(SESSION_ID_BYTES);
    const { generation } = seal;
    const purpose = SealPurpose.cover;
    const context = { delivery, listingId, generation, buyer, encryptionKey, purpose, sessionId };
    try {
      const { hubId } = await admission.listing(listingId);
      const publicKey = await admission.publisherKey(hubId, seal.keyId);
      await checkSeal(crypto, context, seal, publicKey);
      return true;
    } catch (error) {
      if (error instanceof SealError || (error instanceof RefusedError && error.name === "BadKey"))
        return false;
      throw error;
    }
  }

  function served(origin: "kept" | "sealed", seal: Seal): Seal {
    metrics.add("keys_served_total", 1, origin);
    return seal;
  }

  async function askGateway({ type: _, ...request }: Request): Promise<Seal> {
    const link = gateways.get(request.listingId);
    if (!link || link.frames.closed) throw offline();
    if (link.questions.size >= MAX_PENDING_KEYS)
      throw new RefusedError("Limit", "Too many keys are being waited for.", { limit: "pending keys" });
    const send = (requestId: number) => link.frames.send("KEY_REQUEST", { ...request, requestId });
    const reply = await link.questions.ask(send, KEY_TIMEOUT_MS, offline);
    if (reply?.error) throw refusedError({ ...reply.error, detail: {} });
    if (!reply?.seal) throw offline();
    return check(reply.seal, request);
  }

  function check(seal: Seal, request: { grantId: Hex; generation: number }): Seal {
    if (seal.generation === request.generation && seal.epochFrom <= seal.epochTo) return seal;
    log.warn("a gateway answered with a seal that was not asked for");
    throw offline();
  }

  return {
    ...serve(
      components,
      PROTOCOLS.keys,
      { delivery, operator, maxFrameBytes: MAX_CONTROL_FRAME_BYTES, maxStreams: MAX_STREAMS_PER_GATEWAY },
      attend,
    ),
    count: gateways.count,
  };
};

function decode(bytes: Uint8Array): Seal {
  const frame = decodeFrame(bytes);
  if (frame.type !== "KEYS") throw new TypeError(`a stored cover is a ${frame.type} frame`);
  return frame.seal;
}

/** What is kept is the best there is. */
const INSTEAD: ReadonlySet<string> = new Set(["GatewayOffline", "Limit"]);

const tooOften = (): RefusedError =>
  new RefusedError("Limit", "Keys are asked for too often.", { limit: "key requests" });
const offline = (): RefusedError =>
  new RefusedError("GatewayOffline", "The seller's gateway is asleep and no cover is kept here.");
