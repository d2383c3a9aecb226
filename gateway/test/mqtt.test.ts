// What a device may do at the broker, tried with real clients.
//
// connect: right password · wrong password · no such device · revoked device · another device's client id
//          more sockets than may wait, silent or with half a CONNECT: a device gets in, and they are gone after their time
//          wrong passwords without end from another address: refused there, and nowhere else, over MQTT and HTTP
// publish: own topic · another device's · $SYS · gateway topics · wildcard · without path · oversized
// sneaking in: will on another's topic · own will · retained message · QoS 2
// subscribe: own demand · another's topic · wildcard · shared · offline queue
// durability: acknowledged means on disk, whatever kills the gateway

import { request } from "node:http";
import { connect as dial, type Socket } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { revokeDevice } from "@weir/sdk/chain";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { SELLER } from "../../test/support/market.ts";
import { MAX_CONNECTIONS_PER_DEVICE, MAX_PENDING_CONNECTIONS } from "../src/limits.ts";
import { mosquittoPub } from "./support/mosquitto.ts";
import { type Login, type RunningGateway, startWorld, type World } from "./support/world.ts";

let world: World;
let gateway: RunningGateway;
let dataDir: string;
let a: Login;
let b: Login;
let clients: MqttClient[] = [];

beforeAll(async () => {
  world = await startWorld();
  for (const name of ["a", "b", "gone", "hunted", "haunted"]) await world.device(name);
  dataDir = join(world.folder, "data");
  gateway = await world.gateway({ dataDir });
  a = await world.login(gateway, "a");
  b = await world.login(gateway, "b");
});
afterEach(() => {
  for (const client of clients) client.end(true);
  clients = [];
});
afterAll(() => world?.stop());

/** Resolves when the broker accepts, rejects with its answer. */
const connect = (login: Login, options: IClientOptions = {}): Promise<MqttClient> =>
  new Promise((resolve, reject) => {
    const client = mqtt.connect(gateway.mqtt, {
      protocolVersion: 4,
      username: login.user,
      password: login.password,
      reconnectPeriod: 0,
      ...options,
    });
    clients.push(client);
    client.once("connect", () => resolve(client));
    client.once("error", reject);
    client.once("close", () => reject(new Error("closed")));
  });

/** However it ends. */
const gone = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.resume().once("close", () => resolve());
  });

const closed = (client: MqttClient): Promise<void> =>
  new Promise((resolve) => client.once("close", () => resolve()));
const pub = (login: Login, topic: string, message = "1", more: string[] = []) =>
  mosquittoPub({ port: gateway.mqttPort, ...login, topic, message, more });

/** Messages taken since the gateway's start. */
const heard = async (): Promise<number> =>
  Number(
    /weir_gateway_messages_total (\d+)/.exec(await (await fetch(`${gateway.http}/metrics`)).text())?.[1] ?? 0,
  );

/** What the journal holds, read from the gateway's file after it was stopped hard; then it runs again. */
async function rows(): Promise<{ device: string; topic: string; payload: string }[]> {
  await gateway.kill();
  const db = new DatabaseSync(join(dataDir, "gateway.db"));
  const found = db.prepare("SELECT device, topic, payload FROM journal ORDER BY id").all() as {
    device: string;
    topic: string;
    payload: Uint8Array;
  }[];
  db.close();
  gateway = await world.gateway({ dataDir });
  return found.map((row) => ({ ...row, payload: Buffer.from(row.payload).toString() }));
}

describe("connect", () => {
  test("mosquitto_pub with the right password is heard, with a wrong one refused", async () => {
    expect(await pub(a, "a/air", "21")).toMatchObject({ code: 0 });
    const wrong = await pub({ ...a, password: `${a.password}x` }, "a/air");
    expect(wrong.code).not.toBe(0);
    expect(wrong.said).toMatch(/not authori[sz]ed|bad user name/i);
    expect(
      (await pub({ user: a.user.replace("/a", "/nobody"), password: a.password }, "nobody/air")).code,
    ).not.toBe(0);
    expect((await pub({ user: "a", password: a.password }, "a/air")).code).not.toBe(0);
    expect((await pub({ user: a.user, password: b.password }, "a/air")).code).not.toBe(0);
  });

  test("a revoked device is disconnected and stays out", async () => {
    const login = await world.login(gateway, "gone");
    const client = await connect(login);
    const end = closed(client);
    await revokeDevice(world.chain.wallet(SELLER), {
      contracts: world.chain.contracts,
      hubId: world.hubId,
      name: "gone",
    });
    await end;
    await expect(connect(login)).rejects.toThrow(/not authorized|bad user/i);
  });

  test("another device's client id takes nothing over, one's own replaces the older connection", async () => {
    const first = await connect(a, { clientId: "same" });
    const other = await connect(b, { clientId: "same" });
    await first.publishAsync("a/air", "still here", { qos: 1 });
    expect(first.connected && other.connected).toBe(true);
    const end = closed(first);
    const second = await connect(a, { clientId: "same" });
    await end;
    expect(second.connected).toBe(true);
  });
});

