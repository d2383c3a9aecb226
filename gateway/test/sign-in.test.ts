// Looking in by wallet: a message of EIP-4361 for this gateway, once.
//
// let in: owner · manager · treasurer · a contract's account · from a listed page and from the gateway's own address; out again
// shown: channels of hubs in which the account has a part, nothing once the part is taken away
// refused: stranger · another's signature · changed message · nonce twice, of another gateway, invented, of before a restart · foreign page, gateway, chain ·
//          expired · malformed body · no token, a wrong one, one that has ended · more than the pace, which is not lowered by it
import { ROLES, setRoles } from "@weir/sdk/chain";
import { createSiweMessage, type SiweMessage } from "viem/siwe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SELLER } from "../../test/support/market.ts";
import { createRate } from "../src/ingest/rate.ts";
import {
  GATEWAY_ID,
  MANAGER,
  type RunningGateway,
  STRANGER,
  startWorld,
  type World,
} from "./support/world.ts";

const TREASURER = 8;
const PAGE = "market.example";

let world: World;
let gateway: RunningGateway;

beforeAll(async () => {
  world = await startWorld();
  gateway = await world.gateway();
});
afterAll(() => world?.stop());

type Answer = {
  status: number;
  token?: string;
  hubs?: string[];
  channels?: unknown[];
  error?: { name: string; field?: string };
};
async function ask(
  method: string,
  path: string,
  p: { body?: unknown; token?: string } = {},
): Promise<Answer> {
  const response = await fetch(`${gateway.http}${path}`, {
    method,
    headers: p.token === undefined ? {} : { authorization: `Bearer ${p.token}` },
    ...(p.body === undefined ? {} : { body: typeof p.body === "string" ? p.body : JSON.stringify(p.body) }),
  });
  const text = await response.text();
  return { status: response.status, ...(text === "" ? {} : JSON.parse(text)) };
}

const offer = async () =>
  (await ask("POST", "/v1/sign-in/nonce")) as unknown as { nonce: string; uri: string; chainId: number };
async function written(account: number, more: Partial<SiweMessage> = {}): Promise<string> {
  const { nonce, uri, chainId } = await offer();
  const { address } = world.chain.accounts[account]!;
  return createSiweMessage({ address, domain: PAGE, uri, version: "1", chainId, nonce, ...more });
}
const sign = (account: number, message: string) =>
  world.chain.wallet(account).signMessage({ account: world.chain.accounts[account]!, message });
const enter = async (message: string, signer: number) =>
  ask("POST", "/v1/sign-in", { body: { message, signature: await sign(signer, message) } });
const signIn = async (account: number, more: Partial<SiweMessage> = {}) =>
  enter(await written(account, more), account);
const refused = (name: string, field?: string) => ({
  error: { name, ...(field === undefined ? {} : { field }) },
});

describe("let in", () => {
  test("owner and manager, with their hubs, until they leave", async () => {
    for (const account of [SELLER, MANAGER]) {
      const { status, token, hubs } = await signIn(account);
      expect([status, hubs]).toEqual([200, [String(world.hubId)]]);
      expect(await ask("GET", "/v1/channels", { token: token! })).toEqual({ status: 200, channels: [] });
      expect((await ask("DELETE", "/v1/sign-in", { token: token! })).status).toBe(204);
      expect(await ask("GET", "/v1/channels", { token: token! })).toMatchObject(refused("Unauthorised"));
    }
  });

  test("from the gateway's own address, as programs do", async () => {
    expect((await signIn(SELLER, { domain: new URL(gateway.http).host })).status).toBe(200);
  });

  test("a treasurer, until the role is taken away", async () => {
    const { contracts, accounts } = world.chain;
    const role = (roles: number) =>
      setRoles(world.chain.wallet(SELLER), {
        contracts,
        hubId: world.hubId,
        account: accounts[TREASURER]!.address,
        roles,
      });
    await role(ROLES.TREASURER);
    const { token } = await signIn(TREASURER);
    expect((await ask("GET", "/v1/channels", { token: token! })).status).toBe(200);
    await role(0);
    expect(await ask("GET", "/v1/channels", { token: token! })).toMatchObject(refused("Unauthorised"));
    expect(await signIn(TREASURER)).toMatchObject(refused("RoleMissing", "address"));
  });
});

