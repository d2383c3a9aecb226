// Plays the devices of the local market: each has its own MQTT connection with its own password and publishes its readings at
// the stated rate. Logins come on stdin as one JSON line, so that no password stands in an environment or a process list.
import { once } from "node:events";
import { createInterface } from "node:readline";
import { connectAsync } from "mqtt";
import { SEED_LISTINGS, type SeedListing } from "./listings.ts";

type Login = { device: string; user: string; password: string };

async function play(listing: SeedListing, broker: string, { user, password }: Login): Promise<void> {
  const client = await connectAsync(broker, {
    username: user,
    password,
    clientId: `feeder-${listing.device}`,
  });
  client.on("error", (error) => console.error(`${listing.device}: ${error.message}`));
  const readings = listing.readings();
  const publish = () => {
    if (!client.connected) return;
    const { value } = readings.next();
    client.publish(`${listing.device}/${listing.topic}`, JSON.stringify(value), { qos: 1 });
  };
  setInterval(publish, 1000 / listing.rate);
}

const lines = createInterface({ input: process.stdin });
const [first] = (await once(lines, "line")) as [string];
const { broker, logins } = JSON.parse(first) as { broker: string; logins: Login[] };
for (const login of logins) {
  const listing = SEED_LISTINGS.find(({ device }) => device === login.device);
  if (listing === undefined) throw new Error(`no seed listing has a device ${login.device}`);
  await play(listing, broker, login);
}
lines.once("close", () => process.exit(0));
process.once("SIGTERM", () => process.exit(0));
console.log(JSON.stringify({ event: "ready", devices: logins.length }));
