// Metered sessions on one relay connection: a purchase is checked once, then keys leave as the signed total leads what is owed.
// Longer than its neighbours because opening, releasing and paying all work on one table of live sessions.
import {
  type Bytes,
  type Crypto,
  coverKeys,
  createSealer,
  type Delivery,
  type Hex,
  SESSION_ID_BYTES,
  SealError,
  type Sealer,
  SealPurpose,
  sessionAckMessage,
  sessionDigest,
  streamSecret,
  tickTotal,
  voucherDigest,
} from "@weir/sdk/core";
import { type Fields, type FrameStream, RefusedError } from "@weir/sdk/wire";
import type { Logger } from "pino";
import type { Address } from "viem";
import type { Closer } from "../claims/close.ts";
import type { Database } from "../database.ts";
import type { Rotation } from "../directory.ts";
import { MAX_PENDING_SESSIONS, MAX_SESSION_SECONDS } from "../limits.ts";
import type { Identity } from "../link.ts";
import type { Metrics } from "../metrics.ts";
import type { HubKeys, Pipeline } from "../seal/pipeline.ts";
import type { SegmentStore } from "../seal/store.ts";
import type { Account, Ticks } from "./account.ts";
import { createBaseOf } from "./base.ts";
import type { Ledger } from "./ledger.ts";
import type { Purchases } from "./purchases.ts";
import { createRecall, type Recall } from "./recall.ts";
import type { Receipts } from "./receipts.ts";
import { ticksHold } from "./ticks.ts";

export type Sessions = {
  /** Serves one relay connection of one listing until it ends. */
  attend(link: {
    frames: FrameStream;
    relay: Address;
    pipeline: Pipeline;
    hub: HubKeys;
    identity: Identity;
  }): Promise<void>;
  /** What relays are asked for when the data file is an old copy. */
  recall: Recall;
  /** Releases what may be released now: the clock moved. */
  advance(listingId: bigint): void;
  /** Ends the listing's sessions: they must be opened anew. */
  end(listingId: bigint, why: RefusedError): void;
  /** Ends one channel's session. */
  endChannel(channelId: Hex, why: RefusedError): void;
  /** Ends a grant's session. */
  endGrant(grantId: Hex, why: RefusedError): void;
  /** Judges sessions anew: those of a listing, those judged at a block that is followed now, or all of them. */
  recheck(which?: { listingId: bigint } | { upTo: bigint }): void;
  /** Tries again what came before the deposit that covers it: the chain has moved. */
  retry(): void;
  count(listingId?: bigint): number;
};

export type SessionsInit = {
  db: Database;
  ledger: Ledger;
  store: SegmentStore;
  purchases: Purchases;
  closer: Closer;
  receipts: Receipts;
  crypto: Crypto;
  delivery: Delivery;
  metrics: Metrics;
  log: Logger;
};

type Link = Parameters<Sessions["attend"]>[0];
type Request = Fields<"SESSION">;
type VoucherItem = Fields<"VOUCHERS">["items"][number];
type TicksItem = Fields<"TICKS">["items"][number];
type Live = {
  account: Account;
  link: Link;
  sessionNo: bigint;
  sealer: Sealer;
  secret: Bytes;
  generation: number;
  /** The next epoch to release. */
  next: number;
  deposit: bigint;
  /** The best that came and is above the deposit as our node knows it, which may be a block behind the relay's: nobody sends it again. */
  early: { voucher?: VoucherItem | undefined; ticks?: TicksItem | undefined };
  /** The block at which it was judged, until that block is followed: were it replaced before, nothing else would say so. */
  judgedAt: bigint | undefined;
  ended: boolean;
  busy: boolean;
  again: boolean;
};

const same = (a: string | null | undefined, b: string): boolean => a?.toLowerCase() === b.toLowerCase();

