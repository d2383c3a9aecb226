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
    testTimeout: 180_000,
    hookTimeout: 300_000,
    // Chains, relays and browsers side by side on two cores only slow each other down.
    maxWorkers: 2,
    pool: "forks",
    sequence: { sequencer: LongestFirst },
  },
});
