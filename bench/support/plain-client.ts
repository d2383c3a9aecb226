// One mqtt.js client that reads plaintext as people do: a message event, JSON.parse where it is JSON. Orders: Expect of tally.ts.
import mqtt from "mqtt";
import { onOrders, optionsOf, say } from "./child.ts";
import { type CollectOrder, Collector } from "./collect.ts";

const { port, topic } = optionsOf<{ port: number; topic: string }>();
const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4 });
const collector = new Collector();
client.on("message", (_topic, payload) => collector.add(payload, decoded(payload)));
await client.subscribeAsync(topic, { qos: 0 });

/** The same that the SDK's feed does for its readers. */
const decoder = new TextDecoder("utf-8", { fatal: true });
function decoded(payload: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(payload));
  } catch {
    return undefined;
  }
}

onOrders<CollectOrder>((order) => collector.expect(order));
say({ event: "ready" });
