/** Readers: where to begin, OPEN, and the running sessions, judged again after every block. */
import {
  type Bytes,
  type Delivery,
  epochAt,
  type Hex,
  PlanKind,
  Rights,
  sessionAckMessage,
  ZERO_HASH,
} from "@weir/sdk/core";
import { type Fields, type FrameOf, type FrameStream, PROTOCOLS, RefusedError } from "@weir/sdk/wire";
import { endOf, judge } from "../chain/judge.ts";
import { isOpenGrant, openGrant } from "../chain/open.ts";
import { isNoAnswer } from "../chain/rechecks.ts";
import {
  LOCATES_BURST,
  LOCATES_PER_MINUTE,
  MAX_CONTROL_FRAME_BYTES,
  MAX_FREE_READERS,
  MAX_LOCATES,
  MAX_OPEN_READERS,
  MAX_OPEN_READERS_PER_PEER,
  MAX_PENDING_OPENS,
  MAX_RATED_PEERS,
  MAX_READERS,
  MAX_READERS_PER_GRANT,
  MAX_STREAMS_PER_PEER,
  MAX_WAITING_SEALS,
  OPEN_TIMEOUT_MS,
  OPENS_BURST,
  OPENS_PER_MINUTE,
} from "../limits.ts";
import type { LedgerSession, LedgerStore } from "../store/ledger.ts";
import { MAX_SEQ, type SegmentStore } from "../store/segments.ts";
import { type Accounts, accounts } from "./accounts.ts";
import { listen, type Session } from "./control.ts";
import type { Feeds } from "./feeds.ts";
import { Meter } from "./meter.ts";
import {
  type Admitted,
  admit,
  admitNotice,
  checkSession,
  type OpenComponents,
  type OpenFrame,
} from "./open.ts";
import { places } from "./places.ts";
import { buckets } from "./rate.ts";
import { headOf, Reader, tooManySeals } from "./reader.ts";
import { firstFrame, type Peer, type ServeComponents, sameAddress, serve } from "./serve.ts";
import type { Route, Seal, Vouchers } from "./vouchers.ts";

export type SubscribeComponents = ServeComponents &
  OpenComponents & {
    segments: SegmentStore;
    ledger: LedgerStore;
    feeds: Feeds;
    vouchers: Vouchers;
    delivery: Delivery;
  };

