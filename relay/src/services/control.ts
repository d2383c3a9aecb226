/** The frames that a running session takes: credit, vouchers, ticks, receipts, and the notice that ends it. */
import { receiptDigest, ZERO_HASH } from "@weir/sdk/core";
import { type FrameOf, type FrameStream, RefusedError } from "@weir/sdk/wire";
import { CONTROL_FRAMES_BURST, CONTROL_FRAMES_PER_SECOND, MAX_BAD_VOUCHERS } from "../limits.ts";
import type { Metrics } from "../metrics.ts";
import { type LedgerStore, packReceipt, unpackReceipt } from "../store/ledger.ts";
import type { Meter } from "./meter.ts";
import {
  type Admitted,
  checkNotice,
  checkVoucher,
  depositFor,
  type OpenComponents,
  staleNotice,
} from "./open.ts";
import { bucket } from "./rate.ts";
import type { Reader } from "./reader.ts";
import { sameAddress } from "./serve.ts";
import { beginChain, payTick } from "./ticks.ts";
import type { Vouchers } from "./vouchers.ts";

/** One running session. `epoch` = the channel's close epoch in which it began; `closing` = a notice is under way. */
export type Session = Admitted & {
  reader: Reader;
  meter: Meter | null;
  epoch: number | null;
  closing: boolean;
};

export type ControlComponents = OpenComponents & {
  ledger: LedgerStore;
  vouchers: Vouchers;
  metrics: Metrics;
};

/** Takes the reader's frames until the stream ends; what goes wrong ends the reader by name. */
export async function listen(
  components: ControlComponents,
  frames: FrameStream,
  session: Session,
): Promise<void> {
  const rate = bucket(CONTROL_FRAMES_BURST, CONTROL_FRAMES_PER_SECOND);
  let bad = 0;
  try {
    for (;;) {
      const frame = await frames.read();
      if (frame === null) return session.reader.end("done");
      if (!rate.take()) throw new RefusedError("Limit", "Too many frames.", { limit: "control frames" });
      if (frame.type === "CREDIT") session.reader.addCredit(frame.bytes);
      else if (frame.type === "PAY" && session.meter) {
        if (!(await pay(components, session, session.meter, frame)) && ++bad >= MAX_BAD_VOUCHERS)
          throw falling(session.meter);
      } else if (frame.type === "TICK_CHAIN" && session.meter)
        beginChain(components, session, session.meter, frame);
      else if (frame.type === "TICK" && session.meter) {
        if (!(await payTick(components, session, session.meter, frame)) && ++bad >= MAX_BAD_VOUCHERS)
          throw falling(session.meter);
      } else if (frame.type === "RECEIPT" && session.meter)
        await receipt(components, session, session.meter, frame);
      else if (frame.type === "CLOSE" && session.meter) void close(components, session, session.meter, frame);
      else throw new RefusedError("BadFrame", `${frame.type} is not a reader's frame`);
    }
  } catch (error) {
    session.reader.end(error instanceof RefusedError ? error : "done");
    if (!(error instanceof RefusedError)) frames.abort(error as Error);
  }
}

const falling = ({ account }: Meter): RefusedError =>
  new RefusedError("FallingTotal", "The total does not rise.", { total: String(account.total) });

/** False when the total does not rise: answered with the best one. @throws RefusedError BadSignature, OverDeposit */
async function pay(
  components: ControlComponents,
  session: Session,
  meter: Meter,
  { cumulative, signature }: FrameOf<"PAY">,
): Promise<boolean> {
  const { metrics, vouchers } = components;
  const { grant, reader } = session;
  const { account } = meter;
  // A voucher for what ticks have made takes their place: it costs less on chain, and every close can use it.
  const isNews = () => cumulative > account.total || (cumulative === account.total && account.ticks !== null);
  const known = (): boolean => {
    reader.sendBalance();
    return cumulative === account.total;
  };
  if (!isNews()) return known();
  const deposit = await depositFor(components, session, cumulative);
  if (cumulative > deposit)
    throw new RefusedError("OverDeposit", "The voucher is above the deposit.", {
      deposit: String(deposit),
    });
  checkVoucher(components, grant.paymentId, grant.voucherSigner, { cumulative, signature });
  // A newer session may have paid more while the chain was asked.
  if (!isNews()) return known();
  const stored = meter.pay(cumulative, new Uint8Array(signature));
  reader.wake();
  await stored;
  metrics.add("vouchers_accepted_total");
  vouchers.pay(grant.listingId, { channelId: grant.paymentId, cumulative, signature });
  return true;
}

/** Evidence for whoever settles a dispute; never a condition of service. The highest is kept. */
async function receipt(
  { crypto, delivery, ledger, vouchers }: ControlComponents,
  { grant }: Session,
  { account }: Meter,
  frame: FrameOf<"RECEIPT">,
): Promise<void> {
  const { segmentId, cumulative, signature } = frame;
  const digest = receiptDigest(delivery, { channelId: grant.paymentId, segmentId, cumulative });
  if (!sameAddress(crypto.recover(digest, signature), grant.voucherSigner))
    throw new RefusedError("BadSignature", "The receipt is not signed by the grant's signer.");
  // A buyer who reads old segments again signs for less: the highest is what he has received.
  if (account.receipt && unpackReceipt(account.receipt).cumulative >= cumulative) return;
  account.receipt = packReceipt({ segmentId, cumulative, signature });
  await ledger.save(account);
  vouchers.receipt(grant.listingId, { channelId: grant.paymentId, segmentId, cumulative, signature });
}

/** The buyer ends the channel: delivery stands still until the gateway has said what it captures. */
async function close(
  components: ControlComponents,
  session: Session,
  meter: Meter,
  { epoch, deadline, signature }: FrameOf<"CLOSE">,
): Promise<void> {
  const { grant, reader } = session;
  const notice = { epoch, deadline, signature };
  try {
    if (session.closing) throw new RefusedError("CloseFailed", "A close is under way already.");
    if (epoch !== session.epoch) throw staleNotice();
    checkNotice(components, grant, notice);
    session.closing = true;
    meter.ceiling = meter.due;
    const done = await components.vouchers.notice(grant.listingId, { channelId: grant.paymentId, ...notice });
    reader.finish(done.capture, done.transactionHash ?? ZERO_HASH);
  } catch (error) {
    reader.end(
      error instanceof RefusedError ? error : new RefusedError("CloseFailed", (error as Error).message),
    );
  }
}
