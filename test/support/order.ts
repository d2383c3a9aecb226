// The long files first. On a fresh checkout vitest knows no times and begins with the largest files; a long one begun last runs on
// alone. A file that is not named comes after these, which is right for everything below half a minute.
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** About as long as they take, longest first; browser journeys apart, each brings a whole market and a Chromium. */
const LONGEST = [
  "test/e2e/buyer",
  "test/integration/money",
  "test/integration/cli",
  "test/e2e/sell",
  "test/integration/deploy",
  "gateway/test/claims",
  "test/e2e/operate",
  "test/integration/kill",
  "test/integration/plans",
  "indexer/test/market",
  "test/e2e/buy",
  "indexer/test/postgres",
  "test/integration/trade",
  "indexer/test/catalogue",
  "gateway/test/sources",
  "gateway/test/commands",
  "indexer/test/reorg",
  "indexer/test/program",
];

const rank = ({ moduleId }: TestSpecification): number => {
  const found = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
  return found < 0 ? LONGEST.length : found;
};

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}
