/** Whether somebody may read now: the same rules at OPEN and after every block. */
import type { ChannelState } from "@weir/sdk/chain";
import { Rights } from "@weir/sdk/core";
import { RefusedError } from "@weir/sdk/wire";
import type { Grant } from "./admission.ts";

/**
 * Null, or the refusal. `now` in unix seconds; `channel` for metered grants; `epoch` = the close epoch in which the session
 * began (a close that has ended since is an end, too).
 */
export function judge(
  grant: Grant,
  now: number,
  channel: ChannelState | null,
  epoch: number | null = null,
): RefusedError | null {
  if (grant.revokedAt !== 0) return new RefusedError("Revoked", "The seller revoked this grant.");
  if ((grant.rights & Rights.read) === 0)
    return new RefusedError("NoGrant", "The grant gives no right to read.");
  if (now < grant.notBefore)
    return new RefusedError("BeforeWindow", "The grant's window has not begun.", {
      notBefore: String(grant.notBefore),
    });
  if (now >= grant.notAfter)
    return new RefusedError("AfterWindow", "The grant's window has ended.", {
      notAfter: String(grant.notAfter),
    });
  if (channel === null) return null;
  if (channel.closeAt !== 0)
    return new RefusedError("Closing", "A close is pending on the channel.", {
      closeAt: String(channel.closeAt),
    });
  if (epoch !== null && channel.epoch !== epoch)
    return new RefusedError("Closing", "The channel was closed.");
  return null;
}
