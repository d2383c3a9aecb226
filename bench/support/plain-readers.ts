// Subscribers of a plaintext broker as a program of its own, a socket each. Orders: Expect of tally.ts.
import { onOrders, optionsOf, say } from "./child.ts";
import { connectPlain, type PlainOptions } from "./connect.ts";
import { type Expect, Tally } from "./tally.ts";

const { port, topic, sessions, broker } = optionsOf<
  Pick<PlainOptions, "port" | "broker"> & { topic: string; sessions: number }
>();
const tally = new Tally(sessions);
for (let i = 0; i < sessions; i++) {
  const client = await connectPlain({ port, broker, clientId: `reader-${process.pid}-${i}` });
  client.onMessage = (payload) => tally.add(i, payload);
  await client.subscribe(topic);
}
onOrders<Expect>(({ expect }) => tally.expect(expect));
say({ event: "ready" });
