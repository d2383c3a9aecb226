// How Hardhat compiles the Solidity tests: by the compiler's older generator and without the optimizer, in a fraction of the time. The
// contracts that they deploy are not touched by it. That generator keeps at most sixteen values at hand: "Stack too deep" means that a
// test's function wants to be two. Hardhat puts files together whose settings are the same object, which a plain `overrides` cannot say.
import { globSync } from "node:fs";
import { join } from "node:path";
import type { HardhatPlugin } from "hardhat/types/plugins";

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
          const settings = { ...compiler.settings, viaIR: false, optimizer: { enabled: false } };
          const plain = { ...compiler, settings };
          const files = globSync("test/contracts/**/*.sol", { cwd: join(import.meta.dirname, "..") });
          for (const file of files) profile.overrides[file] = plain;
          return config;
        },
      }),
    }),
  },
};
