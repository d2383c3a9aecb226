// How Hardhat compiles the Solidity tests: without the optimizer, in half the time. The contracts that they deploy are not touched by
// it. Two settings that differ by a number which means nothing make two compilations, one for each of two cores; Hardhat puts
// files together whose settings are the same object, which a plain `overrides` cannot say.
import { globSync } from "node:fs";
import { join } from "node:path";
import type { HardhatPlugin } from "hardhat/types/plugins";

const HALVES = 2;

export const testCompiler: HardhatPlugin = {
  id: "weir-test-compiler",
  hookHandlers: {
    config: async () => ({
      default: async () => ({
        resolveUserConfig: async (userConfig, resolveVariable, next) => {
          const config = await next(userConfig, resolveVariable);
          const profile = config.solidity.profiles.default;
          const [compiler] = profile?.compilers ?? [];
          if (profile === undefined || compiler === undefined) throw new Error("no compiler for the tests");
          const halves = Array.from({ length: HALVES }, (_, n) => ({
            ...compiler,
            settings: { ...compiler.settings, optimizer: { enabled: false, runs: 1 + n } },
          }));
          const files = globSync("test/contracts/**/*.sol", { cwd: join(import.meta.dirname, "..") }).sort();
          for (const [n, file] of files.entries()) profile.overrides[file] = halves[n % HALVES]!;
          return config;
        },
      }),
    }),
  },
};
