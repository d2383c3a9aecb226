// What a relay still holds of money when our data file is an old copy: the best voucher of every channel, and what its buyer has signed as
// received. Each relay is asked once after a restore, a page at a time. What it says counts only under the buyer's own signature
// (docs/decisions/restore.md).
import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { type Address, type Crypto, type Delivery, type Hex, voucherDigest } from "@weir/sdk/core";
import { type Fields, type FrameStream, RefusedError } from "@weir/sdk/wire";
import type { Logger } from "pino";
import type { Closer } from "../claims/close.ts";
import { type Database, RESTORED } from "../database.ts";
import { MAX_RECALLED_CHANNELS, RECALL_PATIENCE_MS } from "../limits.ts";
import type { Metrics } from "../metrics.ts";
import type { Account } from "./account.ts";
import type { Ledger } from "./ledger.ts";
import type { Purchases } from "./purchases.ts";
import type { Receipts } from "./receipts.ts";
import { ticksHold } from "./ticks.ts";

type Page = Fields<"RECALLED">;

/** One relay connection: sessions and notices that it brings wait for `done`. */
export type Recalling = {
  /** Resolves when the relay has nothing more to say, at once if it need not be asked; rejects when the connection ends before. */
  done(): Promise<void>;
  /** The relay's next page. @throws RefusedError BadFrame, Limit, ChainUnreachable */
  take(page: Page): Promise<void>;
  end(): void;
};

export type Recall = {
  attend(link: { frames: FrameStream; listingId: bigint; relay: Address }): Recalling;
  /** A relay holds what this data file does not know: its listing's relays are asked, those that are connected at once. Only inside a commit. */
  doubt(listingId: bigint): void;
  /** Whether this relay has not yet said what it holds since the file was put back. */
  isDue(listingId: bigint, relay: Address): boolean;
  /** Resolves when all these relays have said it, or a minute after they were first to be asked. @throws RefusedError GatewayOffline when the signal aborts */
  settled(relays: readonly { listingId: bigint; relay: Address }[], signal: AbortSignal): Promise<void>;
};

export type RecallInit = {
  db: Database;
  ledger: Ledger;
  purchases: Purchases;
  receipts: Receipts;
  /** These are known, or open again, only now: whatever the chain asks for them is still to be looked at. */
  closer: Pick<Closer, "closing">;
  /** A running session counts on what its channel owed when it was opened. */
  isLive: (channelId: Hex) => boolean;
  crypto: Crypto;
  delivery: Delivery;
  metrics: Metrics;
  log: Logger;
};

