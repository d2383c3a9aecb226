import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/support/order.ts";

export default defineConfig({
  test: {
    include: [
      "{sdk,relay,gateway,indexer,cli,app}/test/**/*.test.ts",
      "test/{vectors,integration,e2e}/**/*.test.ts",
    ],
    // Real programs are started and a two-core machine is shared: generous, and never what a test measures.
    globalSetup: "test/support/build.ts",
    testTimeout: 60_000,
    hookTimeout: 180_000,
    // Most of a file's time is waiting for programs to start, blocks and pages: two files leave half of two cores idle.
    maxWorkers: 3,
    pool: "forks",
    sequence: { sequencer: LongestFirst },
  },
});
