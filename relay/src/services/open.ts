/** Whether an OPEN may be served: checks from cheap to dear, each with its own refusal. */
import type { ListingTerms } from "@weir/sdk/chain";
import {
  type Bytes,
  type Connect,
  type Crypto,
  closeNoticeDigest,
  connectMessage,
  type Delivery,
  type Hex,
  isMetered,
  type Plan,
  proofToDetail,
  sessionDigest,
  voucherDigest,
  ZERO_HASH,
} from "@weir/sdk/core";
import { type FrameOf, RefusedError } from "@weir/sdk/wire";
import type { Address } from "viem";
import type { Admission, Grant, Payment } from "../chain/admission.ts";
import { judge } from "../chain/judge.ts";
import { isOpenGrant, openGrant } from "../chain/open.ts";
import { isNoAnswer } from "../chain/rechecks.ts";
import type { Account } from "../store/ledger.ts";
import { checkExpiry } from "./gateway-auth.ts";
import { type Peer, sameAddress } from "./serve.ts";

export type OpenFrame = FrameOf<"OPEN">;
export type Notice = Pick<FrameOf<"CLOSE">, "epoch" | "deadline" | "signature">;

/** A channel's epoch goes round. */
const EPOCHS = 2 ** 24;

export type OpenComponents = {
  admission: Admission;
  crypto: Crypto;
  delivery: Delivery;
  operator: Address;
  relayPeer: Uint8Array;
};

/** An OPEN whose sender may read. */
export type Admitted = Payment & { grant: Grant; terms: ListingTerms };

/** A metered session whose signatures hold; the ledger and the gateway have not been asked yet. */
export type CheckedSession = {
  sessionNo: bigint;
  digest: Bytes;
  generation: number;
  fromSeq: bigint;
  total: bigint;
  voucher: Bytes;
  plan: Plan;
};

/** Grant, window, payment, connection. From here on the peer is no stranger. @throws RefusedError */
export async function admit(components: OpenComponents, peer: Peer, open: OpenFrame): Promise<Admitted> {
  const admitted = await check(components, peer, open);
  peer.admittedOn(admitted.grant.grantId);
  return admitted;
}

async function check(components: OpenComponents, peer: Peer, open: OpenFrame): Promise<Admitted> {
  const { admission, crypto, delivery, relayPeer } = components;
  const terms = await termsOf(components, open);
  if (isOpenGrant(open)) return admitAnybody(components, terms, open);
  let grant = await grantOf(components, peer, open);
  const connect: Connect = {
    chainId: delivery.chainId,
    contract: delivery.grants,
    relayPeer,
    ownPeer: peer.peerBytes,
    relayNonce: peer.nonce,
    listingId: open.listingId,
    paymentId: open.paymentId,
    expiry: open.expiry,
  };
  const signer = crypto.recover(crypto.sha256(connectMessage(connect)), open.signature);
  // The keys may have been changed in a block that we have not looked at yet.
  if (!sameAddress(signer, grant.signer)) grant = await admission.grant(open.grantId, { fresh: true });
  if (!sameAddress(signer, grant.signer))
    throw new RefusedError("BadSignature", "OPEN is not signed by the grant's signer.");
  const metered = isMetered(grant);
  if (metered !== (open.session !== null) || metered !== (open.voucher !== null))
    throw new RefusedError("WrongPlan", "Session and voucher belong to metered plans, and to them alone.");
  const payment = await admission.payment(grant, { fresh: true });
  const refusal = judge(grant, admission.now(), payment);
  if (refusal) throw refusal;
  await admission.requireConfirmed(grant, payment);
  return { grant, terms, ...payment };
}

/** The version that an OPEN names, of a listing that names this relay. @throws RefusedError */
async function termsOf({ admission, operator }: OpenComponents, open: OpenFrame): Promise<ListingTerms> {
  checkExpiry(open.expiry, Math.floor(Date.now() / 1000));
  const terms = await admission.terms(open.listingId, open.version);
  if (!terms.relays.some((relay) => sameAddress(relay, operator)))
    throw new RefusedError("NotServed", "This version of the listing does not name this relay.");
  return terms;
}

/** The grant that an OPEN names; nobody has proven yet that it is his. @throws RefusedError */
async function grantOf({ admission }: OpenComponents, peer: Peer, open: OpenFrame): Promise<Grant> {
  const { transactionHash } = open;
  const purchase = transactionHash && { transactionHash, peer: peer.id };
  const grant = await admission.grant(open.grantId, { purchase });
  if (grant.listingId !== open.listingId || grant.paymentId.toLowerCase() !== open.paymentId)
    throw new RefusedError("NoGrant", "The grant is for another listing or payment.");
  if (grant.version !== open.version || grant.plan !== open.plan)
    throw new RefusedError("WrongPlan", "The grant was bought for another version or plan.", {
      version: String(grant.version),
      plan: String(grant.plan),
    });
  return grant;
}

/**
 * A notice that came in the place of a session: the channel of this OPEN is to end. Whether its grant may read, and what it holds, is of no
 * interest. From here on the peer is no stranger. Resolves with whether it is for the running epoch, or for the one that was closed just now.
 *
 * @throws RefusedError
 */
export async function admitNotice(
  components: OpenComponents,
  peer: Peer,
  open: OpenFrame,
  notice: Notice,
): Promise<boolean> {
  await termsOf(components, open);
  const grant = await grantOf(components, peer, open);
  if (!isMetered(grant) || open.session !== null || open.voucher !== null)
    throw new RefusedError("WrongPlan", "A notice ends a metered channel, and opens no session.");
  checkNotice(components, grant, notice);
  const { epoch } = await components.admission.channel(grant.paymentId, { fresh: true });
  // Of a channel that has just been closed the gateway knows the transaction: the answer to an earlier notice may have been lost.
  if (notice.epoch !== epoch && (notice.epoch + 1) % EPOCHS !== epoch) throw staleNotice();
  peer.admitted();
  return notice.epoch === epoch;
}

