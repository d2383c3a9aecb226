// `npm run check`: format, lint, types, imports, streams and generated files, side by side, in under a minute.
import { spawn } from "node:child_process";

const CHECKS: Record<string, string[]> = {
  "format and lint": ["biome", "check", "--error-on-warnings", "."],
  types: ["tsc", "--noEmit", "-p", "tsconfig.json"],
  "types of the app": ["tsc", "--noEmit", "-p", "app/tsconfig.json"],
  "types of the indexer": ["tsc", "--noEmit", "-p", "indexer/tsconfig.json"],
  imports: [process.execPath, "scripts/check-imports.ts"],
  streams: [process.execPath, "scripts/check-streams.ts"],
  "generated files": [process.execPath, "scripts/generate.ts", "--check"],
};

function check(name: string, [command, ...args]: string[]): Promise<boolean> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command!, args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const collect = (chunk: Buffer) => {
      output += chunk;
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", (error) => collect(Buffer.from(String(error))));
    child.on("close", (code) => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      console.log(`${code === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
      if (code !== 0) console.log(output.trimEnd());
      resolve(code === 0);
    });
  });
}

const results = await Promise.all(Object.entries(CHECKS).map(([name, command]) => check(name, command)));
process.exit(results.every(Boolean) ? 0 : 1);
