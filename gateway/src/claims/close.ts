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
import { CLOSE_RETRY_MS, CLOSE_TIMEOUT_MS } from "../limits.ts";
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
  resume(): Promise<void>;
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
  /** After a restore the best vouchers may lie with the relays: what the chain asks for waits for them, it has a challenge's time. */
  ready: () => Promise<void>;
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
  /** One close at a time for a channel; whoever comes later waits for the same one. */
  const running = new Map<Hex, Promise<Done>>();
  /** What was closed in blocks that may be replaced. One that is replaced before it is followed is announced to nobody: it is looked for. */
  const young = new Map<Hex, bigint>();

  const slotOf = (channelId: Hex): Promise<ChannelState> => getChannel(client, { contracts, channelId });

  /** Freezes the account and closes the channel; tries again until the chain shows that it is closed. */
  function close(account: Account, slot: ChannelState): Promise<Done> {
    const { channelId } = account;
    const before = running.get(channelId);
    if (before) return before;
    const work = attempt(account, slot).finally(() => running.delete(channelId));
    running.set(channelId, work);
    return work;
  }

  async function attempt(account: Account, first: ChannelState): Promise<Done> {
    const { channelId } = account;
    const capture = await db.commit(() => ledger.freeze(account, first.epoch));
    init.onFrozen(channelId);
    for (;;) {
      try {
        const sent = await send(account, first.epoch, capture);
        if (!("hash" in sent)) return { capture: sent.claimed, transactionHash: null };
        const { hash: transactionHash, receipt } = sent;
        young.set(channelId, receipt.blockNumber);
        await db.commit(() => ledger.closed(account, transactionHash));
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
        if (error instanceof NotOperator) throw error;
        await sleep(CLOSE_RETRY_MS, stopping.signal);
        if (stopping.signal.aborted) throw error;
        // A chain that cannot be read now is asked again after the next attempt, whose failure is logged above.
        const slot = await slotOf(channelId).catch(() => undefined);
        if (slot && slot.epoch !== first.epoch) return { capture: slot.claimed, transactionHash: null };
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
    return close(account, slot);
  }

  /** By the chain's state, not by the event: the event may be an old one told again. */
  async function settle(account: Account): Promise<void> {
    await init.ready();
    const slot = await slotOf(account.channelId);
    const unfinished = account.frozenEpoch !== null && account.frozenEpoch === slot.epoch;
    if ((slot.closeAt !== 0 || unfinished) && !isEmpty(slot)) await close(account, slot);
  }

  const report = (error: unknown): void => {
    if (stopping.signal.aborted) return;
    const { name, message } = contractError(error);
    log.error({ event: "close", reason: name }, message);
  };

  function closing(channelId: Hex): void {
    const account = ledger.account(channelId);
    if (account) settle(account).catch(report);
  }

  return {
    async notice(frames, notice, listingId) {
      const { channelId } = notice;
      const timeout = new Promise<never>((_, reject) => {
        const late = () =>
          reject(
            new RefusedError(
              "CloseFailed",
              `the chain did not take the close within ${CLOSE_TIMEOUT_MS / 1000} s; it is tried again`,
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
    closing,
    async resume() {
      // The chain says what is closed: what we have seen mined may be in no block any more.
      for (const account of ledger.accounts()) await settle(account).catch(report);
    },
    passed(block) {
      for (const [channelId, minedAt] of young) {
        if (block < minedAt + BigInt(MAX_ANCESTORS)) continue;
        young.delete(channelId);
        closing(channelId);
      }
    },
    async stop() {
      stopping.abort();
      await Promise.allSettled(running.values());
    },
  };
}