/** @throws RefusedError Expired, BadSignature: not by the voucher signer, or for another channel, epoch or deadline */
export function checkNotice(
  { admission, crypto, delivery }: Pick<OpenComponents, "admission" | "crypto" | "delivery">,
  { paymentId: channelId, voucherSigner }: Grant,
  { epoch, deadline, signature }: Notice,
): void {
  if (deadline <= admission.now()) throw staleNotice();
  const digest = closeNoticeDigest(delivery, { channelId, epoch, deadline });
  if (!sameAddress(crypto.recover(digest, signature), voucherSigner))
    throw new RefusedError("BadSignature", "The notice is not signed by the grant's signer.");
}

export const staleNotice = (): RefusedError =>
  new RefusedError("Expired", "The notice is for another epoch of the channel, or past its deadline.");

/** An open listing's reader: there is nothing that he could prove, and nothing that he has to. */
async function admitAnybody(
  { admission }: OpenComponents,
  terms: ListingTerms,
  open: OpenFrame,
): Promise<Admitted> {
  const grant = await openGrant(admission, open.listingId);
  if (open.session !== null || open.voucher !== null || open.paymentId !== ZERO_HASH)
    throw new RefusedError("WrongPlan", "An open listing takes no payment.");
  const payment = await admission.payment(grant);
  const refusal = judge(grant, admission.now(), payment);
  if (refusal) throw refusal;
  return { grant, terms, ...payment };
}

/** Session and voucher of a metered OPEN. `account` is the channel's ledger row. @throws RefusedError */
export function checkSession(
  { crypto, delivery, operator }: OpenComponents,
  { grant, terms, channel }: Admitted,
  open: OpenFrame,
  account: Account,
): CheckedSession {
  const session = open.session!;
  const voucher = open.voucher!;
  const plan = terms.plans[grant.plan];
  if (!plan) throw new RefusedError("WrongPlan", "The listing has no such plan.");
  checkExpiry(session.expiry, Math.floor(Date.now() / 1000));
  if (account.session && session.sessionNo <= account.session.sessionNo)
    throw new RefusedError("StaleSession", "A session with this or a higher number was opened here.", {
      sessionNo: String(account.session.sessionNo),
    });
  const least = session.baseTotal + plan.entry;
  if (channel!.deposit < least)
    throw new RefusedError("OutOfMoney", "The channel holds less than what is due and the entry.", {
      deposit: String(channel!.deposit),
      needed: String(least),
    });
  if (voucher.cumulative < least)
    throw new RefusedError("BelowEntry", "The voucher does not cover what is due and the entry.", {
      needed: String(least),
    });
  if (voucher.cumulative < account.total)
    throw new RefusedError("FallingTotal", "A higher voucher is known here.", {
      total: String(account.total),
      // Proof for a buyer who lost his store: he believes his own signature.
      ...(account.signature
        ? proofToDetail({
            ...account,
            relay: operator,
            signature: account.signature,
            ticks: account.ticks ?? undefined,
          })
        : {}),
    });
  if (voucher.cumulative > channel!.deposit)
    throw new RefusedError("OverDeposit", "The voucher is above the deposit.", {
      deposit: String(channel!.deposit),
    });
  const channelId = grant.paymentId;
  const signed = {
    channelId,
    sessionNo: session.sessionNo,
    relay: operator,
    generation: session.generation,
    fromSeq: session.fromSeq,
    baseTotal: session.baseTotal,
    expiry: session.expiry,
  };
  const digest = sessionDigest(delivery, signed, crypto.keccak256);
  if (!sameAddress(crypto.recover(digest, session.signature), grant.signer))
    throw new RefusedError("BadSignature", "The session is not signed by the grant's signer for this relay.");
  checkVoucher({ crypto, delivery, operator }, channelId, grant.voucherSigner, voucher);
  return {
    sessionNo: session.sessionNo,
    digest,
    generation: session.generation,
    fromSeq: session.fromSeq,
    total: voucher.cumulative,
    voucher: new Uint8Array(voucher.signature),
    plan,
  };
}

/**
 * What the channel holds, read again if that is less than `total`. While the chain does not answer it is what it was when the session was
 * judged last: that ends no running session. @throws RefusedError ChainUnreachable, Limit
 */
export async function depositFor(
  { admission }: Pick<OpenComponents, "admission">,
  { grant: { paymentId }, channel }: Admitted,
  total: bigint,
): Promise<bigint> {
  return admission.admitted(async () => {
    const { deposit } = await admission.channel(paymentId).catch((error: unknown) => {
      if (channel && isNoAnswer(error)) return channel;
      throw error;
    });
    return total <= deposit ? deposit : (await admission.channel(paymentId, { fresh: true })).deposit;
  });
}

/** @throws RefusedError BadSignature: not by the voucher signer, or for another channel, total, or relay */
export function checkVoucher(
  { crypto, delivery, operator }: Pick<OpenComponents, "crypto" | "delivery" | "operator">,
  channelId: Hex,
  signer: Address,
  { cumulative, signature }: { cumulative: bigint; signature: Uint8Array },
): void {
  const digest = voucherDigest(delivery, { channelId, cumulative, relay: operator }, crypto.keccak256);
  if (!sameAddress(crypto.recover(digest, signature), signer))
    throw new RefusedError(
      "BadSignature",
      "The voucher is not signed by the channel's signer for this relay.",
    );
}
