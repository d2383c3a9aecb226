// The end of a channel: by the buyer's notice through a relay, or because its payer asked the chain for his money back.
import {
  type ChannelState,
  type CloseChannelReturnType,
  type Contracts,
  closeChannel,
  contractError,
  getChannel,
  MAX_ANCESTORS,
} from "@weir/sdk/chain";
import {
  type Crypto,
  closeNoticeDigest,
  type Delivery,
  type Hex,
  hex,
  ticksWithin,
  ZERO_ADDRESS,
} from "@weir/sdk/core";
import { type Fields, type FrameStream, RefusedError } from "@weir/sdk/wire";
import type { Logger } from "pino";
import type { PublicClient } from "viem";
import type { Database } from "../database.ts";
import type { Account } from "../keys/account.ts";
import type { Ledger } from "../keys/ledger.ts";
import { CLAIM_READS, CLOSE_RETRY_MS, CLOSE_TIMEOUT_MS } from "../limits.ts";
import { sleep } from "../link.ts";
import type { Metrics } from "../metrics.ts";
import type { Sender } from "./sender.ts";
import { presentTicks } from "./ticks.ts";

export type Closer = {
  /** Answers a NOTICE with NOTICE_DONE. */
  notice(frames: FrameStream, notice: Fields<"NOTICE">, listingId: bigint): Promise<void>;
  /** The chain says that a payer wants to leave; other people's channels are ignored. */
  closing(channelId: Hex): void;
  /** Looks at every channel once: what was left undone by a stop, or by a block that was replaced, is done now. */
  resume(): void;
  /** The chain is followed up to this block. */
  passed(block: bigint): void;
  stop(): Promise<void>;
};

export type CloserInit = {
  db: Database;
  ledger: Ledger;
  client: PublicClient;
  contracts: Contracts;
  crypto: Crypto;
  delivery: Delivery;
  metrics: Metrics;
  log: Logger;
  /** The sender that may close the listing's channels. */
  sender: (listingId: bigint) => Sender | undefined;
  /** No key leaves for this channel any more. */
  onFrozen: (channelId: Hex) => void;
  /** It cannot be closed, now or ever. */
  onFailed: (channelId: Hex) => void;
  /** After a restore the best voucher may lie with any of the listing's relays: a close, which pays what is known, waits for them. */
  ready: (listingId: bigint) => Promise<void>;
};

/** Trying again would not help: the hub has another gateway account since the purchase. */
class NotOperator extends RefusedError {}

/** Without a hash: nothing had to be sent. */
type Done = { capture: bigint; transactionHash: Hex | null };

/** A close would move nothing, and only cost its sender gas: whoever owns a relay may ask for as many as he likes. */
const isEmpty = ({ deposit, claimed }: ChannelState): boolean => deposit <= claimed;

const same = (a: string | null, b: string): boolean => a?.toLowerCase() === b.toLowerCase();

