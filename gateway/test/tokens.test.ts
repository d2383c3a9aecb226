// Devices that log in with a token under their key on chain.
//
// accepted: MQTT · HTTP as Bearer · beside a password
// refused at the door: none · HS256 · RS256 · foreign gateway · expired · too long · leading space · another device · another hub's device · no key · oversized
// ended: by expiry · by rotation (a password's connection stays) · by revocation
import { createECDH, createHmac, generateKeyPairSync, sign } from "node:crypto";
import { createHub, type P256Key, registerDevice, revokeDevice, rotateDeviceKey } from "@weir/sdk/chain";
import { hex, signDeviceToken } from "@weir/sdk/core";
import { nativeCrypto } from "@weir/sdk/native";
import mqtt, { type MqttClient } from "mqtt";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { SELLER } from "../../test/support/market.ts";
import { GATEWAY_ID, type RunningGateway, startWorld, type World } from "./support/world.ts";

type Key = { privateKey: Uint8Array; publicKey: P256Key };

let world: World;
let gateway: RunningGateway;
let buoy: Key;
let clients: MqttClient[] = [];

const now = () => Math.floor(Date.now() / 1000);
const owner = () => world.chain.wallet(SELLER);
const contracts = () => world.chain.contracts;

function newKey(): Key {
  const curve = createECDH("prime256v1");
  curve.generateKeys();
  const point = curve.getPublicKey();
  return {
    privateKey: Buffer.concat([Buffer.alloc(32), curve.getPrivateKey()]).subarray(-32),
    publicKey: { x: hex(point.subarray(1, 33)), y: hex(point.subarray(33)) },
  };
}

async function keyed(name: string): Promise<Key> {
  const key = newKey();
  await registerDevice(owner(), {
    contracts: contracts(),
    hubId: world.hubId,
    name,
    publicKey: key.publicKey,
  });
  return key;
}

const token = (
  key: Key,
  device: string,
  more: { gatewayId?: string; hubId?: bigint; seconds?: number; time?: number } = {},
): string =>
  signDeviceToken(nativeCrypto, {
    gatewayId: GATEWAY_ID,
    hubId: world.hubId,
    device,
    privateKey: key.privateKey,
    time: now(),
    seconds: 3600,
    ...more,
  });

/** Resolves when the broker accepts, rejects with its answer. */
const connect = (device: string, password: string, hubId = world.hubId): Promise<MqttClient> =>
  new Promise((resolve, reject) => {
    const client = mqtt.connect(gateway.mqtt, {
      protocolVersion: 4,
      username: `${hubId}/${device}`,
      password,
      reconnectPeriod: 0,
    });
    clients.push(client);
    client.once("connect", () => resolve(client));
    client.once("error", reject);
    client.once("close", () => reject(new Error("closed")));
  });
const closed = (client: MqttClient): Promise<void> =>
  new Promise((resolve) => client.once("close", () => resolve()));
/** The chain is read a moment after it was written. */
const connectSoon = async (device: string, password: string): Promise<MqttClient> => {
  let client: MqttClient | undefined;
  await expect
    .poll(
      async () => {
        client = await connect(device, password).catch(() => undefined);
        return client !== undefined;
      },
      { timeout: 20_000 },
    )
    .toBe(true);
  return client!;
};
const ingest = (device: string, authorization: string, hubId = world.hubId) =>
  fetch(`${gateway.http}/v1/ingest/${hubId}/${device}`, {
    method: "POST",
    headers: { authorization },
    body: "1",
  });

beforeAll(async () => {
  world = await startWorld();
  buoy = await keyed("buoy");
  await world.device("plain");
  gateway = await world.gateway();
});
afterEach(() => {
  for (const client of clients) client.end(true);
  clients = [];
});
afterAll(() => world?.stop());

test("is heard over MQTT and HTTP, and its password works beside it", async () => {
  const client = await connect("buoy", token(buoy, "buoy"));
  await client.publishAsync("buoy/air", "1", { qos: 1 });
  const end = closed(client);
  client.publish("plain/air", "1", { qos: 1 });
  await end;
  expect((await ingest("buoy", `Bearer ${token(buoy, "buoy")}`)).status).toBe(200);
  const { password } = await world.login(gateway, "buoy");
  expect((await connect("buoy", password)).connected).toBe(true);
});

