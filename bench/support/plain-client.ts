// One mqtt.js client that reads plaintext as people do: a message event, JSON.parse where it is JSON. Orders: Expect of tally.ts.
import mqtt from "mqtt";
import { onOrders, optionsOf, say } from "./child.ts";
import { type CollectOrder, Collector } from "./collect.ts";

const { port, topic } = optionsOf<{ port: number; topic: string }>();
const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4 });
/** A left brace. */
const OBJECT = 0x7b;
const collector = new Collector();
client.on("message", (_topic, payload) => collector.add(payload, decoded(payload)));
await client.subscribeAsync(topic, { qos: 0 });

function decoded(payload: Buffer): unknown {
  if (payload[0] !== OBJECT) return undefined;
  try {
    return JSON.parse(payload.toString());
  } catch {
    return undefined; // noise that happens to begin like an object
  }
}

onOrders<CollectOrder>((order) => collector.expect(order));
say({ event: "ready" });
