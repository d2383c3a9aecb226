// The HTTP interface: who may set a password, and what a device may send.
//
// password: manager · owner · stranger · nonce twice (also after a restart) · expired · too far ahead · other gateway · other chain · other hub ·
//           unknown device · falsified field · malformed
// sockets that ask and never read close it to nobody
// ingest: own · wrong password · another device · gateway topic · oversized · NDJSON
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { hex } from "@weir/sdk/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askAndNeverRead } from "../../test/support/crowd.ts";
import { SELLER } from "../../test/support/market.ts";
import { allNaughty, leastNaughty } from "../../test/support/naughty.ts";
import { MAX_HTTP_CONNECTIONS } from "../src/limits.ts";
import { type Login, post, type RunningGateway, STRANGER, startWorld, type World } from "./support/world.ts";

let world: World;
let gateway: RunningGateway;
let dataDir: string;

beforeAll(async () => {
  world = await startWorld();
  for (const name of ["a", "b"]) await world.device(name);
  dataDir = join(world.folder, "data");
  gateway = await world.gateway({ dataDir });
});
afterAll(() => world?.stop());

const path = (device = "a", hubId = world.hubId) => `${gateway.http}/v1/devices/${hubId}/${device}/password`;
const errorOf = async (response: Response) => ({
  status: response.status,
  ...((await response.json()) as { error: { name: string; field?: string } }).error,
});

describe("password", () => {
  test("a manager and the owner get one, shown once and different each time", async () => {
    const first = (await (await post(path(), await world.order("a"))).json()) as Login;
    const second = (await (await post(path(), await world.order("a", { account: SELLER }))).json()) as Login;
    expect(first.user).toBe(`${world.hubId}/a`);
    expect(first.password).toHaveLength(32);
    expect(second.password).not.toBe(first.password);
    const send = (login: Login) => ingest("a", login, "1");
    expect((await send(first)).status).toBe(401);
    expect((await send(second)).status).toBe(200);
  });

  test("the order's signer must be able to manage the hub", async () => {
    expect(await errorOf(await post(path(), await world.order("a", { account: STRANGER })))).toMatchObject({
      status: 403,
      name: "RoleMissing",
    });
  });

  test("a nonce is good for one time, also across a restart", async () => {
    const order = await world.order("a");
    expect((await post(path(), order)).status).toBe(200);
    expect(await errorOf(await post(path(), order))).toMatchObject({ status: 409, name: "NonceUsed" });
    await gateway.kill();
    gateway = await world.gateway({ dataDir });
    expect(await errorOf(await post(path(), order))).toMatchObject({ status: 409, name: "NonceUsed" });
  });

  test("deadline, gateway, chain, hub and device must be right", async () => {
    const now = Math.floor(Date.now() / 1000);
    const tried = async (more: Parameters<World["order"]>[1], at = path()) =>
      (await errorOf(await post(at, await world.order("a", more)))).name;
    expect(await tried({ deadline: now - 1 })).toBe("Expired");
    expect(await tried({ deadline: now + 4000 })).toBe("BadRequest");
    expect(await tried({ gatewayId: "another" })).toBe("WrongGateway");
    // These recover to somebody else, who has no role.
    expect(await tried({ chainId: 1 })).toBe("RoleMissing");
    expect(await tried({ hubId: world.hubId + 1n })).toBe("RoleMissing");
    expect(await tried({ device: "b" })).toBe("RoleMissing");
    expect(await tried({ hubId: 99n }, path("a", 99n))).toBe("UnknownHub");
    const unknown = await post(path("never"), await world.order("never"));
    expect(await errorOf(unknown)).toMatchObject({ status: 404, name: "UnknownDevice", field: "device" });
  });

  test("a changed order is nobody's", async () => {
    const order = await world.order("a");
    const { name } = await errorOf(await post(path(), { ...order, nonce: hex(randomBytes(32)) }));
    expect(name).toBe("RoleMissing");
    const claimed = { ...order, account: world.chain.accounts[SELLER]!.address, nonce: hex(randomBytes(32)) };
    expect((await errorOf(await post(path(), claimed))).name).toBe("WrongSigner");
  });

  test.each([
    [{ nonce: "0x12" }, "nonce"],
    [{ deadline: "soon" }, "deadline"],
    [{ signature: 5 }, "signature"],
    [{ account: "me" }, "account"],
    [{ gatewayId: {} }, "gatewayId"],
  ])("a malformed order names its field: %o", async (more, field) => {
    const refused = await errorOf(await post(path(), { ...(await world.order("a")), ...more }));
    expect(refused).toMatchObject({ status: 400, name: "BadRequest", field });
  });

  test("a browser may ask from configured origins only", async () => {
    const ask = (origin: string) =>
      fetch(path(), {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "content-type",
        },
      });
    expect((await ask("https://market.example")).headers.get("access-control-allow-origin")).toBe(
      "https://market.example",
    );
    expect((await ask("https://evil.example")).headers.get("access-control-allow-origin")).toBeNull();
  });
});

