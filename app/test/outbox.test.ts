/**
 * The outbox in storage.
 * ├── written before the wallet is asked; pending with its hash afterwards
 * ├── a "no" leaves nothing, another failure stays as failed
 * ├── after the wallet's yes a fault says nothing; what was mined and reverted has failed
 * ├── chains and accounts apart
 * ├── strangers' words in storage are no entries
 * └── however much is sent, open entries stay and settled ones give way
 */
import fc from "fast-check";
import type { Hex } from "viem";
import { beforeEach, describe, expect, it } from "vitest";
import { changeEntry, MAX_ENTRIES, outboxText, type Place, readOutbox, tracked } from "../src/lib/outbox.ts";

const A: Place = { chainId: 31337, account: "0x00000000000000000000000000000000000000Aa" };
const HASH: Hex = `0x${"ab".repeat(32)}`;
const list = (place = A) => readOutbox(outboxText(place));

const stored = new Map<string, string>();
const events = new EventTarget();
Object.assign(globalThis, {
  window: Object.assign(events, {
    localStorage: {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => void stored.set(key, value),
      removeItem: (key: string) => void stored.delete(key),
    },
  }),
});

beforeEach(() => stored.clear());

describe("the outbox", () => {
  it("has an entry before the wallet answers, and its hash after", async () => {
    const during: unknown[] = [];
    const sent = await tracked(A, "buy", async () => {
      during.push(...list());
      return HASH;
    });
    expect(sent).toBe(HASH);
    expect(during).toMatchObject([{ action: "buy", state: "asking", hash: null }]);
    expect(list()).toMatchObject([{ action: "buy", state: "pending", hash: HASH }]);
  });

  it("forgets what the person declined, and keeps what failed", async () => {
    const no = Object.assign(new Error("outer"), { cause: Object.assign(new Error("no"), { code: 4001 }) });
    await expect(tracked(A, "buy", () => Promise.reject(no))).rejects.toBe(no);
    expect(list()).toEqual([]);
    const fault = new Error("the node is away");
    await expect(tracked(A, "buy", () => Promise.reject(fault))).rejects.toBe(fault);
    expect(list()).toMatchObject([{ state: "failed", hash: null }]);
  });

  it.each([4001, 5000, 5750])("takes the code %s for a no, as a plain object too", async (code) => {
    const no = { code, message: "no" };
    await expect(tracked(A, "buy", () => Promise.reject(no))).rejects.toBe(no);
    expect(list()).toEqual([]);
  });

  it.each([4100, 4900, -32002, 5740])("takes the code %s for a failure", async (code) => {
    const fault = Object.assign(new Error("no answer"), { code });
    await expect(tracked(A, "buy", () => Promise.reject(fault))).rejects.toBe(fault);
    expect(list()).toMatchObject([{ state: "failed" }]);
  });

  it("does not call failed what the wallet said yes to, unless the chain undid it", async () => {
    const after = (error: Error) => (onSent: () => void) => {
      onSent();
      expect(list()).toMatchObject([{ state: "pending", hash: null }]);
      return Promise.reject(error);
    };
    const away = new Error("the node is away");
    await expect(tracked(A, "buy", after(away))).rejects.toBe(away);
    expect(list()).toMatchObject([{ state: "pending", hash: null }]);
    stored.clear();
    const reverted = Object.assign(new Error("no effect"), { name: "TransactionReverted" });
    await expect(tracked(A, "buy", after(reverted))).rejects.toBe(reverted);
    expect(list()).toMatchObject([{ state: "failed", hash: null }]);
  });

  it("keeps accounts and chains apart, and the spelling of an address does not matter", async () => {
    await tracked(A, "buy", async () => HASH);
    expect(list({ ...A, chainId: 1 })).toEqual([]);
    expect(list({ ...A, account: "0x00000000000000000000000000000000000000bb" })).toEqual([]);
    expect(list({ ...A, account: A.account.toLowerCase() as Hex })).toHaveLength(1);
  });

  it("takes anything for an empty list that is none", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => readOutbox(text).length === 0));
    expect(readOutbox('[{"id":"1","action":"buy","state":"gone","hash":null,"atMs":1}]')).toEqual([]);
  });

  it("never drops what is still on its way", async () => {
    for (let n = 0; n < MAX_ENTRIES + 5; n += 1) await tracked(A, `done${n}`, async () => HASH);
    for (const { id } of list()) changeEntry(A, id, { state: "mined" });
    await tracked(A, "first", async () => HASH);
    for (let n = 0; n < 5; n += 1) await tracked(A, `open${n}`, async () => HASH);
    const names = list().map(({ action }) => action);
    expect(names).toHaveLength(MAX_ENTRIES);
    expect(names.slice(0, 6)).toEqual(["open4", "open3", "open2", "open1", "open0", "first"]);
  });
});