describe("refused", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = () => ({ aud: GATEWAY_ID, sub: `${world.hubId}/buoy`, exp: now() + 3600 });
  const hs256 = () => {
    const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims())}`;
    const key = Buffer.from(buoy.publicKey.x.slice(2) + buoy.publicKey.y.slice(2), "hex");
    return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
  };
  const rs256 = () => {
    const signed = `${part({ alg: "RS256", typ: "JWT" })}.${part(claims())}`;
    return `${signed}.${sign("sha256", Buffer.from(signed), rsa).toString("base64url")}`;
  };
  const rows: [what: string, device: string, token: () => string][] = [
    ["alg none", "buoy", () => `${part({ alg: "none" })}.${part(claims())}.`],
    ["HS256 keyed with the public key", "buoy", hs256],
    ["RS256 with an RSA key of its own", "buoy", rs256],
    ["for another gateway", "buoy", () => token(buoy, "buoy", { gatewayId: "elsewhere" })],
    ["expired", "buoy", () => token(buoy, "buoy", { time: now() - 3601 })],
    ["good for more than a day", "buoy", () => token(buoy, "buoy", { time: now() + 120, seconds: 86_400 })],
    ["a leading space", "buoy", () => ` ${token(buoy, "buoy")}`],
    ["of another device", "plain", () => token(buoy, "buoy")],
    ["naming another device", "buoy", () => token(buoy, "plain")],
    ["naming another hub", "buoy", () => token(buoy, "buoy", { hubId: world.hubId + 1n })],
    ["for a device without a key", "plain", () => token(buoy, "plain")],
    ["for no device", "ghost", () => token(buoy, "ghost")],
    ["under another key", "buoy", () => token(newKey(), "buoy")],
    ["oversized", "buoy", () => `${token(buoy, "buoy")}${"A".repeat(3000)}`],
  ];
  test.each(rows)("%s", async (_, device, make) => {
    await expect(connect(device, make())).rejects.toThrow(/not authorized|bad user|closed/i);
    // A header's value loses its outer spaces on the way, so that a leading one is no other token there.
    const sent = make();
    if (sent.startsWith(" ")) return;
    const answer = await ingest(device, `Bearer ${sent}`);
    expect(answer.status).toBe(401);
    expect(((await answer.json()) as { error: { name: string } }).error.name).toBe("Unauthorised");
  });

  test("for a hub that this gateway does not serve, whoever owns it", async () => {
    const { hubId } = await createHub(owner(), {
      contracts: contracts(),
      metadata: "{}",
      payout: owner().account.address,
      encryptionKey: hex(new Uint8Array(32).fill(1)),
    });
    await registerDevice(owner(), { contracts: contracts(), hubId, name: "buoy", publicKey: buoy.publicKey });
    await expect(connect("buoy", token(buoy, "buoy", { hubId }), hubId)).rejects.toThrow(
      /not authorized|bad user/i,
    );
    expect((await ingest("buoy", `Bearer ${token(buoy, "buoy", { hubId })}`, hubId)).status).toBe(401);
  });
});

describe("ended", () => {
  test("by expiry", async () => {
    const client = await connect("buoy", token(buoy, "buoy", { seconds: 2 }));
    const end = closed(client);
    const expiresAt = (now() + 1) * 1000;
    await end;
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt - 1000);
  });

  test("by rotation: the key before is out at once, the new one in, a password's connection stays", async () => {
    const before = await keyed("turning");
    const { password } = await world.login(gateway, "turning");
    const client = await connectSoon("turning", token(before, "turning"));
    const beside = await connect("turning", password);
    const end = closed(client);
    const after = newKey();
    await rotateDeviceKey(owner(), {
      contracts: contracts(),
      hubId: world.hubId,
      name: "turning",
      publicKey: after.publicKey,
    });
    await end;
    expect(beside.connected).toBe(true);
    await expect(connect("turning", token(before, "turning"))).rejects.toThrow(/not authorized|bad user/i);
    expect((await ingest("turning", `Bearer ${token(before, "turning")}`)).status).toBe(401);
    expect((await connect("turning", token(after, "turning"))).connected).toBe(true);
  });

  test("by revocation", async () => {
    const key = await keyed("leaving");
    const client = await connectSoon("leaving", token(key, "leaving"));
    const end = closed(client);
    await revokeDevice(owner(), { contracts: contracts(), hubId: world.hubId, name: "leaving" });
    await end;
    await expect(connect("leaving", token(key, "leaving"))).rejects.toThrow(/not authorized|bad user/i);
  });
});

test("no token stands in the log", () => {
  expect(gateway.logs()).not.toMatch(/eyJ[A-Za-z0-9_-]{10}/);
});