export function createRecall(init: RecallInit): Recall {
  const { db, ledger, purchases, receipts, crypto, delivery, metrics, log } = init;
  const events = new EventEmitter<{ done: [] }>();
  events.setMaxListeners(0);
  const links = new Map<bigint, Set<() => void>>();
  const startedAt = Date.now();
  const doubtedAt = new Map<bigint, number>();

  const doubtOf = (listingId: bigint): string => `doubt/${listingId}`;
  const nameOf = (listingId: bigint, relay: Address): string =>
    `recalled/${listingId}/${relay.toLowerCase()}`;
  /** Which restore the answers must be of; empty if there was none. */
  const causeOf = (listingId: bigint): string =>
    (db.note(RESTORED) ?? "") + (db.note(doubtOf(listingId)) ?? "");
  const isDue = (listingId: bigint, relay: Address): boolean => {
    const cause = causeOf(listingId);
    return cause !== "" && db.note(nameOf(listingId, relay)) !== cause;
  };

  /** The channel's account, opened anew if the copy was made before the purchase. */
  async function accountOf(listingId: bigint, item: Page["items"][number]): Promise<Account | undefined> {
    const { channelId, grantId } = item;
    const known = ledger.account(channelId);
    if (known) return known;
    try {
      const purchased = await purchases.metered(grantId, channelId, null);
      if (purchased.listingId !== listingId) return undefined;
      return await db.commit(() => ledger.account(channelId) ?? ledger.admit(purchased));
    } catch (error) {
      if (!(error instanceof RefusedError) || error.name === "ChainUnreachable") throw error;
      return undefined; // the relay speaks of something that the chain does not know
    }
  }

  /** Paid into again after the close that the file knows, and read on since: a session begins with vouchers that the deposit covers, and only then. */
  async function isOpenAgain(
    { channelId, frozenEpoch, total }: Account,
    cumulative: bigint,
  ): Promise<boolean> {
    if (frozenEpoch === null) return false;
    const { epoch, deposit, claimed } = await purchases.channel(channelId);
    return epoch !== frozenEpoch && deposit > claimed && deposit >= total && deposit >= cumulative;
  }

  async function believe(listingId: bigint, relay: Address, items: Page["items"]): Promise<void> {
    const good: { account: Account; cumulative: bigint; signature: Uint8Array }[] = [];
    const known = new Set<Account>();
    /** Bought, or closed and paid into again, after the copy was made; with the epoch for which the copy has them frozen. */
    const late = new Map<Account, number | null>();
    for (const item of items) {
      const { channelId, cumulative, signature } = item;
      const isNew = ledger.account(channelId) === undefined;
      const account = await accountOf(listingId, item);
      if (account?.listingId !== listingId) continue;
      known.add(account);
      const { frozenEpoch } = account;
      if (isNew || (await isOpenAgain(account, cumulative))) late.set(account, frozenEpoch);
      if (cumulative <= account.total) continue;
      const signer = crypto.recover(voucherDigest(delivery, { channelId, cumulative, relay }), signature);
      if (signer?.toLowerCase() === account.terms.signer.toLowerCase())
        good.push({ account, cumulative, signature });
      else metrics.count("refused_vouchers");
    }
    await receipts.take(
      listingId,
      items.flatMap(({ channelId, receipt }) => (receipt ? [{ channelId, ...receipt }] : [])),
    );
    await db.commit(() => {
      for (const [account, frozenEpoch] of late)
        if (frozenEpoch !== null && account.frozenEpoch === frozenEpoch) ledger.thaw(account);
      for (const { account, cumulative, signature } of good)
        if (account.frozenEpoch === null) ledger.accept(account, { cumulative, relay, signature });
      // They stand on the vouchers that were just taken.
      for (const { channelId, ticks: proof } of items) {
        const account = ledger.account(channelId);
        if (!proof || account?.listingId !== listingId || account.frozenEpoch !== null) continue;
        const ticks = { ...proof, relay };
        if (ticksHold(crypto, delivery, account, ticks)) ledger.acceptTicks(account, ticks);
      }
      for (const account of known)
        if (!init.isLive(account.channelId))
          ledger.lift(account, receipts.of(account.channelId)?.cumulative ?? 0n);
    });
    for (const { channelId } of late.keys()) init.closer.closing(channelId);
    metrics.count("recalled_channels", {}, good.length);
  }

  return {
    isDue,
    doubt(listingId) {
      db.setNote(doubtOf(listingId), randomUUID());
      doubtedAt.set(listingId, Date.now());
      for (const again of links.get(listingId) ?? []) again();
    },
    async settled(relays, signal) {
      // Doubts that come meanwhile lengthen nothing: a relay could raise them for ever.
      const since = Math.max(...relays.map(({ listingId }) => doubtedAt.get(listingId) ?? startedAt));
      const patience = new AbortController();
      const timer = setTimeout(() => patience.abort(), Math.max(0, since + RECALL_PATIENCE_MS - Date.now()));
      const until = AbortSignal.any([signal, patience.signal]);
      try {
        while (!until.aborted && relays.some(({ listingId, relay }) => isDue(listingId, relay)))
          await once(events, "done", { signal: until }).catch(() => undefined); // looked at once more
      } finally {
        clearTimeout(timer);
      }
      if (signal.aborted) throw new RefusedError("GatewayOffline", "the gateway is stopping");
    },
    attend({ frames, listingId, relay }) {
      let asked: Hex | null = null;
      let count = 0;
      let waiting: PromiseWithResolvers<void> | undefined;
      const ask = (after: Hex | null): void => {
        asked = after;
        frames.send("RECALL", { after });
      };
      const begin = (): void => {
        if (waiting) return; // what it has said so far is on our disk
        count = 0;
        waiting = Promise.withResolvers();
        waiting.promise.catch(() => undefined);
        ask(null);
      };
      const siblings = links.get(listingId) ?? new Set();
      links.set(listingId, siblings.add(begin));
      if (isDue(listingId, relay)) begin();
      return {
        done: () => waiting?.promise ?? Promise.resolve(),
        async take({ items, next }) {
          if (!waiting) throw new RefusedError("BadFrame", "RECALLED came unasked");
          if (next !== null && asked !== null && next <= asked)
            throw new RefusedError("BadFrame", "RECALLED: next rises");
          count += items.length;
          if (count > MAX_RECALLED_CHANNELS)
            throw new RefusedError("Limit", "too many channels", { limit: "recalled channels" });
          await believe(listingId, relay, items);
          if (next !== null) return ask(next);
          await db.commit(() => db.setNote(nameOf(listingId, relay), causeOf(listingId)));
          log.info(
            { event: "recalled", relay, listing: String(listingId), channels: count },
            "a relay has said what it holds",
          );
          waiting.resolve();
          waiting = undefined;
          events.emit("done");
        },
        end() {
          siblings.delete(begin);
          waiting?.reject(new RefusedError("GatewayOffline", "the relay has gone"));
        },
      };
    },
  };
}
