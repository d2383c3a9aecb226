import { expect, it, vi } from "vitest";
import { notTwice } from "../src/lib/notTwice.ts";

it("acts on a click and on a key, and not on the second click of a double click", () => {
  const act = vi.fn();
  const onClick = notTwice(act);
  for (const detail of [2, 3]) onClick({ detail });
  expect(act).not.toHaveBeenCalled();
  // A key's click counts none.
  for (const detail of [1, 0]) onClick({ detail });
  expect(act).toHaveBeenCalledTimes(2);
});
