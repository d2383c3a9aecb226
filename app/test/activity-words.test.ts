/** Every event of every contract, and every call that an account makes, has words under `activity`. */
import { expect, test } from "vitest";
import * as generated from "../../sdk/src/generated/index.ts";
import messages from "../src/messages/en.json" with { type: "json" };

type Item = { type: string; name?: string; stateMutability?: string };
const items = Object.values(generated)
  .filter((value) => Array.isArray(value))
  .flatMap((abi) => abi as readonly Item[]);
const named = (holds: (item: Item) => boolean) => [
  ...new Set(items.filter(holds).flatMap(({ name }) => name ?? [])),
];

/** Calls that programs, other contracts and data subjects make; their names are shown with spaces. */
const NOT_FROM_PAGES =
  /^(buyOne|claim\w+|close\w+|fund\w+|cancelClose|cancelWithNotice|requestCloseFor|requestCloseWithNotice|lockBond|releaseBond|drawBond|stopSuspended|\w*(Consent|Consents|Round|Subjects)\w*)$/;

test("events", () => {
  // OpenZeppelin declares EIP712DomainChanged; domains of ours never change.
  const missing = named(({ type, name }) => type === "event" && name !== "EIP712DomainChanged").filter(
    (name) => !Object.hasOwn(messages.activity.events, name),
  );
  expect(missing).toEqual([]);
});

test("calls", () => {
  const writes = named(
    ({ type, stateMutability }) => type === "function" && /payable$/.test(stateMutability ?? ""),
  );
  const missing = writes.filter(
    (name) => !NOT_FROM_PAGES.test(name) && !Object.hasOwn(messages.activity.actions, name),
  );
  expect(missing).toEqual([]);
});
