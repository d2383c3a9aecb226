/** Whether somebody may read now, or send commands: the same rules at OPEN, at a command, and after every block. */
import { Rights, type SubscriptionSlot } from "@weir/sdk/core";
import { RefusedError } from "@weir/sdk/wire";
import type { Grant, Payment } from "./admission.ts";

/**
 * Null, or the refusal. `now` in unix seconds; `epoch` = the channel's close epoch in which the session began (a close that has
 * ended since is an end, too). `right`: the one that is wanted, a bit of `Rights`.
 */
export function judge(
  grant: Grant,
  now: number,
  { channel, subscription }: Payment,
  epoch: number | null = null,
  right: number = Rights.read,
): RefusedError | null {
  if (grant.revokedAt !== 0) return new RefusedError("Revoked", "The seller revoked this grant.");
  if ((grant.rights & right) === 0)
    return right === Rights.read
      ? new RefusedError("NoGrant", "The grant gives no right to read.")
      : new RefusedError("NoRight", "The grant gives no right to send commands.");
  if (now < grant.notBefore)
    return new RefusedError("BeforeWindow", "The grant's window has not begun.", {
      notBefore: String(grant.notBefore),
    });
  const end = endOf(grant, subscription);
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

/** The end of the grant's window, or of the time that is paid for. */
export function endOf(grant: Grant, subscription: SubscriptionSlot | null): End {
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
