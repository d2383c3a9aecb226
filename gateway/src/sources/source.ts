// What feeds a device from this machine: waits until the device and a listing that takes its messages are there, and hands them to the
// journal in batches, at the pace at which they are sold.
import type { Logger } from "pino";
import type { SourceConfig } from "../config.ts";
import type { Directory } from "../directory.ts";
import { GatewayRefusal } from "../errors.ts";
import { feeds } from "../feed.ts";
import type { Journal } from "../ingest/journal.ts";
import { createRate } from "../ingest/rate.ts";
import { MAX_SOURCE_AHEAD_BYTES, SOURCE_BATCH, SOURCE_WAIT_MS } from "../limits.ts";
import { sleep } from "../link.ts";
import type { Metrics } from "../metrics.ts";

export type Intake = {
  /**
   * Messages of one device into the journal; `along` is written with them. Resolves when they are on disk and more may come, false when the
   * gateway stops instead.
   */
  take(payloads: readonly Uint8Array[], along?: () => void): Promise<boolean>;
};

export type SourceInit = {
  journal: Journal;
  directory: Directory;
  metrics: Metrics;
  log: Logger;
  signal: AbortSignal;
};

/** `file` or the program's name: what stands in the log. */
export const nameOf = (source: SourceConfig): string => `${source.hubId}/${source.device}/${source.topic}`;

export function createSourceIntake(source: SourceConfig, init: SourceInit): Intake {
  const { hubId, device, topic, perSecond } = source;
  const { journal, directory, metrics, log, signal } = init;
  const rate = perSecond === undefined ? undefined : createRate(perSecond, Math.max(1, perSecond / 4));
  let waitsFor = "";

  /** Why nothing may be taken now; "" when it may. A message that no listing takes would be dropped after a minute. */
  function obstacle(): string {
    if (!directory.deviceActive(hubId, device)) return "the device to be registered";
    const taken = directory
      .listings()
      .some(
        (listing) => listing.hubId === hubId && !listing.closed && feeds(listing.newest.feed, device, topic),
      );
    if (!taken) return "a listing that takes its messages";
    return journal.bytes() > MAX_SOURCE_AHEAD_BYTES ? "relays to take what is there" : "";
  }

  async function clear(): Promise<boolean> {
    while (!signal.aborted) {
      const found = obstacle();
      if (found !== waitsFor && found !== "")
        log.info({ event: "source waits", source: nameOf(source), for: found }, "a source waits");
      waitsFor = found;
      if (found === "") return true;
      await sleep(SOURCE_WAIT_MS, signal);
    }
    return false;
  }

  return {
    async take(payloads, along) {
      for (;;) {
        if (!(await clear())) return false;
        const timeMs = Date.now();
        try {
          const messages = payloads.map((payload) => ({ hubId, device, topic, timeMs, payload }));
          await journal.append(messages, along);
          break;
        } catch (error) {
          // Full for now; everything else about these messages will not change.
          if (!(error instanceof GatewayRefusal) || error.name !== "JournalFull") throw error;
          await sleep(SOURCE_WAIT_MS, signal);
        }
      }
      metrics.count("messages", {}, payloads.length);
      const waitMs = rate?.take(payloads.length) ?? 0;
      if (waitMs > 0) await sleep(waitMs, signal);
      return !signal.aborted;
    },
  };
}

/** How many records one commit takes at this pace: a slow source goes message by message. */
export const batchOf = ({ perSecond }: SourceConfig): number =>
  perSecond === undefined ? SOURCE_BATCH : Math.max(1, Math.min(SOURCE_BATCH, Math.floor(perSecond / 4)));