/** A CONNACK's return code, and statuses of HTTP. */
const SERVER_UNAVAILABLE = 3;
const [OK, TOO_MANY_REQUESTS] = [200, 429];

/** An address of this machine from which nobody else comes. */
const ELSEWHERE = "127.0.0.2";

/** The broker's answer to a wrong password from there. */
const guessMqtt = ({ user: username }: Login): Promise<number> =>
  new Promise((resolve, reject) => {
    const client = new mqtt.MqttClient(
      () => dial({ port: gateway.mqttPort, host: "127.0.0.1", localAddress: ELSEWHERE }),
      { protocolVersion: 4, username, password: "a guess", reconnectPeriod: 0 },
    );
    clients.push(client);
    client.once("error", (error) => resolve((error as { code?: number }).code!));
    client.once("close", () => reject(new Error("closed")));
  });

const post = (device: string, { user }: Login, password: string, localAddress: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const url = `${gateway.http}/v1/ingest/${world.hubId}/${device}`;
    request(url, { method: "POST", auth: `${user}:${password}`, localAddress }, (response) =>
      resolve(response.resume().statusCode!),
    )
      .once("error", reject)
      .end("1");
  });

test("wrong passwords without end are refused where they come from, and keep the device out nowhere else", async () => {
  const hunted = await world.login(gateway, "hunted");
  const haunted = await world.login(gateway, "haunted");
  // Until they are no longer looked at.
  const refused = { timeout: 30_000, interval: 0 };
  await expect.poll(() => guessMqtt(hunted), refused).toBe(SERVER_UNAVAILABLE);
  await (await connect(hunted)).publishAsync("hunted/air", "21", { qos: 1 });
  await expect.poll(() => post("haunted", haunted, "a guess", ELSEWHERE), refused).toBe(TOO_MANY_REQUESTS);
  expect(await post("haunted", haunted, haunted.password, "127.0.0.1")).toBe(OK);
});

test("connections that are reset while their password is checked leave no place taken", async () => {
  const login = await world.login(gateway, "hunted");
  const lost = Array.from({ length: MAX_CONNECTIONS_PER_DEVICE + 1 }, () => {
    const client = mqtt.connect(gateway.mqtt, {
      protocolVersion: 4,
      username: login.user,
      password: login.password,
      reconnectPeriod: 0,
    });
    clients.push(client);
    client.on("error", () => undefined);
    // Behind the CONNECT, whose hash takes longer than that.
    const socket = client.stream as Socket;
    socket.once("connect", () => setImmediate(() => socket.resetAndDestroy()));
    return closed(client);
  });
  await Promise.all(lost);
  const isIn = () =>
    connect(login).then(
      () => true,
      () => false,
    );
  await expect.poll(isIn, { timeout: 30_000 }).toBe(true);
});