export const subscribeService = () => (components: SubscribeComponents) => {
  const { admission, segments, ledger, feeds, vouchers, crypto, delivery, operator, metrics } = components;
  const rows: Accounts = accounts(ledger);
  const sessions = new Set<Session>();
  const byChannel = new Map<Hex, Session>();
  const openRate = buckets(OPENS_BURST, OPENS_PER_MINUTE / 60, MAX_RATED_PEERS);
  const locateRate = buckets(LOCATES_BURST, LOCATES_PER_MINUTE / 60, MAX_RATED_PEERS);
  const anybody = places("open readers", MAX_OPEN_READERS, "open readers", MAX_OPEN_READERS_PER_PEER);
  const free = places("free readers", MAX_FREE_READERS, "readers of this grant", MAX_READERS_PER_GRANT);
  const bought = places("readers", MAX_READERS, "readers of this grant", MAX_READERS_PER_GRANT);
  let opening = 0;
  let unwatch: (() => void) | undefined;

  async function subscribe(frames: FrameStream, peer: Peer): Promise<void> {
    const { open, notice } = await locate(frames, peer);
    if (notice) await endChannel(frames, peer, open, notice);
    else if (open.session) await subscribeMetered(frames, peer, open);
    else await subscribeUnmetered(frames, peer, open);
  }

  // ------------------------------------------------------------------------------------------------------- handshake

  /** Answers positions until OPEN comes. Behind a notice it names the channel that is to end. */
  async function locate(
    frames: FrameStream,
    peer: Peer,
  ): Promise<{ open: OpenFrame; notice: FrameOf<"CLOSE"> | null }> {
    let frame = await firstFrame(frames);
    const notice = frame.type === "CLOSE" ? frame : null;
    if (notice) frame = await firstFrame(frames);
    for (let count = 0; frame.type === "LOCATE"; count += 1) {
      if (count >= MAX_LOCATES || !locateRate.take(peer.id))
        throw new RefusedError("Limit", "Positions are asked for too often.", { limit: "locates" });
      checkSeq(frame.position?.seq);
      frames.send("HEAD", await headFor(frame));
      frame = await firstFrame(frames, OPEN_TIMEOUT_MS);
    }
    if (frame.type !== "OPEN")
      throw new RefusedError("BadFrame", `${frame.type} came in place of LOCATE or OPEN`);
    checkSeq(frame.position?.seq);
    checkSeq(frame.session?.fromSeq);
    if (!openRate.take(peer.id))
      throw new RefusedError("Limit", "Sessions are opened too often.", { limit: "opens" });
    if (!notice && sessions.size >= MAX_READERS)
      throw new RefusedError("Limit", "The relay is full.", { limit: "readers" });
    return { open: frame, notice };
  }

  async function headFor({ listingId, position }: FrameOf<"LOCATE">): Promise<Fields<"HEAD">> {
    const { generation, head } = await newestOf(listingId);
    const { terms } = await admission.listing(listingId);
    if (head === null && !terms.relays.some((relay) => sameAddress(relay, operator)))
      throw new RefusedError("NotServed", "The listing does not name this relay.");
    const [next] = position ? await feeds.read({ ...position, listingId, seq: position.seq + 1n }, 1) : [];
    return {
      generation,
      head: head?.signedHeader ?? null,
      epochFirstSeq: head?.epochFirstSeq ?? 0n,
      next: next ? { seq: next.segment.header.seq, epoch: next.segment.header.epoch } : null,
      gateway: vouchers.connected(listingId),
    };
  }

  /** A generation that has just begun has no head yet. */
  const newestOf = (listingId: bigint) =>
    headOf(listingId, { feeds, segments }, vouchers.generation(listingId) ?? 0);

  /** Runs one OPEN's checks under the bound on how many are checked at once. */
  async function checking<T>(act: () => Promise<T>): Promise<T> {
    if (opening >= MAX_PENDING_OPENS)
      throw new RefusedError("Limit", "Too many sessions are being opened.", { limit: "pending opens" });
    opening += 1;
    try {
      return await act();
    } finally {
      opening -= 1;
    }
  }

  /** Ends a channel that has no session on this stream, and may get none: it is out of money, or its grant was revoked. */
  async function endChannel(
    frames: FrameStream,
    peer: Peer,
    open: OpenFrame,
    { epoch, deadline, signature }: FrameOf<"CLOSE">,
  ): Promise<void> {
    const notice = { epoch, deadline, signature };
    const isCurrent = await checking(() => admitNotice(components, peer, open, notice));
    const { listingId, paymentId: channelId } = open;
    const running = byChannel.get(channelId);
    // Whoever has seen a notice can show it again: it ends no session of the epoch behind it.
    if (isCurrent && !running?.closing)
      running?.reader.end(new RefusedError("Closing", "Its buyer closes the channel."));
    const { capture, transactionHash } = await vouchers.notice(listingId, { channelId, ...notice });
    frames.send("CLOSED", { capture, transactionHash: transactionHash ?? ZERO_HASH });
  }

  // ------------------------------------------------------------------------------------------- free, given, paid by time

  async function subscribeUnmetered(frames: FrameStream, peer: Peer, open: OpenFrame): Promise<void> {
    // Whoever proves nothing gets a place before he is looked at, everybody else one of his grant's.
    let place = isOpenGrant(open) ? anybody.take(peer.id) : undefined;
    try {
      const admitted = await checking(() => admit(components, peer, open));
      place ??= placeOf(admitted);
      await readUnmetered(frames, open, admitted);
    } finally {
      place?.();
    }
  }

  /** Free grants cost a stranger nothing but gas: however many he takes, they leave places for those who pay. */
  const placeOf = ({ grant: { kind, grantId } }: Admitted): (() => void) =>
    (kind === PlanKind.free ? free : bought).take(grantId);

  async function readUnmetered(frames: FrameStream, open: OpenFrame, admitted: Admitted): Promise<void> {
    const { grant, terms } = admitted;
    const since = grant.notBefore - (grant.rights & Rights.history ? terms.historyDepth : 0);
    const sinceMs = Math.max(0, since) * 1000;
    const { epochLength } = terms;
    const window = {
      epochLength,
      from: epochAt(sinceMs, epochLength),
      to: epochAt(grant.notAfter * 1000, epochLength),
    };
    const { generation, seq } = await startOf(open, sinceMs, epochLength);
    frames.send("OPENED", { generation, fromSeq: seq, baseAccrued: 0n, sessionAck: null, keyId: 0 });
    metrics.add("sessions_opened_total", 1, "unmetered");
    const session: Session = {
      ...admitted,
      reader: newReader(frames, () => session, open, { generation, fromSeq: seq, meter: null, window }),
      meter: null,
      epoch: null,
      closing: false,
    };
    await run(frames, session);
  }

  /** Behind the last segment the reader has, at the first epoch of its window if it wants all of it, otherwise at the newest epoch. */
  async function startOf(
    { listingId, position, fromStart }: OpenFrame,
    sinceMs: number,
    epochLength: number,
  ): Promise<{ generation: number; seq: bigint }> {
    if (position && (await segments.head(listingId, position.generation)))
      return { generation: position.generation, seq: position.seq + 1n };
    const { generation, head } = await newestOf(listingId);
    if (head === null) return { generation, seq: 0n };
    if (!fromStart) return { generation, seq: head.epochFirstSeq };
    // Numbered by the version that was bought or by the newest one; of any other all is looked at.
    const { epoch, sealedAtMs } = head.header;
    const { terms } = await admission.listing(listingId);
    const length = [epochLength, terms.epochLength].find((each) => epochAt(sealedAtMs, each) === epoch);
    const firstEpoch = length === undefined ? 0 : epochAt(sinceMs, length);
    const first = await segments.firstInEpoch(listingId, generation, firstEpoch);
    return { generation, seq: first?.seq ?? head.header.seq + 1n };
  }

  // --------------------------------------------------------------------------------------------------------- metered

  async function subscribeMetered(frames: FrameStream, peer: Peer, open: OpenFrame): Promise<void> {
    const admitted = await checking(() => admit(components, peer, open));
    const { grant, channel } = admitted;
    const account = await rows.take(grant.paymentId, grant.listingId, grant.grantId);
    let broken = false;
    const early: Seal[] = [];
    let session: Session | undefined;
    let lost: RefusedError | undefined; // remembered if it comes between the acknowledgement and the session's start
    const lose = (why: RefusedError) => {
      lost ??= why;
      session?.reader.end(why);
    };
    const route: Route = {
      channelId: grant.paymentId,
      sessionNo: open.session!.sessionNo,
      onRelease(seal) {
        if (session) release(session, seal);
        else if (early.length < MAX_WAITING_SEALS) early.push(seal);
        else lose(tooManySeals());
      },
      onRefused: (why) => {
        if (!session?.closing) lose(why); // a close ends it with its own answer
      },
      onLost: () => lose(new RefusedError("GatewayOffline", "The gateway reconnected; open a new session.")),
    };
    try {
      const checked = checkSession(components, admitted, open, account);
      const older = account.session;
      await storeVoucher(account, checked.total, checked.voucher);
      // Not under the bound of `checking`: a gateway that is silent would hold up every other listing's readers.
      const ack = await vouchers.open(
        grant.listingId,
        sessionFrame(open, grant.paymentId, grant.grantId),
        route,
      );
      await checkAck(admitted, checked.digest, ack);
      if (account.session !== older)
        throw new RefusedError("StaleSession", "Another session was opened meanwhile.");
      const { plan, total: _total, voucher: _voucher, ...rest } = checked;
      const ledgerSession: LedgerSession = { ...rest, baseAccrued: ack.baseAccrued };
      account.session = ledgerSession;
      account.nextSeq = ledgerSession.fromSeq;
      await ledger.save(account);
      const meter = new Meter({ account, session: ledgerSession, plan, ledger });
      byChannel
        .get(grant.paymentId)
        ?.reader.end(new RefusedError("Superseded", "A newer session of this channel took over."));
      const { generation, fromSeq, baseAccrued } = meter.session;
      frames.send("OPENED", {
        generation,
        fromSeq,
        baseAccrued,
        sessionAck: new Uint8Array(ack.signature),
        keyId: ack.keyId,
      });
      metrics.add("sessions_opened_total", 1, "metered");
      const running: Session = {
        ...admitted,
        reader: newReader(frames, () => running, open, {
          generation,
          fromSeq,
          meter,
          window: null,
        }),
        meter,
        epoch: channel!.epoch,
        closing: false,
      };
      session = running;
      if (lost) running.reader.end(lost);
      for (const seal of early) release(running, seal);
      byChannel.set(grant.paymentId, running);
      await run(frames, running);
    } catch (error) {
      broken = !(error instanceof RefusedError) || error.name === "DiskFull";
      throw error;
    } finally {
      vouchers.close(grant.listingId, route);
      rows.give(account, broken);
      if (session && byChannel.get(grant.paymentId) === session) byChannel.delete(grant.paymentId);
    }
  }

  async function storeVoucher(account: Meter["account"], total: bigint, signature: Bytes): Promise<void> {
    // Of a total that ticks have made, the voucher is the better proof.
    if (total > account.total || account.ticks !== null) {
      Object.assign(account, { total, signature, ticks: null });
      metrics.add("vouchers_accepted_total");
    }
    await ledger.save(account);
  }

  const sessionFrame = (open: OpenFrame, channelId: Hex, grantId: Hex): Fields<"SESSION"> => ({
    channelId,
    grantId,
    sessionNo: open.session!.sessionNo,
    relay: operator.toLowerCase() as Hex,
    generation: open.session!.generation,
    fromSeq: open.session!.fromSeq,
    baseTotal: open.session!.baseTotal,
    expiry: open.session!.expiry,
    signature: open.session!.signature,
    cumulative: open.voucher!.cumulative,
    voucherSignature: open.voucher!.signature,
    transactionHash: open.transactionHash,
  });

  /** Only the publisher's signature makes a session real: without it nobody would release its keys. */
  async function checkAck(
    { terms }: Admitted,
    digest: Bytes,
    ack: { signature: Uint8Array; keyId: number },
  ): Promise<void> {
    const key = await admission.publisherKey(terms.hubId, ack.keyId);
    if (!(await crypto.es256Verify(key, sessionAckMessage(digest), ack.signature)))
      throw new RefusedError("BadSignature", "The gateway's answer is not signed by its publisher key.");
  }

  /** A key release of the running session: on the disk, then to the reader. Releases keep their order. */
  function release({ reader, meter }: Session, seal: Seal): void {
    if (seal.generation !== meter!.session.generation) return;
    meter!.open(seal.epochFrom, seal.epochTo).then(
      () => reader.sendKeys(seal),
      (error: Error) =>
        reader.end(error instanceof RefusedError ? error : new RefusedError("DiskFull", error.message)),
    );
  }

  // --------------------------------------------------------------------------------------------------------- running

  function newReader(
    frames: FrameStream,
    session: () => Session,
    { listingId, credit }: OpenFrame,
    rest: Pick<ConstructorParameters<typeof Reader>[0], "generation" | "fromSeq" | "meter" | "window">,
  ): Reader {
    return new Reader({
      frames,
      feeds,
      segments,
      metrics,
      credit,
      listingId,
      end: () => endOf(session().grant, session()),
      now: admission.now,
      gatewayConnected: () => vouchers.connected(listingId),
      ...rest,
    });
  }

  async function run(frames: FrameStream, session: Session): Promise<void> {
    sessions.add(session);
    try {
      recheck(session); // something may have happened between the checks and now
      const listening = listen(components, frames, session);
      await session.reader.run();
      listening.catch(() => undefined); // its failure has ended the reader already
    } finally {
      sessions.delete(session);
    }
  }

  const recheck = (session: Session): void => admission.recheck(session, () => judgeAgain(session));

  /** A close that this session asked for is its own end. @throws RefusedError when the chain does not answer: that ends no running session */
  async function judgeAgain(session: Session): Promise<void> {
    if (session.closing || !sessions.has(session)) return;
    const { grantId, listingId } = session.grant;
    const judged = async (fresh: boolean) => {
      const grant = isOpenGrant(session.grant)
        ? await openGrant(admission, listingId)
        : await admission.grant(grantId, { fresh });
      const payment = await admission.payment(grant, { fresh });
      const refusal = judge(grant, admission.now(), payment, session.epoch);
      return { grant, ...payment, refusal: refusal ?? rotated(session.grant, grant) };
    };
    try {
      let verdict = await judged(false);
      // Whoever revokes stops the subscription as well, and what is remembered of the grant may be the older of the two.
      if (verdict.refusal?.name === "OutOfMoney") verdict = await judged(true);
      const { refusal, ...state } = verdict;
      Object.assign(session, state);
      if (refusal && !session.closing) session.reader.end(refusal);
      else session.reader.wake(); // the end of what is paid for may have moved
    } catch (error) {
      // A grant that a reorganisation took away ends it.
      if (!(error instanceof RefusedError) || isNoAnswer(error)) throw error;
      session.reader.end(error);
    }
  }

  /** Whoever opened with the keys before may be a thief: he cannot open again. */
  const rotated = (opened: Admitted["grant"], now: Admitted["grant"]): RefusedError | null =>
    sameAddress(opened.signer, now.signer) && opened.encryptionKey === now.encryptionKey
      ? null
      : new RefusedError("KeysRotated", "The grant's keys were changed; open a new session with them.");

  const served = serve(
    components,
    PROTOCOLS.subscribe,
    { delivery, operator, maxFrameBytes: MAX_CONTROL_FRAME_BYTES, maxStreams: MAX_STREAMS_PER_PEER },
    subscribe,
  );
  return {
    async start() {
      unwatch = admission.watch(({ all, grants, payments, consents, listings }) => {
        const touches = ({ grant }: Session) =>
          grants.has(grant.grantId) ||
          payments.has(grant.paymentId) ||
          consents.has(grant.listingId) ||
          (isOpenGrant(grant) && listings.has(grant.listingId));
        for (const session of sessions)
          if (all || touches(session)) recheck(session);
          else session.reader.wake(); // the chain's clock has moved: windows end by it
      });
      await served.start();
    },
    async stop() {
      unwatch?.();
      await served.stop();
    },
    count: () => sessions.size,
  };
};

/** The store is asked for the number behind it, too. */
function checkSeq(seq: bigint | undefined): void {
  if (seq !== undefined && seq >= MAX_SEQ)
    throw new RefusedError("BadFrame", "A segment's number is below 2^63 - 1.");
}

export type SubscribeService = ReturnType<ReturnType<typeof subscribeService>>;