describe("refused", () => {
  test("who has no part in a hub, and who signs for another", async () => {
    expect(await signIn(STRANGER)).toMatchObject({ status: 403, ...refused("RoleMissing", "address") });
    expect(await enter(await written(SELLER), STRANGER)).toMatchObject({
      status: 401,
      ...refused("WrongSigner", "signature"),
    });
    const message = await written(SELLER);
    const signature = await sign(SELLER, message.replace(PAGE, "evil.example"));
    expect(await ask("POST", "/v1/sign-in", { body: { message, signature } })).toMatchObject(
      refused("WrongSigner", "signature"),
    );
  });

  test("a message for another page, gateway or chain, or out of its time", async () => {
    expect(await signIn(SELLER, { domain: "evil.example" })).toMatchObject(refused("BadRequest", "domain"));
    expect(await signIn(SELLER, { uri: "urn:weir:gateway:another" })).toMatchObject(
      refused("BadRequest", "uri"),
    );
    expect(await signIn(SELLER, { chainId: 1 })).toMatchObject(refused("BadRequest", "chainId"));
    expect(await signIn(SELLER, { expirationTime: new Date(Date.now() - 1000) })).toMatchObject(
      refused("Expired", "expirationTime"),
    );
    expect(await signIn(SELLER, { notBefore: new Date(Date.now() + 60_000) })).toMatchObject(
      refused("Expired", "notBefore"),
    );
  });

  test("a nonce that is used, invented, changed or older than this gateway", async () => {
    const message = await written(SELLER);
    expect((await enter(message, SELLER)).status).toBe(200);
    expect(await enter(message, SELLER)).toMatchObject({ status: 409, ...refused("NonceUsed", "nonce") });
    const { nonce } = await offer();
    // Its time moved on by one digit, and a tag of its own making.
    const later = nonce.replace(/^(.{4})./, (_, start) => `${start}f`);
    for (const bad of ["0123456789abcdef", later, `${nonce.slice(0, -32)}${"0".repeat(32)}`])
      expect(await signIn(SELLER, { nonce: bad })).toMatchObject(refused("BadRequest", "nonce"));
    const before = await written(SELLER);
    const { token } = await signIn(SELLER);
    await gateway.stop();
    gateway = await world.gateway();
    expect(await enter(before, SELLER)).toMatchObject(refused("BadRequest", "nonce"));
    expect(await ask("GET", "/v1/channels", { token: token! })).toMatchObject(refused("Unauthorised"));
  });

  test.each([
    ["{", "body"],
    ["[]", "message"],
    [{ message: 5, signature: "0x00" }, "message"],
    [{ message: "let me in", signature: "me" }, "signature"],
    [{ message: "let me in", signature: "0x00" }, "message"],
  ])("%j", async (body, field) => {
    expect(await ask("POST", "/v1/sign-in", { body })).toMatchObject({
      status: 400,
      ...refused("BadRequest", field),
    });
  });

  test("a body of any size, and a signature that is none", async () => {
    const message = await written(SELLER);
    expect(
      await ask("POST", "/v1/sign-in", { body: { message: "x".repeat(10_000), signature: "0x00" } }),
    ).toMatchObject({ status: 413, ...refused("TooLarge") });
    expect(await ask("POST", "/v1/sign-in", { body: { message, signature: "0x1234" } })).toMatchObject(
      refused("WrongSigner", "signature"),
    );
  });

  test("no token, and a wrong one", async () => {
    expect(await ask("GET", "/v1/channels")).toMatchObject({ status: 401, ...refused("Unauthorised") });
    expect(await ask("GET", "/v1/channels", { token: "a".repeat(43) })).toMatchObject(
      refused("Unauthorised"),
    );
  });

  test("more than the pace, all of them by strangers", async () => {
    const names = new Set<string | undefined>();
    for (let i = 0; i < 20 && !names.has("TooFast"); i++)
      for (const { error } of await Promise.all(Array.from({ length: 32 }, () => signIn(STRANGER))))
        names.add(error?.name);
    expect(names).toEqual(new Set(["RoleMissing", "TooFast"]));
    // What was refused took nothing: the next second has room again.
    await expect
      .poll(async () => (await signIn(SELLER)).status, { timeout: 20_000, interval: 300 })
      .toBe(200);
  });
});

test("a pace that is exceeded is not lowered by it", () => {
  let now = 0;
  const rate = createRate(2, 120, () => now);
  for (let i = 0; i < 120; i++) expect(rate.tryTake(1)).toBe(true);
  for (let i = 0; i < 10_000; i++) expect(rate.tryTake(1)).toBe(false);
  now = 500;
  expect([rate.tryTake(1), rate.tryTake(1)]).toEqual([true, false]);
});

test("its gateway names itself", async () => {
  expect(await offer()).toMatchObject({
    uri: `urn:weir:gateway:${GATEWAY_ID}`,
    chainId: world.chain.chainId,
  });
});