test("more sockets than may wait without a whole CONNECT keep no device out, and are gone after their time", async () => {
  const sockets: Socket[] = [];
  try {
    for (let n = 0; n < MAX_PENDING_CONNECTIONS + 20; n += 1) {
      const socket = dial(gateway.mqttPort, "127.0.0.1");
      sockets.push(socket.on("error", () => undefined).resume());
      await new Promise<void>((resolve) => socket.once("connect", resolve).once("close", () => resolve()));
      // As many as are too many say nothing at all, the others how a CONNECT begins.
      if (n >= 20) socket.write(Uint8Array.of(0x10));
    }
    // All have been taken in when as many have made way; what they said has been read behind that.
    const left = () => sockets.filter((socket) => socket.closed).length;
    await expect.poll(left, { timeout: 30_000 }).toBeGreaterThanOrEqual(20);
    await fetch(`${gateway.http}/healthz`);
    // Whoever looked only at how many there are, or at who has said anything, would refuse this one.
    const client = await connect(a);
    await client.publishAsync("a/air", "21", { qos: 1 });
    // The others go when their time is over.
    await Promise.all(sockets.map(gone));
    expect(client.connected).toBe(true);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
});

describe("publish", () => {
  const refused = [
    "b/air",
    "a",
    "a/",
    "$SYS/broker/clients",
    "$share/x/a",
    "a/demand",
    "a/command",
    "a/command/set",
    "A/air",
    "aa/air",
    "/a/air",
    `a/${"x".repeat(300)}`,
    `a/${"x/".repeat(20)}x`,
  ];
  test.each(refused)("to %s is refused and never acknowledged", async (topic) => {
    const client = await connect(a);
    const end = closed(client);
    const acknowledged = client.publishAsync(topic, "no", { qos: 1 });
    await expect(
      Promise.race([acknowledged, end.then(() => Promise.reject(new Error("closed")))]),
    ).rejects.toThrow();
    await end;
  });

  test("a packet above the limit ends the connection", async () => {
    const client = await connect(a);
    const end = closed(client);
    client.publish("a/air", Buffer.alloc(3 << 20), { qos: 1 });
    await end;
  });

  test("a will on another's topic is refused at login, an own one is heard when the device is lost", async () => {
    await expect(
      connect(a, { will: { topic: "b/air", payload: Buffer.from("w"), qos: 1, retain: true } }),
    ).rejects.toThrow(/not authorized/i);
    const client = await connect(a, {
      will: { topic: "a/state", payload: Buffer.from("lost"), qos: 1, retain: true },
    });
    const before = await heard();
    client.stream.destroy();
    await expect.poll(heard).toBe(before + 1);
    const found = await rows();
    expect(found).toContainEqual({ device: "a", topic: "state", payload: "lost" });
    expect(found.filter(({ device }) => device === "b")).toEqual([]);
  });

  test("retained, QoS 0 and QoS 2 messages are messages like others", async () => {
    const client = await connect(b);
    await client.publishAsync("b/kept", "retained", { qos: 1, retain: true });
    await client.publishAsync("b/twice", "two", { qos: 2 });
    await client.publishAsync("b/once", "none", { qos: 0 });
    await client.publishAsync("b/last", "end", { qos: 1 });
    const found = (await rows()).filter(({ device }) => device === "b").map(({ payload }) => payload);
    expect(found).toEqual(["retained", "two", "none", "end"]);
  });
});

describe("subscribe", () => {
  const refused = [
    "b/air",
    "b/#",
    "#",
    "+/air",
    "a/#",
    "a/air",
    "$SYS/#",
    "$share/g/a/demand",
    "b/demand",
    "+/demand",
    "a/+",
  ];
  test.each(refused)("to %s is refused", async (filter) => {
    const client = await connect(a);
    const code = await client.subscribeAsync(filter, { qos: 1 }).then(
      (grants) => grants.find(({ topic }) => topic === filter)?.qos,
      (error: { code?: number }) => error.code ?? 128,
    );
    expect(code).toBe(128);
  });

  test("to the own gateway topics is granted with QoS 1 at most", async () => {
    const client = await connect(a);
    expect(await client.subscribeAsync("a/demand", { qos: 2 })).toMatchObject([{ qos: 1 }]);
    expect(await client.subscribeAsync("a/command", { qos: 0 })).toMatchObject([{ qos: 0 }]);
  });

  test("a refused subscription of a lasting session hears nothing later", async () => {
    const ear = await connect(a, { clientId: "ear", clean: false });
    await ear
      .subscribeAsync(["a/demand", "b/#"], { qos: 1 })
      .catch((error: Error) => expect(error.message).toMatch(/128|Subscribe error/));
    await ear.endAsync(true);
    await (await connect(b)).publishAsync("b/secret", "for nobody", { qos: 1 });
    const heard: string[] = [];
    const again = mqtt.connect(gateway.mqtt, {
      protocolVersion: 4,
      username: a.user,
      password: a.password,
      clientId: "ear",
      clean: false,
      reconnectPeriod: 0,
    });
    clients.push(again);
    again.on("message", (topic) => heard.push(topic));
    await new Promise<void>((resolve) => again.once("connect", () => resolve()));
    await again.publishAsync("a/air", "round trip", { qos: 1 });
    expect(heard).toEqual([]);
  });
});

describe("durability", () => {
  test("what was acknowledged is on disk after kill -9 right behind the acknowledgement", async () => {
    for (let round = 0; round < 5; round += 1) {
      const client = await connect(a);
      const texts = Array.from({ length: 20 }, (_, i) => `round ${round} message ${i}`);
      await Promise.all(texts.map((text) => client.publishAsync("a/durable", text, { qos: 1 })));
      const found = (await rows()).map(({ payload }) => payload);
      expect(found).toEqual(expect.arrayContaining(texts));
      client.end(true);
    }
  });

  test("stops cleanly and says nothing secret in its log", async () => {
    expect(await gateway.stop()).toBe(0);
    const log = gateway.logs();
    for (const secret of [a.password, b.password]) expect(log).not.toContain(secret);
    gateway = await world.gateway({ dataDir });
  });
});