const ingest = (
  device: string,
  login: Login | undefined,
  body: string | Uint8Array,
  more: { query?: string; type?: string } = {},
) =>
  fetch(`${gateway.http}/v1/ingest/${world.hubId}/${device}${more.query ?? ""}`, {
    method: "POST",
    headers: {
      ...(login ? { authorization: `Basic ${btoa(`${login.user}:${login.password}`)}` } : {}),
      ...(more.type ? { "content-type": more.type } : {}),
    },
    body: body as BodyInit,
  });

describe("ingest", () => {
  test("takes one message or many lines, for the device that is logged in", async () => {
    const login = await world.login(gateway, "a");
    expect(await (await ingest("a", login, '{"t":1}')).json()).toEqual({ accepted: 1 });
    const lines = await ingest("a", login, '{"t":1}\n\n{"t":2}\r\n{"t":3}', {
      type: "application/x-ndjson",
      query: "?topic=air/in",
    });
    expect(await lines.json()).toEqual({ accepted: 3 });
    expect(await errorOf(await ingest("b", login, "1"))).toMatchObject({ status: 403, name: "NotOwnTopic" });
    expect(await errorOf(await ingest("a", { ...login, password: "wrong" }, "1"))).toMatchObject({
      status: 401,
      name: "Unauthorised",
    });
    expect(await errorOf(await ingest("a", undefined, "1"))).toMatchObject({ status: 401 });
    expect(await errorOf(await ingest("a", login, "1", { query: "?topic=demand" }))).toMatchObject({
      status: 403,
      name: "ReservedTopic",
    });
    expect(await errorOf(await ingest("a", login, "1", { query: "?topic=" }))).toMatchObject({
      name: "NotOwnTopic",
    });
    expect(await errorOf(await ingest("a", login, new Uint8Array((1 << 20) + 1)))).toMatchObject({
      status: 413,
      name: "TooLarge",
      field: "payload",
    });
    expect(await errorOf(await ingest("a", login, new Uint8Array(5 << 20)))).toMatchObject({
      status: 413,
      name: "TooLarge",
      field: "body",
    });
    expect(await errorOf(await ingest("a", login, "\n\n", { type: "application/x-ndjson" }))).toMatchObject({
      status: 400,
    });
  });

  test("any text as topic and payload is on disk as it was sent, or refused by name", async () => {
    const login = await world.login(gateway, "b");
    const carried: { topic: string; payload: string }[] = [];
    for (const text of allNaughty().filter((item) => item.isWellFormed())) {
      const answer = await ingest("b", login, text, { query: `?topic=${encodeURIComponent(text)}` });
      if (answer.ok) carried.push({ topic: text, payload: text });
      else
        expect(["BadRequest", "NotOwnTopic", "ReservedTopic", "TooLarge"]).toContain(
          (await errorOf(answer)).name,
        );
    }
    expect(carried.length).toBeGreaterThan(leastNaughty() / 2);
    await gateway.kill();
    const db = new DatabaseSync(join(dataDir, "gateway.db"));
    const rows = db.prepare("SELECT topic, payload FROM journal WHERE device = 'b' ORDER BY id").all() as {
      topic: string;
      payload: Uint8Array;
    }[];
    db.close();
    expect(rows.map(({ topic, payload }) => ({ topic, payload: Buffer.from(payload).toString() }))).toEqual(
      carried,
    );
    gateway = await world.gateway({ dataDir });
  });

  test("says that it lives, whether it is ready, and what is not there", async () => {
    expect((await fetch(`${gateway.http}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${gateway.http}/readyz`)).json()).toEqual({ ready: true, missing: [] });
    expect(await errorOf(await fetch(`${gateway.http}/v2/none`))).toMatchObject({
      status: 404,
      name: "NotFound",
    });
  });
});

test("clients that ask and never read close it to nobody", async () => {
  const end = await askAndNeverRead(gateway.http, MAX_HTTP_CONNECTIONS + 10);
  expect((await fetch(`${gateway.http}/healthz`)).status).toBe(200);
  end();
});
