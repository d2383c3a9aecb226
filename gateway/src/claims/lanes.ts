// Claims of several accounts at a time: one whose transaction no block takes holds up nobody else's.
import type { Sender } from "./sender.ts";

export type Lanes = {
  /** What this account was given before is not done: nothing of its is looked at meanwhile. */
  isBusy(by: Sender | undefined): boolean;
  /** Only for one that is not busy. */
  start(by: Sender, work: () => Promise<void>): void;
  /** Resolves when every account is done. */
  done(): Promise<unknown>;
};

export function createLanes(report: (error: unknown) => void): Lanes {
  const busy = new Map<Sender, Promise<void>>();
  return {
    isBusy: (by) => by !== undefined && busy.has(by),
    start: (by, work) => {
      busy.set(
        by,
        work()
          .catch(report)
          .finally(() => busy.delete(by)),
      );
    },
    done: () => Promise.all(busy.values()),
  };
}
