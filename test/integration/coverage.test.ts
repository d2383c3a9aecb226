/** The judge of `npm run test:deep -- --coverage`: what it takes for an arm, and that it sees what did not run. */
import { addStatementCoverageInstrumentation } from "@nomicfoundation/edr";
import { expect, it } from "vitest";
import { isJudged, withArms } from "../../scripts/deep/arms.ts";
import { coverageOf } from "../../scripts/deep/coverage.ts";

const FILE = "contracts/Sample.sol";
const TEXT = `// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

contract Sample { // „ä“ is longer in bytes than in characters
    error Bad(uint256 n);

    function f(uint256 n) external pure returns (uint256 m) {
        if (n == 0) revert Bad(n);
        if (n > 9) if (n > 99) m = 2;
        if (n == 5) {
            return 1;
        } else {
            m += 1;
        }
    }
}
`;

/** Tags of the statements that `ran` says yes to, by their text without blanks around. */
function tagsOf(ran: (text: string) => boolean): Set<string> {
  const { source } = withArms(TEXT);
  const { metadata } = addStatementCoverageInstrumentation(source, `project/${FILE}`, "0.8.30");
  return new Set(
    metadata
      .filter(({ startUtf16, endUtf16 }) => ran(source.slice(startUtf16, endUtf16).trim()))
      .map(({ tag }) => Buffer.from(tag).toString("hex")),
  );
}

it("every if without else gets one, on its own line; what has one stays as it is", () => {
  const { source } = withArms(TEXT);
  expect(source.split("\n")).toHaveLength(TEXT.split("\n").length);
  expect(source.split("\n").slice(7, 10)).toEqual([
    "        if (n == 0) revert Bad(n); else {}",
    "        if (n > 9) if (n > 99) m = 2; else {} else {}",
    "        if (n == 5) {",
  ]);
  expect(source.match(/else/g)).toHaveLength(4);
});

it("is whole when everything ran", () => {
  const { lines, arms } = coverageOf(
    FILE,
    TEXT,
    tagsOf(() => true),
  );
  expect([...lines]).toEqual(
    [8, 9, 10, 11, 12, 13].filter((line) => lines.has(line)).map((line) => [line, true]),
  );
  expect([8, 9, 10, 11, 13].every((line) => lines.has(line))).toBe(true);
  expect(arms).toEqual([8, 9, 9].map((line) => ({ line, hit: true })));
});

it("names the line and the arm that did not", () => {
  const neverRefused = tagsOf((text) => !text.startsWith("revert"));
  expect(coverageOf(FILE, TEXT, neverRefused).lines.get(8)).toBe(false);
  expect(coverageOf(FILE, TEXT, neverRefused).lines.get(9)).toBe(true);

  const alwaysTaken = coverageOf(
    FILE,
    TEXT,
    tagsOf((text) => text !== "{}"),
  );
  expect([...alwaysTaken.lines.values()].every(Boolean)).toBe(true);
  expect(alwaysTaken.arms).toEqual([8, 9, 9].map((line) => ({ line, hit: false })));
});

it("judges the contracts, and nothing that has no statements or is the tests' own", () =>
  expect(
    [
      "contracts/Grants.sol",
      "contracts/base/Escrow.sol",
      "contracts/mocks/TestToken.sol",
      "test/contracts/Hubs.t.sol",
    ].filter(isJudged),
  ).toEqual(["contracts/Grants.sol", "contracts/base/Escrow.sol"]));
