// What a channel's slot says, for every way that Channels.sol writes it.
import { expect, test } from "vitest";
import { stateOf } from "../src/commands/channel/list.ts";

test.each([
  ["funded", { claimed: 0n, deposit: 9n, closeAt: 0, epoch: 0 }, "open"],
  ["claimed in part", { claimed: 4n, deposit: 9n, closeAt: 0, epoch: 0 }, "open"],
  ["claimed whole: it takes more money", { claimed: 9n, deposit: 9n, closeAt: 0, epoch: 0 }, "open"],
  ["asked to close", { claimed: 4n, deposit: 9n, closeAt: 1_800_000_000, epoch: 0 }, "closing"],
  [
    "asked to close, claimed whole meanwhile",
    { claimed: 9n, deposit: 9n, closeAt: 1_800_000_000, epoch: 0 },
    "closing",
  ],
  ["back from a cancelled close", { claimed: 4n, deposit: 9n, closeAt: 0, epoch: 1 }, "open"],
  ["closed by the seller, or withdrawn", { claimed: 4n, deposit: 4n, closeAt: 0, epoch: 1 }, "closed"],
  ["closed with nothing claimed", { claimed: 0n, deposit: 0n, closeAt: 0, epoch: 1 }, "closed"],
  ["funded again after that", { claimed: 4n, deposit: 9n, closeAt: 0, epoch: 1 }, "open"],
])("a channel that is %s", (_, slot, state) => expect(stateOf(slot)).toBe(state));
