// A publisher as a program of its own. Orders: {prepare: {kind, seed, count, qos}} encodes the packets; {send: n} sends the next n of them,
// and is answered with "sent" when the socket has taken them (QoS 0) or every one was acknowledged (QoS 1, `window` at a time).
import { onOrders, optionsOf, say } from "./child.ts";
import { connectPlain, type PlainOptions } from "./connect.ts";
import { type Kind, payloadsOf } from "./payloads.ts";

export type DeviceOptions = PlainOptions & { topic: string; window: number };
export type DeviceOrder =
  | { prepare: { kind: Kind; seed: number; count: number; qos: 0 | 1 } }
  | { send: number };

/** Packets that go into one write. */
const WRITE_PACKETS = 64;

const { topic, window, ...login } = optionsOf<DeviceOptions>();
const client = await connectPlain(login);
let packets: Buffer[] = [];
let qos: 0 | 1 = 0;
let next = 0;

async function send(count: number): Promise<void> {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const end = next + count;
  let unacknowledged = 0;
  let wake: () => void = () => undefined;
  client.onAcknowledged = (acknowledged) => {
    unacknowledged -= acknowledged;
    wake();
  };
  while (next < end || unacknowledged > 0) {
    const room = qos === 1 ? window - unacknowledged : WRITE_PACKETS;
    const run = packets.slice(next, Math.min(end, next + Math.min(room, WRITE_PACKETS)));
    if (run.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      continue;
    }
    next += run.length;
    if (qos === 1) unacknowledged += run.length;
    if (!client.socket.write(Buffer.concat(run)))
      await new Promise<void>((resolve) => client.socket.once("drain", resolve));
  }
  const { user, system } = process.cpuUsage(cpu);
  say({
    event: "sent",
    seconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: (user + system) / 1e6,
  });
}

onOrders<DeviceOrder>(async (order) => {
  if ("send" in order) return send(order.send);
  const { kind, seed, count } = order.prepare;
  ({ qos } = order.prepare);
  packets = payloadsOf(kind, seed, count).map((payload, i) =>
    client.encode(topic, payload, qos, 1 + (i % 65_535)),
  );
  next = 0;
  say({ event: "prepared" });
});
say({ event: "ready" });
