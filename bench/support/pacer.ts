// A device that publishes numbered messages at a steady rate. Order: {count, perSecond}; answered with "published" and the monotonic times
// in nanoseconds, as text, at which each left.
import { onOrders, optionsOf, say } from "./child.ts";
import { connectMqtt, type MqttOptions, publishPacket } from "./mqtt.ts";
import { numbered } from "./numbered.ts";

/** How often the clock is looked at: with 1,000 messages a second one or two leave each time. */
const TICK_MS = 1;

const { topic, qos, ...login } = optionsOf<MqttOptions & { topic: string; qos: 0 | 1 }>();
const client = await connectMqtt(login);

onOrders<{ count: number; perSecond: number }>(
  ({ count, perSecond }) =>
    new Promise((resolve) => {
      const packets = Array.from({ length: count }, (_, i) =>
        publishPacket(topic, numbered(i), qos, 1 + (i % 65_535)),
      );
      const times: string[] = [];
      const startedAt = performance.now();
      const timer = setInterval(() => {
        const due = Math.min(count, Math.floor(((performance.now() - startedAt) * perSecond) / 1000));
        while (times.length < due) {
          const packet = packets[times.length]!;
          times.push(String(process.hrtime.bigint()));
          client.socket.write(packet);
        }
        if (times.length < count) return;
        clearInterval(timer);
        say({ event: "published", times });
        resolve();
      }, TICK_MS);
    }),
);
say({ event: "ready" });