export function createCloser(init: CloserInit): Closer {
  const { db, ledger, client, contracts, crypto, delivery, metrics, log } = init;
  const stopping = new AbortController();
  /** One try at a time for a channel; whoever comes later in the same epoch waits for the same one. */
  const running = new Map<Hex, { epoch: number; work: Promise<Done> }>();
  /** What notices ask for, by channel and epoch: asked again and again it is one work. */
  const insisting = new Map<string, Promise<Done>>();
  const hearing = new Map<bigint, Promise<void>>();
  /** Whose slot may say that they are to be closed, in the order in which they are looked at. */
  const wanted = new Set<Hex>();
  const looking = new Map<Hex, Promise<void>>();
  /** What was closed in blocks that may be replaced. One that is replaced before it is followed is announced to nobody: it is looked for. */
  const young = new Map<Hex, bigint>();

  const slotOf = (channelId: Hex): Promise<ChannelState> => getChannel(client, { contracts, channelId });

  /** One try. @throws NotOperator, or what the chain refused it for */
  function close(account: Account, { epoch }: ChannelState): Promise<Done> {
    const { channelId } = account;
    const before = running.get(channelId);
    if (before?.epoch === epoch) return before.work;
    const turn = before?.work.catch(() => undefined) ?? Promise.resolve();
    const work = turn
      .then(() => attempt(account, epoch))
      .finally(() => {
        if (running.get(channelId)?.work === work) running.delete(channelId);
      });
    running.set(channelId, { epoch, work });
    return work;
  }

  /** Freezes the account and closes the channel. */
  async function attempt(account: Account, epoch: number): Promise<Done> {
    const { channelId } = account;
    const capture = await db.commit(() => ledger.freeze(account, epoch));
    init.onFrozen(channelId);
    try {
      const sent = await send(account, epoch, capture);
      if (!("hash" in sent)) return { capture: sent.claimed, transactionHash: null };
      const { hash: transactionHash, receipt } = sent;
      young.set(channelId, receipt.blockNumber);
      await db.commit(() => {
        // Its payer may have put money in again before we heard that it is mined.
        if (account.frozenEpoch === epoch) ledger.closed(account, transactionHash);
      });
      metrics.count("closes");
      log.info(
        { event: "closed", channelId, capture: String(capture), transactionHash },
        "a channel was closed",
      );
      return { capture, transactionHash };
    } catch (error) {
      const { name, message } = contractError(error);
      metrics.count("failed_closes", { reason: name });
      log.warn({ event: "close failed", channelId, reason: name }, message);
      init.onFailed(channelId);
      throw error;
    }
  }

  /** What the listing's relays hold is known. One wait for everybody: whoever asks for it takes no other listing's place. */
  function heard(listingId: bigint): Promise<void> {
    const known = hearing.get(listingId);
    if (known) return known;
    const work = init.ready(listingId).finally(() => hearing.delete(listingId));
    hearing.set(listingId, work);
    return work;
  }

  function insist(account: Account, slot: ChannelState): Promise<Done> {
    const key = `${account.channelId}/${slot.epoch}`;
    const known = insisting.get(key);
    if (known) return known;
    const work = untilClosed(account, slot).finally(() => insisting.delete(key));
    insisting.set(key, work);
    return work;
  }

  /** Tries again until the chain shows that it is closed. */
  async function untilClosed(account: Account, first: ChannelState): Promise<Done> {
    let slot = first;
    for (;;) {
      try {
        return await close(account, slot);
      } catch (error) {
        if (error instanceof NotOperator) throw error;
        await sleep(CLOSE_RETRY_MS, stopping.signal);
        if (stopping.signal.aborted) throw error;
        // A chain that cannot be read now is asked again after the next try, whose failure is logged above.
        slot = await slotOf(account.channelId).catch(() => first);
        if (slot.epoch !== first.epoch) return { capture: slot.claimed, transactionHash: null };
      }
    }
  }

  /** Gives the slot in place of a transaction if that leaves nothing to do. */
  async function send(
    account: Account,
    epoch: number,
    capture: bigint,
  ): Promise<CloseChannelReturnType | ChannelState> {
    const sender = init.sender(account.listingId);
    if (!sender || !same(sender.account, account.terms.operator))
      throw new NotOperator("CloseFailed", "this gateway does not hold the channel's operator account");
    const { channelId, voucher, ticks, terms, relays } = account;
    return sender.run(async (operator) => {
      // What was sent before is mined by now: also by the program's last run, whose close may be this one.
      const slot = await slotOf(channelId);
      if (slot.epoch !== epoch || isEmpty(slot)) return slot;
      // A close takes vouchers only: what ticks alone prove is claimed first, and the close returns the rest.
      if (ticks && capture > ticks.base && slot.claimed < capture)
        await presentTicks(operator, {
          contracts,
          crypto,
          account,
          proof: ticks,
          ticks: ticksWithin(ticks, capture),
        });
      return closeChannel(operator, {
        contracts,
        terms,
        relays,
        voucher: { channelId, cumulative: voucher?.cumulative ?? 0n, relay: voucher?.relay ?? ZERO_ADDRESS },
        voucherSignature: voucher ? hex(voucher.signature) : "0x",
        capture,
      });
    });
  }

  async function takeNotice(notice: Fields<"NOTICE">, listingId: bigint): Promise<Done> {
    await heard(listingId);
    const account = ledger.account(notice.channelId);
    if (!account || account.listingId !== listingId)
      throw new RefusedError("NoGrant", "this gateway has no such channel");
    const { channelId, epoch, deadline, signature } = notice;
    const signer = crypto.recover(closeNoticeDigest(delivery, { channelId, epoch, deadline }), signature);
    if (!same(signer, account.terms.signer) && !same(signer, account.terms.payer))
      throw new RefusedError("BadSignature", "the notice is signed by neither signer nor payer");
    const done = { capture: account.capture ?? 0n, transactionHash: account.closeHash };
    const isKnown = done.transactionHash !== null && account.frozenEpoch === epoch;
    if (!isKnown && deadline <= Date.now() / 1000)
      throw new RefusedError("Expired", "the notice's deadline has passed");
    const slot = await slotOf(channelId);
    // Asked twice, for instance after a lost answer. A close whose block was replaced is none.
    if (isKnown && slot.epoch !== epoch) return done;
    if (isEmpty(slot)) return { capture: slot.claimed, transactionHash: null };
    if (slot.epoch !== epoch)
      throw new RefusedError(
        "CloseFailed",
        `the notice is for epoch ${epoch}, the channel is in ${slot.epoch}`,
      );
    return insist(account, slot);
  }

  /** By the chain's state, not by the event: the event may be an old one told again. */
  async function settle(account: Account): Promise<void> {
    const slot = await slotOf(account.channelId);
    const unfinished = account.frozenEpoch !== null && account.frozenEpoch === slot.epoch;
    if ((slot.closeAt !== 0 || unfinished) && !isEmpty(slot)) await close(account, slot);
  }

  const report = (error: unknown): void => {
    if (stopping.signal.aborted) return;
    const { name, message } = contractError(error);
    log.error({ event: "close", reason: name }, message);
  };

  /** It is looked at when the gateway starts again. */
  const stopped = (): void => undefined;

  /** Looks at the channel, again and again until its slot could be read and what it asks for is done. */
  function want(channelId: Hex): void {
    const account = ledger.account(channelId);
    if (!account) return;
    heard(account.listingId).then(() => {
      wanted.add(channelId);
      lookOn();
    }, stopped);
  }

  function lookOn(): void {
    for (const channelId of wanted) {
      if (looking.size >= CLAIM_READS || stopping.signal.aborted) return;
      if (looking.has(channelId)) continue;
      // Before its slot is read: who wants it from now on wants it read once more.
      wanted.delete(channelId);
      const work = settle(ledger.account(channelId)!)
        .catch((error) => {
          report(error);
          // Behind the others, and in nobody's place while it waits.
          if (!(error instanceof NotOperator))
            void sleep(CLOSE_RETRY_MS, stopping.signal).then(() => want(channelId));
        })
        .finally(() => {
          looking.delete(channelId);
          lookOn();
        });
      looking.set(channelId, work);
    }
  }

  return {
    async notice(frames, notice, listingId) {
      const { channelId } = notice;
      const timeout = new Promise<never>((_, reject) => {
        const late = () =>
          reject(
            new RefusedError(
              "CloseFailed",
              `not closed within ${CLOSE_TIMEOUT_MS / 1000} s; the gateway goes on with it`,
            ),
          );
        setTimeout(late, CLOSE_TIMEOUT_MS).unref();
      });
      try {
        const work = takeNotice(notice, listingId);
        work.catch(report);
        const { capture, transactionHash } = await Promise.race([work, timeout]);
        frames.send("NOTICE_DONE", { channelId, capture, transactionHash, error: null });
      } catch (error) {
        const { name, message } = error instanceof RefusedError ? error : contractError(error);
        const capture = ledger.account(channelId)?.capture ?? 0n;
        frames.send("NOTICE_DONE", { channelId, capture, transactionHash: null, error: { name, message } });
      }
    },
    closing: want,
    resume() {
      // The chain says what is closed: what we have seen mined may be in no block any more. What we know to be open goes first.
      const accounts = [...ledger.accounts()].sort(
        (a, b) => Number(a.closeHash !== null) - Number(b.closeHash !== null),
      );
      for (const { channelId } of accounts) want(channelId);
    },
    passed(block) {
      for (const [channelId, minedAt] of young) {
        if (block < minedAt + BigInt(MAX_ANCESTORS)) continue;
        young.delete(channelId);
        want(channelId);
      }
    },
    async stop() {
      stopping.abort();
      await Promise.allSettled([...looking.values(), ...[...running.values()].map(({ work }) => work)]);
    },
  };
}
