// Hardhat for measuring coverage: the project's own configuration with both arms of every `if` made visible, fewer runs, and a build
// of its own, so that nobody deploys what was made to be counted.
import { dirname, relative } from "node:path";
import { defineConfig } from "hardhat/config";
import type { HardhatPlugin } from "hardhat/types/plugins";
import project from "../../hardhat.config.ts";
import { isJudged, withArms } from "./arms.ts";

const ROOT = dirname(dirname(import.meta.dirname));

const arms: HardhatPlugin = {
  id: "weir-arms",
  hookHandlers: {
    // What ran is on disk by then. Hardhat's own report would look for our arms in the files as they are.
    test: async () => ({ default: async () => ({ onTestRunDone: async () => undefined }) }),
    solidity: async () => ({
      default: async () => ({
        preprocessProjectFileBeforeBuilding: (context, sourceName, path, content, version, next) =>
          next(
            context,
            sourceName,
            path,
            isJudged(relative(ROOT, path)) ? withArms(content).source : content,
            version,
          ),
      }),
    }),
  },
};

const solidity = project.test?.solidity;

export default defineConfig({
  ...project,
  plugins: [...(project.plugins ?? []), arms],
  paths: { ...project.paths, cache: ".weir/coverage/cache", artifacts: ".weir/coverage/artifacts" },
  // Enough to reach every branch that fuzzing reaches at all; the figures ask what runs, not how often.
  test: {
    ...project.test,
    solidity: { ...solidity, fuzz: { runs: 64 }, invariant: { runs: 4, depth: 50 } },
  },
});
