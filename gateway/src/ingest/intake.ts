// What MQTT and HTTP share once a device is known: its rate, what waits for the disk, and the way into the journal.
import { GatewayRefusal } from "../errors.ts";
import { DEVICE_BURST_MESSAGES, DEVICE_MESSAGES_PER_SECOND, MAX_INFLIGHT_PER_DEVICE } from "../limits.ts";
import type { Metrics } from "../metrics.ts";
import { authorize, type Speaker } from "./authorize.ts";
import type { Journal } from "./journal.ts";
import { createRate, type Rate } from "./rate.ts";

export type Intake = {
  /**
   * Authorises and journals messages of one device; `topic` is whole (`<device>/…`). Resolves once they are on disk, with the
   * milliseconds the device must wait before it is heard again.
   * @throws GatewayRefusal
   */
  take(
    speaker: Speaker | undefined,
    messages: readonly { topic: string; payload: Uint8Array }[],
  ): Promise<number>;
  /** Counts what a device says besides messages; returns the milliseconds it must wait before it is heard again. */
  pace(speaker: Speaker): number;
};

export function createIntake(init: { journal: Journal; metrics: Metrics }): Intake {
  const devices = new Map<string, { rate: Rate; waiting: number }>();
  return {
    pace: (speaker) => deviceOf(speaker).rate.take(1),
    async take(speaker, messages) {
      const timeMs = Date.now();
      try {
        const taken = messages.map(({ topic, payload }) => {
          const suffix = authorize(speaker, { kind: "publish", topic });
          return { hubId: speaker!.hubId, device: speaker!.device, topic: suffix, timeMs, payload };
        });
        const device = deviceOf(speaker!);
        if (device.waiting + taken.length > MAX_INFLIGHT_PER_DEVICE)
          throw new GatewayRefusal("TooMany", `${device.waiting} messages of this device wait for the disk`);
        device.waiting += taken.length;
        try {
          await init.journal.append(taken);
        } finally {
          device.waiting -= taken.length;
        }
        init.metrics.count("messages", {}, taken.length);
        return device.rate.take(taken.length);
      } catch (error) {
        if (error instanceof GatewayRefusal)
          init.metrics.count("refused_messages", { reason: error.name }, messages.length);
        throw error;
      }
    },
  };

  /** Only registered devices get here, so the table is as small as the hubs. */
  function deviceOf({ hubId, device }: Speaker): { rate: Rate; waiting: number } {
    const user = `${hubId}/${device}`;
    let known = devices.get(user);
    if (!known) {
      known = { rate: createRate(DEVICE_MESSAGES_PER_SECOND, DEVICE_BURST_MESSAGES), waiting: 0 };
      devices.set(user, known);
    }
    return known;
  }
}
