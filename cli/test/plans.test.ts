// What the CLI says about a plan in one line.
import { expect, test } from "vitest";
import { messagePlan } from "../../test/support/market.ts";
import { planLine } from "../src/plans.ts";

const ETH = { address: `0x${"0".repeat(40)}`, symbol: "ETH", decimals: 18 } as const;

test("a promotion is named while it runs, and not when it is over", () => {
  const promoted = { ...messagePlan, price: 2n * 10n ** 15n, promoPrice: 10n ** 15n };
  const [before, after] = ["2126-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z"].map((end) =>
    planLine({ ...promoted, promoUntil: Date.parse(end) / 1000 }, ETH),
  );
  expect(before).toContain("0.001 ETH until 2126-01-01T00:00:00.000Z");
  expect(after).toContain("0.002 ETH for a message");
  expect(after).not.toContain("until");
});