export function createSessions(init: SessionsInit): Sessions {
  const { db, ledger, store, purchases, closer, receipts, crypto, delivery, metrics, log } = init;
  const baseOf = createBaseOf({ ledger, store, crypto });
  const live = new Map<Hex, Live>();
  const recall = createRecall({ ...init, isLive: (channelId) => live.has(channelId) });

  // ---- opening

  async function open(link: Link, request: Request): Promise<void> {
    const { frames, relay, pipeline, identity } = link;
    const { channelId, sessionNo } = request;
    const now = Math.floor(Date.now() / 1000);
    if (!same(request.relay, relay)) throw new RefusedError("NotServed", "the session names another relay");
    if (request.expiry <= now || request.expiry > now + MAX_SESSION_SECONDS)
      throw new RefusedError("Expired", `a session ends within ${MAX_SESSION_SECONDS} s`, {
        expiry: String(request.expiry),
        now: String(now),
      });
    const account = await accountOf(link, request);
    const { channel } = await purchases.requireActive(request.grantId);
    const { deposit, epoch } = channel!;
    const judgedAt = await purchases.unseenBlock();
    const digest = sessionDigest(delivery, request);
    const bought = { encryptionKey: account.encryptionKey, signer: account.terms.signer };
    let keys = purchases.keysOf(request.grantId, bought);
    if (!same(crypto.recover(digest, request.signature), keys.signer)) {
      await purchases.caughtUp();
      keys = purchases.keysOf(request.grantId, bought);
    }
    requireSigner(keys.signer, digest, request.signature, "session");
    const { cumulative, voucherSignature: signature } = request;
    const voucher = voucherDigest(delivery, { channelId, cumulative, relay }, crypto.keccak256);
    requireSigner(account.terms.signer, voucher, signature, "voucher");
    if (cumulative > deposit)
      throw new RefusedError("OverDeposit", "the channel holds less than the voucher", {
        deposit: String(deposit),
      });
    const sealer = await sealerFor(account, keys.encryptionKey, link, digest);
    // From here on the epoch's budget counts this plan too; a seal that was planned before must be on disk first.
    await pipeline.settled();
    const closing = new RefusedError("Closing", "the channel is being closed");
    if (account.frozenEpoch === epoch) throw closing;
    // Commits of their own, as what holds whether or not this session is refused: of a refused one the file takes everything back,
    // memory does not.
    await db.commit(() => {
      if (account.frozenEpoch !== null && account.frozenEpoch !== epoch) ledger.thaw(account);
      ledger.lift(account, receipts.of(channelId)?.cumulative ?? 0n);
    });
    const started = await db.commit(() => {
      if (account.frozenEpoch !== null) throw closing;
      const base = baseOf(account, pipeline, { ...request, digest, identity });
      if (!ledger.begin(account, sessionNo))
        throw new RefusedError("StaleSession", `the last session has number ${account.sessionNo}`, {
          sessionNo: String(account.sessionNo),
        });
      ledger.accept(account, { cumulative, relay, signature });
      return base;
    });
    endChannel(channelId, new RefusedError("Superseded", "a newer session took over"));
    if (frames.closed) return;
    const session: Live = {
      account,
      link,
      sessionNo,
      sealer,
      secret: streamSecret(link.hub.masterSeed, delivery, pipeline.listingId, pipeline.generation),
      generation: pipeline.generation,
      next: started.epoch,
      deposit,
      early: {},
      judgedAt,
      ended: false,
      busy: false,
      again: false,
    };
    if (request.generation !== session.generation)
      throw new RefusedError("StaleGeneration", "a new generation has begun");
    if (!isCurrent(request.grantId, keys))
      throw new RefusedError("KeysRotated", "the grant's keys were changed; open a new session with them");
    live.set(channelId, session);
    const ack = crypto.es256Sign(identity.publisherPrivateKey, sessionAckMessage(digest));
    frames.send("SESSION_ACK", {
      channelId,
      sessionNo,
      signature: ack,
      baseAccrued: started.accrued,
      keyId: identity.keyId,
    });
    metrics.count("sessions");
    await advanceOne(session);
  }

  async function accountOf({ pipeline }: Link, request: Request): Promise<Account> {
    const { grantId, channelId } = request;
    const known = ledger.account(channelId);
    const purchased = known ?? (await purchases.metered(grantId, channelId, request.transactionHash));
    if (purchased.listingId !== pipeline.listingId || purchased.grantId !== grantId)
      throw new RefusedError("NoGrant", "the channel belongs to another grant or listing");
    return known ?? db.commit(() => ledger.account(channelId) ?? ledger.admit(purchased));
  }

  function requireSigner(signer: Hex, digest: Uint8Array, signature: Uint8Array, what: string): void {
    if (!same(crypto.recover(digest, signature), signer))
      throw new RefusedError("BadSignature", `the ${what} is not signed by the grant's signer`);
  }

  /** Whether these are still the grant's keys: while a session was being opened they may have been changed. */
  function isCurrent(grantId: Hex, { encryptionKey, signer }: Rotation): boolean {
    const now = purchases.keysOf(grantId, { encryptionKey, signer });
    return now.encryptionKey === encryptionKey && same(now.signer, signer);
  }

  async function sealerFor(
    account: Account,
    encryptionKey: Hex,
    { pipeline, identity }: Link,
    digest: Uint8Array,
  ): Promise<Sealer> {
    try {
      return await createSealer(crypto, {
        delivery,
        listingId: account.listingId,
        generation: pipeline.generation,
        buyer: account.terms.payer,
        encryptionKey,
        purpose: SealPurpose.session,
        sessionId: digest.slice(0, SESSION_ID_BYTES),
        publisherKeyId: identity.keyId,
        publisherPrivateKey: identity.publisherPrivateKey,
      });
    } catch (error) {
      if (error instanceof SealError)
        throw new RefusedError("NoGrant", `nothing can be sealed to this grant: ${error.message}`);
      throw error;
    }
  }

  // ---- releasing

  async function advanceOne(session: Live): Promise<void> {
    session.again = true;
    if (session.busy) return;
    session.busy = true;
    const { account, link, generation } = session;
    try {
      while (session.again && !session.ended) {
        session.again = false;
        // On disk before the key leaves.
        const range = await db.commit(() => {
          const { pipeline } = link;
          if (session.ended || pipeline.generation !== generation) return undefined;
          const [lowestOpen, current] = [pipeline.lowestOpenEpoch(), pipeline.currentEpoch()];
          return ledger.release(account, {
            generation,
            next: session.next,
            lowestOpen,
            current,
            deposit: session.deposit,
          });
        });
        if (!range || session.ended) continue;
        session.next = range.to + 1;
        session.again = true;
        const seal = await session.sealer.seal(
          range.from,
          range.to,
          coverKeys(crypto, session.secret, range.from, range.to),
        );
        link.frames.send("RELEASE", { channelId: account.channelId, sessionNo: session.sessionNo, seal });
        metrics.count("epochs_released", {}, range.to - range.from + 1);
      }
    } finally {
      session.busy = false;
    }
  }

  function endChannel(channelId: Hex, why: RefusedError): void {
    const session = live.get(channelId);
    if (!session) return;
    live.delete(channelId);
    session.ended = true;
    refuse(session.link.frames, { channelId, sessionNo: session.sessionNo }, why);
  }

  /** A grant that is gone, revoked or unpaid ends its session, whatever its relay makes of it. A chain that does not answer ends nothing. */
  async function judge(session: Live): Promise<void> {
    session.judgedAt = undefined;
    try {
      await purchases.requireActive(session.account.grantId);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      if (error.name === "ChainUnreachable") return;
      if (live.get(session.account.channelId) === session) endChannel(session.account.channelId, error);
    }
  }

  // ---- vouchers

  async function takeVouchers(link: Link, items: VoucherItem[]): Promise<void> {
    const good: { account: Account; cumulative: bigint; signature: Uint8Array }[] = [];
    const touched = new Set<Account>();
    for (const item of items) {
      const { channelId, cumulative, signature } = item;
      const account = ledger.account(channelId);
      if (!account || account.listingId !== link.pipeline.listingId) continue;
      touched.add(account);
      // Cheap checks first; what is not better or comes after the close is answered with the best total.
      if (cumulative < account.total || account.frozenEpoch !== null) continue;
      if (cumulative === account.total && !account.ticks) continue;
      if (!(await isCovered(account, cumulative))) {
        const session = sessionOf(link, account);
        if (session && cumulative > (session.early.voucher?.cumulative ?? 0n)) session.early.voucher = item;
        continue;
      }
      const digest = voucherDigest(delivery, { channelId, cumulative, relay: link.relay }, crypto.keccak256);
      if (same(crypto.recover(digest, signature), account.terms.signer))
        good.push({ account, cumulative, signature });
      else metrics.count("refused_vouchers");
    }
    if (good.length > 0)
      await db.commit(() => {
        for (const { account, cumulative, signature } of good)
          if (account.frozenEpoch === null)
            ledger.accept(account, { cumulative, relay: link.relay, signature });
      });
    answer(link, touched, good);
  }

  /** The best ticks of channels, each behind the voucher on which its chain stands. */
  async function takeTicks(link: Link, items: TicksItem[]): Promise<void> {
    const good: { account: Account; ticks: Ticks }[] = [];
    const touched = new Set<Account>();
    for (const { channelId, ...item } of items) {
      const account = ledger.account(channelId);
      if (!account || account.listingId !== link.pipeline.listingId) continue;
      touched.add(account);
      const total = tickTotal(item, item.ticks);
      if (total <= account.total || account.frozenEpoch !== null) continue;
      if (!(await isCovered(account, total))) {
        const session = sessionOf(link, account);
        const known = session?.early.ticks;
        if (session && total > (known ? tickTotal(known, known.ticks) : 0n))
          session.early.ticks = { channelId, ...item };
        continue;
      }
      const ticks = { ...item, relay: link.relay };
      if (ticksHold(crypto, delivery, account, ticks)) good.push({ account, ticks });
      else metrics.count("refused_ticks");
    }
    if (good.length > 0)
      await db.commit(() => {
        for (const { account, ticks } of good)
          if (account.frozenEpoch === null) ledger.acceptTicks(account, ticks);
      });
    answer(link, touched, good);
  }

  /** Says what is on disk now, and releases what it pays for. */
  function answer(link: Link, touched: ReadonlySet<Account>, good: readonly { account: Account }[]): void {
    if (touched.size > 0)
      link.frames.send("TOTALS", {
        items: [...touched].map((account) => ({
          channelId: account.channelId,
          total: account.total,
          owed: ledger.owed(account),
        })),
      });
    for (const { account } of good) {
      const session = live.get(account.channelId);
      if (session) run(advanceOne(session));
    }
  }

  /** Whether the channel holds the total; asked again when it is above the deposit that is known. */
  async function isCovered(account: Account, wanted: bigint): Promise<boolean> {
    const session = live.get(account.channelId);
    if (session && wanted <= session.deposit) return true;
    try {
      const { deposit, closeAt } = await purchases.channel(account.channelId);
      if (session) session.deposit = deposit;
      return closeAt === 0 && wanted <= deposit;
    } catch (error) {
      // Kept and tried again with the next block; the other channels of this connection go on.
      if (error instanceof RefusedError) return false;
      throw error;
    }
  }

  /** The channel's session, if it is this connection's. */
  function sessionOf(link: Link, { channelId }: Account): Live | undefined {
    const session = live.get(channelId);
    return session?.link === link ? session : undefined;
  }

  /** First the voucher: ticks stand on it. */
  async function retryOne({ account, link, early }: Live): Promise<void> {
    const { voucher, ticks } = early;
    if (voucher && (await isCovered(account, voucher.cumulative))) {
      if (early.voucher === voucher) early.voucher = undefined;
      await takeVouchers(link, [voucher]);
    }
    if (ticks && (await isCovered(account, tickTotal(ticks, ticks.ticks)))) {
      if (early.ticks === ticks) early.ticks = undefined;
      await takeTicks(link, [ticks]);
    }
  }

  // ---- one connection

  const refuse = (
    frames: FrameStream,
    session: { channelId: Hex; sessionNo: bigint },
    { name, message, detail }: RefusedError,
  ): void => {
    const { channelId, sessionNo } = session;
    frames.send("SESSION_REFUSED", { channelId, sessionNo, name, message, detail: { ...detail } });
  };

  function run(work: Promise<void>): void {
    work.catch((error: Error) => log.error({ event: "session", reason: error.name }, error.message));
  }

  return {
    async attend(link) {
      const { frames, relay } = link;
      const recalling = recall.attend({ frames, relay, listingId: link.pipeline.listingId });
      let pending = 0;
      const reply = async (request: Request): Promise<void> => {
        pending += 1;
        try {
          if (pending > MAX_PENDING_SESSIONS)
            throw new RefusedError("Limit", "too many sessions are being opened", {
              limit: "pending sessions",
            });
          await recalling.done();
          await open(link, request);
        } catch (error) {
          const refusal = error instanceof RefusedError ? error : undefined;
          metrics.count("refused_sessions", { reason: refusal?.name ?? "Fault" });
          refuse(
            frames,
            request,
            refusal ?? new RefusedError("GatewayOffline", "the gateway could not open the session"),
          );
          if (!refusal) throw error;
          log.info(
            { event: "session refused", reason: refusal.name, detail: refusal.detail },
            refusal.message,
          );
        } finally {
          pending -= 1;
        }
      };
      const notice = async (frame: Fields<"NOTICE">): Promise<void> => {
        // Closed is with the best voucher that is known: a relay that has gone meanwhile need not be answered.
        if (
          await recalling.done().then(
            () => true,
            () => false,
          )
        )
          await closer.notice(frames, frame, link.pipeline.listingId);
      };
      try {
        for (;;) {
          const frame = await frames.read();
          if (frame === null) return;
          if (frame.type === "SESSION") run(reply(frame));
          else if (frame.type === "VOUCHERS") await takeVouchers(link, frame.items);
          else if (frame.type === "TICKS") await takeTicks(link, frame.items);
          else if (frame.type === "RECEIPTS") run(receipts.take(link.pipeline.listingId, frame.items));
          else if (frame.type === "RECALLED") await recalling.take(frame);
          else if (frame.type === "NOTICE") run(notice(frame));
          else if (frame.type === "REFUSED") throw new RefusedError("Superseded", frame.message);
          else throw new RefusedError("BadFrame", `${frame.type} has no place here`);
        }
      } finally {
        recalling.end();
        for (const [channelId, session] of live)
          if (session.link === link) {
            live.delete(channelId);
            session.ended = true;
          }
      }
    },
    recall,
    advance(listingId) {
      for (const session of live.values())
        if (session.account.listingId === listingId) run(advanceOne(session));
    },
    end(listingId, why) {
      for (const [channelId, { account }] of live)
        if (account.listingId === listingId) endChannel(channelId, why);
    },
    endChannel,
    endGrant(grantId, why) {
      for (const [channelId, { account }] of live)
        if (account.grantId === grantId) endChannel(channelId, why);
    },
    retry() {
      for (const session of live.values())
        if (session.early.voucher || session.early.ticks) run(retryOne(session));
    },
    recheck(which) {
      for (const session of live.values()) {
        const { account, judgedAt } = session;
        if (which && "listingId" in which && account.listingId !== which.listingId) continue;
        if (which && "upTo" in which && (judgedAt === undefined || judgedAt > which.upTo)) continue;
        run(judge(session));
      }
    },
    count: (listingId) =>
      listingId === undefined
        ? live.size
        : [...live.values()].filter(({ account }) => account.listingId === listingId).length,
  };
}
