// The authorisation function by itself: who speaks × what he wants, all of it denied unless named here.
import { describe, expect, test } from "vitest";
import { allNaughty } from "../../test/support/naughty.ts";
import { GatewayRefusal } from "../src/errors.ts";
import { parseFeed } from "../src/feed.ts";
import { type Act, authorize, parseUser } from "../src/ingest/authorize.ts";

const probe = { hubId: 3n, device: "probe-1" };
const outcome = (speaker: typeof probe | undefined, act: Act): string => {
  try {
    return `yes ${authorize(speaker, act)}`;
  } catch (error) {
    if (error instanceof GatewayRefusal) return error.name;
    throw error;
  }
};

describe("a device may", () => {
  const rows: [Act, string][] = [
    [{ kind: "login" }, "yes "],
    [{ kind: "login", will: "probe-1/state" }, "yes "],
    [{ kind: "login", will: "probe-2/state" }, "NotOwnTopic"],
    [{ kind: "login", will: "probe-1/command" }, "ReservedTopic"],
    [{ kind: "publish", topic: "probe-1/air" }, "yes air"],
    [{ kind: "publish", topic: "probe-1/air/in/°C" }, "yes air/in/°C"],
    [{ kind: "publish", topic: "probe-1/demands" }, "yes demands"],
    [{ kind: "publish", topic: "probe-1" }, "NotOwnTopic"],
    [{ kind: "publish", topic: "probe-1/" }, "NotOwnTopic"],
    [{ kind: "publish", topic: "probe-11/air" }, "NotOwnTopic"],
    [{ kind: "publish", topic: "Probe-1/air" }, "NotOwnTopic"],
    [{ kind: "publish", topic: "$SYS/probe-1/air" }, "NotOwnTopic"],
    [{ kind: "publish", topic: "$share/g/probe-1/air" }, "NotOwnTopic"],
    [{ kind: "publish", topic: "../probe-1/air" }, "NotOwnTopic"],
    [{ kind: "publish", topic: "probe-1/demand" }, "ReservedTopic"],
    [{ kind: "publish", topic: "probe-1/command/set" }, "ReservedTopic"],
    [{ kind: "publish", topic: `probe-1/command/${"0a".repeat(16)}` }, "ReservedTopic"],
    [{ kind: "answer", topic: `probe-1/command/${"0a".repeat(16)}` }, `yes ${"0a".repeat(16)}`],
    [{ kind: "answer", topic: `probe-2/command/${"0a".repeat(16)}` }, "ReservedTopic"],
    [{ kind: "answer", topic: `probe-1/command/${"0A".repeat(16)}` }, "ReservedTopic"],
    [{ kind: "answer", topic: "probe-1/command/set" }, "ReservedTopic"],
    [{ kind: "answer", topic: "probe-1/air" }, "ReservedTopic"],
    [{ kind: "publish", topic: "probe-1/a+b" }, "BadRequest"],
    [{ kind: "publish", topic: "probe-1/#" }, "BadRequest"],
    [{ kind: "publish", topic: "probe-1/a\u0000" }, "BadRequest"],
    [{ kind: "publish", topic: "probe-1/a\ud800" }, "BadRequest"],
    [{ kind: "publish", topic: `probe-1/${"é".repeat(129)}` }, "TooLarge"],
    [{ kind: "publish", topic: `probe-1${"/x".repeat(17)}` }, "TooLarge"],
    [{ kind: "subscribe", filter: "probe-1/demand" }, "yes "],
    [{ kind: "subscribe", filter: "probe-1/command" }, "yes "],
    [{ kind: "subscribe", filter: "probe-1/air" }, "NotOwnTopic"],
    [{ kind: "subscribe", filter: "probe-1/+" }, "NotOwnTopic"],
    [{ kind: "subscribe", filter: "#" }, "NotOwnTopic"],
    [{ kind: "subscribe", filter: "$share/g/probe-1/demand" }, "NotOwnTopic"],
    [{ kind: "receive", topic: "probe-1/demand" }, "yes "],
    [{ kind: "receive", topic: "probe-2/demand" }, "NotOwnTopic"],
    [{ kind: "receive", topic: "$SYS/x/heartbeat" }, "NotOwnTopic"],
  ];
  test.each(rows)("%o: %s", (act, expected) => {
    expect(outcome(probe, act)).toBe(expected);
    // Whoever has not logged in may do none of it.
    expect(outcome(undefined, act)).toBe("Unauthorised");
  });
});

test.each([
  ["3/probe-1", probe],
  ["0/a", { hubId: 0n, device: "a" }],
  ["03/probe-1", undefined],
  ["3/", undefined],
  ["3/a/b", undefined],
  ["3/a+", undefined],
  ["3/$SYS", undefined],
  ["-1/a", undefined],
  ["99999999999999999999/a", undefined],
  [`3/${"x".repeat(65)}`, undefined],
  ["probe-1", undefined],
  ["", undefined],
  [undefined, undefined],
])("the user %s is %o", (user, expected) => {
  expect(parseUser(user)).toEqual(expected);
});

describe("any text at all", () => {
  const texts = allNaughty();

  test("as a topic is carried unchanged or refused by name", () => {
    const outcomes = texts.map((text) => [
      outcome(probe, { kind: "publish", topic: `probe-1/${text}` }),
      text,
    ]);
    const carried = outcomes.filter(([result]) => result!.startsWith("yes "));
    expect(carried.map(([result]) => result)).toEqual(carried.map(([, text]) => `yes ${text}`));
    expect(carried.length).toBeGreaterThan(texts.length / 2);
    const names = new Set(outcomes.map(([result]) => result!).filter((result) => !result.startsWith("yes ")));
    for (const name of names)
      expect(["BadRequest", "NotOwnTopic", "ReservedTopic", "TooLarge"]).toContain(name);
  });

  test("as a device's name is one of the few letters, or nobody", () => {
    for (const device of texts) {
      const allowed = /^[A-Za-z0-9._-]{1,64}$/.test(device);
      expect(parseUser(`3/${device}`)).toEqual(allowed ? { hubId: 3n, device } : undefined);
    }
  });

  test("as a listing's metadata feeds everything only where it is empty", () => {
    for (const text of texts) {
      const feed = parseFeed(text);
      if (text !== "" && feed.devices === undefined) expect(typeof JSON.parse(text)).toBe("object");
    }
  });
});
