/**
 * The line to the gateway: sessions and close notices up, acknowledgements and key releases down, and the best voucher of
 * every channel, forwarded together. What the gateway has not confirmed is sent again when it comes back, and everything when it asks.
 */
import type { Hex } from "@weir/sdk/core";
import {
  type Fields,
  type FrameOf,
  type FrameStream,
  MAX_RECALLED_ITEMS,
  PROTOCOLS,
  RefusedError,
  refusedError,
} from "@weir/sdk/wire";
import {
  MAX_CONTROL_FRAME_BYTES,
  MAX_PENDING_SESSIONS,
  MAX_STREAMS_PER_GATEWAY,
  MAX_TICKS_PER_FRAME,
  MAX_VOUCHERS_PER_FRAME,
  NOTICE_TIMEOUT_MS,
  SESSION_TIMEOUT_MS,
  VOUCHER_COALESCE_MS,
} from "../limits.ts";
import { type Account, type LedgerStore, unpackReceipt, voucherTotal } from "../store/ledger.ts";
import { checkGateway, type GatewayComponents } from "./gateway-auth.ts";
import { type Link, links } from "./links.ts";
import { drained, firstFrame, type Peer, type ServeComponents, serve } from "./serve.ts";
import { within } from "./wait.ts";

export type Seal = FrameOf<"RELEASE">["seal"];
export type SessionAck = { signature: Uint8Array; baseAccrued: bigint; keyId: number };

/** Where a session's releases go. */
export type Route = {
  channelId: Hex;
  sessionNo: bigint;
  onRelease(seal: Seal): void;
  /** The gateway has ended the running session: its grant no longer stands, or another relay has a newer one. */
  onRefused(error: RefusedError): void;
  /** The gateway came back on another connection: its sealing context for this session is gone. */
  onLost(): void;
};

export type Vouchers = {
  start(): Promise<void>;
  stop(): Promise<void>;
  connected(listingId: bigint): boolean;
  /** The generation that the connected gateway publishes; nothing of it need be stored yet. */
  generation(listingId: bigint): number | undefined;
  count(): number;
  /**
   * Forwards a session and waits for the gateway's answer. The route is live before the answer is.
   *
   * @throws RefusedError GatewayOffline, Limit, or what the gateway refuses with
   */
  open(listingId: bigint, session: Fields<"SESSION">, route: Route): Promise<SessionAck>;
  close(listingId: bigint, route: Route): void;
  /** Forwards a voucher with the next group; a newer one takes its place. */
  pay(listingId: bigint, voucher: Voucher): void;
  /** Forwards a chain with its best tick in the same way, behind the voucher on which it stands. */
  tick(listingId: bigint, proof: Ticks): void;
  /** Forwards a receipt in the same way. One that is lost is not sent again: the next one says more. */
  receipt(listingId: bigint, receipt: Receipt): void;
  /** Forwards a close notice. @throws RefusedError GatewayOffline, CloseFailed */
  notice(
    listingId: bigint,
    notice: Fields<"NOTICE">,
  ): Promise<{ capture: bigint; transactionHash: Hex | null }>;
};

type Voucher = { channelId: Hex; cumulative: bigint; signature: Uint8Array };
type Ticks = Fields<"TICKS">["items"][number];
type Receipt = Fields<"RECEIPTS">["items"][number];
type Waiter<T> = { resolve(value: T): void; reject(error: Error): void };
type VoucherLink = Link & {
  generation: number;
  routes: Map<string, Route>;
  sessions: Map<string, Waiter<SessionAck>>;
  notices: Map<Hex, Waiter<FrameOf<"NOTICE_DONE">>>;
  unsent: Map<Hex, Voucher>;
  ticks: Map<Hex, Ticks>;
  receipts: Map<Hex, Receipt>;
  flushing: boolean;
};

export type VouchersComponents = ServeComponents & GatewayComponents & { ledger: LedgerStore };

