// Builds what changed: the contracts (Hardhat keeps track itself) and the app's static export.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const APP_OUT = "app/out";
const STAMP = join(APP_OUT, ".built-from");
const SOURCES = ["app/{src,public}/**/*.*", "app/*.{ts,mjs,json}", "sdk/src/**/*.ts", "package-lock.json"];

function fingerprint(): string {
  const hash = createHash("sha256");
  for (const path of globSync(SOURCES).sort()) {
    if (/next-env\.d\.ts$/.test(path)) continue;
    hash.update(path).update("\0").update(readFileSync(path)).update("\0");
  }
  return hash.digest("hex");
}

/** True when it built. The build's output goes to .weir/logs/app-build.log; its end is in the error when it fails. */
export async function buildApp(logs: string): Promise<boolean> {
  const now = fingerprint();
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === now) return false;
  mkdirSync(logs, { recursive: true });
  const path = join(logs, "app-build.log");
  const log = createWriteStream(path);
  const child = spawn("npm", ["run", "build", "-w", "app"], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (code !== 0)
    throw new Error(
      `the app does not build; the end of ${path}:\n${readFileSync(path, "utf8").slice(-3000)}`,
    );
  writeFileSync(STAMP, now);
  return true;
}
