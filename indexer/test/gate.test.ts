// The gate before GraphQL, by questions that end when the test says so. On a real database that stands still: postgres.test.ts.
// ├── as many as may run, one more: BUSY, until one has ended, well or not
// └── one that takes too long: TIMED_OUT, and it counts until it ends
import { expect, test } from "vitest";
import { createGate } from "../src/api/gate.ts";

const FOREVER_MS = 2 ** 31 - 1;
const MOST = 3;
const refusal = (because: string) => new Error(because);
const question = () => Promise.withResolvers<string>();

test("as many as may run at once, and one more when one of them has ended", async () => {
  const gate = createGate({ most: MOST, patienceMs: FOREVER_MS }, refusal);
  const open = Array.from({ length: MOST }, question);
  const answers = open.map(({ promise }) => gate(() => promise));
  const never = () => Promise.reject(new Error("it was asked"));
  await expect(gate(never)).rejects.toThrow("BUSY");
  open[0]!.resolve("first");
  expect(await answers[0]).toBe("first");
  const another = question();
  const answer = gate(() => another.promise);
  await expect(gate(never)).rejects.toThrow("BUSY");
  open[1]!.reject(new Error("a fault"));
  await expect(answers[1]).rejects.toThrow("a fault");
  expect(await gate(async () => "after the fault")).toBe("after the fault");
  open[2]!.resolve("third");
  another.resolve("another");
  expect(await Promise.all([answers[2], answer])).toEqual(["third", "another"]);
});

test("one that takes too long is given up, and counts until it has ended", async () => {
  const gate = createGate({ most: 1, patienceMs: 1 }, refusal);
  const slow = question();
  await expect(gate(() => slow.promise)).rejects.toThrow("TIMED_OUT");
  await expect(gate(async () => "")).rejects.toThrow("BUSY");
  slow.resolve("late");
  await expect.poll(() => gate(async () => "the next").catch(({ message }) => message)).toBe("the next");
});
