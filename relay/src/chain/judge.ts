/** Whether somebody may read now: the same rules at OPEN and after every block. */
import { Rights } from "@weir/sdk/core";
import { RefusedError } from "@weir/sdk/wire";
import type { Grant, Payment } from "./admission.ts";

/**
 * Null, or the refusal. `now` in unix seconds; `epoch` = the channel's close epoch in which the session began (a close that has
 * ended since is an end, too).
 */
export function judge(
  grant: Grant,
  now: number,
  payment: Payment,
  epoch: number | null = null,
): RefusedError | null {
  if (grant.revokedAt !== 0) return new RefusedError("Revoked", "The seller revoked this grant.");
  if ((grant.rights & Rights.read) === 0)
    return new RefusedError("NoGrant", "The grant gives no right to read.");
  if (now < grant.notBefore)
    return new RefusedError("BeforeWindow", "The grant's window has not begun.", {
      notBefore: String(grant.notBefore),
    });
  const { channel, consent } = payment;
  if (consent !== null && now < consent.from) return withdrawn();
  const end = endOf(grant, payment);
  if (now >= end.at) return end.refusal();
  if (channel === null) return null;
  if (channel.closeAt !== 0)
    return new RefusedError("Closing", "A close is pending on the channel.", {
      closeAt: String(channel.closeAt),
    });
  if (epoch !== null && channel.epoch !== epoch)
    return new RefusedError("Closing", "The channel was closed.");
  return null;
}

/** When reading ends by the clock: unix seconds, and what is said then. */
export type End = { at: number; refusal: () => RefusedError };

const withdrawn = (): RefusedError =>
  new RefusedError("ConsentWithdrawn", "A consent that the data depends on does not stand now.");

/** The end of the grant's window, of the time that is paid for, or of the consent, whichever comes first. */
export function endOf(grant: Grant, { subscription, consent }: Omit<Payment, "channel">): End {
  if (consent !== null && consent.to <= Math.min(grant.notAfter, subscription?.stop ?? grant.notAfter))
    return { at: consent.to, refusal: withdrawn };
  if (subscription !== null && subscription.stop < grant.notAfter) {
    const { stop } = subscription;
    const refusal = () =>
      new RefusedError("OutOfMoney", "The time that was paid for is over.", { stop: String(stop) });
    return { at: stop, refusal };
  }
  const { notAfter } = grant;
  return {
    at: notAfter,
    refusal: () =>
      new RefusedError("AfterWindow", "The grant's window has ended.", { notAfter: String(notAfter) }),
  };
}
