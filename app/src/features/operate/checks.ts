/** The operator's checklist: each point from what the chain, the relay and the indexer say, never from what the operator says. */
import { livenessOf } from "../../lib/liveness.ts";
import type { Probe } from "./useProbe.ts";
import type { OperatorRelay } from "./useRelay.ts";

/** `wait`: nobody can tell yet. */
export type Verdict = "yes" | "no" | "wait";

export interface Checks {
  registered: Verdict;
  reachable: Verdict;
  serving: Verdict;
  chosen: Verdict;
  earning: Verdict;
}

export interface Figures {
  reached: number;
  dialled: number;
  /** Listings with a head that is not gone. */
  served: number;
  listings: number;
}

export function checksOf(
  { entry, found }: Pick<OperatorRelay, "entry" | "found">,
  probe: Probe | undefined,
  nowMs: number,
): { checks: Checks; figures: Figures } {
  const registered = entry.registeredAt !== 0 && entry.withdrawableAt === 0;
  const dialled = probe?.endpoints.filter(({ result }) => result !== "skipped") ?? [];
  const reached = dialled.filter(({ result }) => result === "reached").length;
  const served = probe?.heads?.filter((head) => livenessOf(head, nowMs, true) !== "gone").length ?? 0;
  const listings = found?.listings.length ?? 0;
  const verdict = (known: boolean, holds: boolean): Verdict => (!known ? "wait" : holds ? "yes" : "no");
  return {
    checks: {
      registered: registered ? "yes" : "no",
      // Every endpoint that a page can dial has to answer: a buyer takes the first, whichever it is.
      reachable: verdict(probe !== undefined, dialled.length > 0 && reached === dialled.length),
      serving: verdict(probe !== undefined, served > 0),
      chosen: verdict(found !== undefined, listings > 0),
      earning: verdict(found !== undefined, (found?.earned.length ?? 0) > 0),
    },
    figures: { reached, dialled: dialled.length, served, listings },
  };
}