export const vouchersService =
  () =>
  (components: VouchersComponents): Vouchers => {
    const { ledger, delivery, operator, log } = components;
    const gateways = links<VoucherLink>((older) => lose(older, "reconnected"));
    /** Routes whose gateway is away: they end when it comes back, because it cannot go on sealing to them. */
    const orphans = new Map<bigint, Set<Route>>();

    async function attend(frames: FrameStream, peer: Peer): Promise<void> {
      const auth = await firstFrame(frames);
      if (auth.type !== "AUTH") throw new RefusedError("BadFrame", `${auth.type} came in place of AUTH`);
      const { listing, keyId, generation } = await checkGateway(components, frames, peer, auth);
      const { listingId } = listing;
      const link: VoucherLink = {
        listingId,
        keyId,
        generation,
        frames,
        routes: new Map(),
        sessions: new Map(),
        notices: new Map(),
        unsent: new Map(),
        ticks: new Map(),
        receipts: new Map(),
        flushing: false,
      };
      await gateways.add(link);
      for (const route of orphans.get(listingId) ?? []) route.onLost();
      orphans.delete(listingId);
      log.info({ listingId }, "a gateway is connected");
      try {
        for (const account of await ledger.unconfirmed(listingId)) resend(link, account);
        for (;;) {
          const frame = await frames.read();
          if (frame === null) return;
          if (frame.type === "RECALL") await recall(link, frame.after);
          else take(link, frame);
        }
      } finally {
        gateways.remove(link);
        lose(link, "away");
        log.info({ listingId }, "a gateway has left");
      }
    }

    function take(link: VoucherLink, frame: NonNullable<Awaited<ReturnType<FrameStream["read"]>>>): void {
      if (frame.type === "SESSION_ACK")
        settle(link.sessions, `${frame.channelId}/${frame.sessionNo}`)?.resolve(frame);
      else if (frame.type === "SESSION_REFUSED") {
        const key = `${frame.channelId}/${frame.sessionNo}`;
        const opening = settle(link.sessions, key);
        if (opening) opening.reject(refusedError(frame));
        else link.routes.get(key)?.onRefused(refusedError(frame));
      } else if (frame.type === "NOTICE_DONE") settle(link.notices, frame.channelId)?.resolve(frame);
      else if (frame.type === "RELEASE") {
        link.routes.get(`${frame.channelId}/${frame.sessionNo}`)?.onRelease(frame.seal);
      } else if (frame.type === "TOTALS") {
        for (const { channelId, total } of frame.items) void confirm(link, channelId, total);
      } else throw new RefusedError("BadFrame", `${frame.type} is not a gateway's frame`);
    }

    /** A gateway whose data file is an old copy asks for what it had: a page at a time, so that it sets the pace. */
    async function recall(link: VoucherLink, after: Hex | null): Promise<void> {
      const { accounts, next } = await ledger.held(link.listingId, after, MAX_RECALLED_ITEMS);
      const items = accounts.map((account) => ({
        channelId: account.channelId,
        grantId: account.grantId,
        cumulative: voucherTotal(account),
        signature: account.signature!,
        ticks: account.ticks,
        receipt: account.receipt && unpackReceipt(account.receipt),
      }));
      if (!link.frames.send("RECALLED", { items, next })) await drained(link.frames);
    }

    async function confirm({ listingId }: VoucherLink, channelId: Hex, total: bigint): Promise<void> {
      try {
        await ledger.confirm(listingId, channelId, total);
      } catch (error) {
        log.warn(
          { error: (error as Error).name },
          "a confirmed total could not be stored; the voucher is sent again later",
        );
      }
    }

    function settle<K, T>(waiting: Map<K, Waiter<T>>, key: K): Waiter<T> | undefined {
      const waiter = waiting.get(key);
      waiting.delete(key);
      return waiter;
    }

    function lose(link: VoucherLink, how: "away" | "reconnected"): void {
      for (const waiting of [link.sessions, link.notices])
        for (const key of waiting.keys()) settle<unknown, never>(waiting as never, key)?.reject(offline());
      const routes = [...link.routes.values()];
      link.routes.clear();
      if (how === "reconnected") for (const route of routes) route.onLost();
      else if (routes.length > 0)
        orphans.set(link.listingId, new Set([...(orphans.get(link.listingId) ?? []), ...routes]));
    }

    function queue(link: VoucherLink, voucher: Voucher): void {
      link.unsent.set(voucher.channelId, voucher);
      link.ticks.delete(voucher.channelId);
      flushSoon(link);
    }

    function queueTicks(link: VoucherLink, proof: Ticks): void {
      link.ticks.set(proof.channelId, proof);
      flushSoon(link);
    }

    /** All that proves an account's total. */
    function resend(link: VoucherLink, account: Account): void {
      const { channelId, signature, ticks } = account;
      queue(link, { channelId, cumulative: voucherTotal(account), signature: signature! });
      if (ticks) queueTicks(link, { channelId, ...ticks });
    }

    function flushSoon(link: VoucherLink): void {
      if (link.flushing) return;
      link.flushing = true;
      setTimeout(() => void flush(link), VOUCHER_COALESCE_MS);
    }

    async function flush(link: VoucherLink): Promise<void> {
      try {
        while (link.unsent.size > 0 && !link.frames.closed) {
          const items = [...link.unsent.values()].slice(0, MAX_VOUCHERS_PER_FRAME);
          for (const { channelId } of items) link.unsent.delete(channelId);
          if (!link.frames.send("VOUCHERS", { items })) await drained(link.frames);
        }
        while (link.ticks.size > 0 && !link.frames.closed) {
          const items = [...link.ticks.values()].slice(0, MAX_TICKS_PER_FRAME);
          for (const { channelId } of items) link.ticks.delete(channelId);
          if (!link.frames.send("TICKS", { items })) await drained(link.frames);
        }
        while (link.receipts.size > 0 && !link.frames.closed) {
          const items = [...link.receipts.values()].slice(0, MAX_VOUCHERS_PER_FRAME);
          for (const { channelId } of items) link.receipts.delete(channelId);
          if (!link.frames.send("RECEIPTS", { items })) await drained(link.frames);
        }
      } catch (error) {
        link.frames.abort(error as Error);
      } finally {
        link.flushing = false;
      }
    }

    /** An attempt under the number of a running session leaves that one its route. */
    function unroute(link: VoucherLink, route: Route): void {
      const key = `${route.channelId}/${route.sessionNo}`;
      if (link.routes.get(key) === route) link.routes.delete(key);
    }

    function linkTo(listingId: bigint): VoucherLink {
      const link = gateways.get(listingId);
      if (!link || link.frames.closed) throw offline();
      return link;
    }

    return {
      ...serve(
        components,
        PROTOCOLS.vouchers,
        { delivery, operator, maxFrameBytes: MAX_CONTROL_FRAME_BYTES, maxStreams: MAX_STREAMS_PER_GATEWAY },
        attend,
      ),
      connected: (listingId) => gateways.get(listingId) !== undefined,
      generation: (listingId) => gateways.get(listingId)?.generation,
      count: gateways.count,
      async open(listingId, session, route) {
        const link = linkTo(listingId);
        const key = `${session.channelId}/${session.sessionNo}`;
        if (link.sessions.has(key))
          throw new RefusedError("StaleSession", "This session is being opened already.");
        if (link.sessions.size >= MAX_PENDING_SESSIONS)
          throw new RefusedError("Limit", "Too many sessions of this listing are being opened.", {
            limit: "pending sessions",
          });
        link.routes.set(key, route);
        try {
          const answer = new Promise<SessionAck>((resolve, reject) =>
            link.sessions.set(key, { resolve, reject }),
          );
          link.frames.send("SESSION", session);
          return await within(answer, SESSION_TIMEOUT_MS, offline);
        } catch (error) {
          unroute(link, route);
          throw error;
        } finally {
          link.sessions.delete(key);
        }
      },
      close(listingId, route) {
        orphans.get(listingId)?.delete(route);
        const link = gateways.get(listingId);
        if (link) unroute(link, route);
      },
      pay(listingId, voucher) {
        const link = gateways.get(listingId);
        if (link) queue(link, voucher);
      },
      tick(listingId, proof) {
        const link = gateways.get(listingId);
        if (link) queueTicks(link, proof);
      },
      receipt(listingId, receipt) {
        const link = gateways.get(listingId);
        if (!link) return;
        link.receipts.set(receipt.channelId, receipt);
        flushSoon(link);
      },
      async notice(listingId, notice) {
        const link = linkTo(listingId);
        if (link.notices.has(notice.channelId))
          throw new RefusedError("CloseFailed", "A close is under way already.");
        try {
          const answer = new Promise<FrameOf<"NOTICE_DONE">>((resolve, reject) =>
            link.notices.set(notice.channelId, { resolve, reject }),
          );
          // A gateway that goes during the flush ends it before anybody waits for it: told below, it is nobody's unhandled rejection.
          answer.catch(() => undefined);
          // What was paid until now counts for the close.
          await flush(link);
          link.frames.send("NOTICE", notice);
          const { capture, transactionHash, error } = await within(answer, NOTICE_TIMEOUT_MS, offline);
          if (error) throw new RefusedError("CloseFailed", error.message, { error: error.name });
          return { capture, transactionHash };
        } finally {
          link.notices.delete(notice.channelId);
        }
      },
    };
  };

const offline = (): RefusedError =>
  new RefusedError("GatewayOffline", "The seller's gateway is not connected to this relay.");
