// Other people's programs, run to their end from the project's folder.
import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export type Printed = { code: number; stdout: string; stderr: string };

/** @returns What the program printed, and its exit code. Rejects where it cannot be started. */
export function program(command: string, args: string[], env: Record<string, string> = {}): Promise<Printed> {
  const child = spawn(command, args, {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1", ...env },
  });
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout.on("data", (chunk: Buffer) => output.stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => output.stderr.push(chunk));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({
        code: code ?? 1,
        stdout: Buffer.concat(output.stdout).toString(),
        stderr: Buffer.concat(output.stderr).toString(),
      }),
    );
  });
}

/** Waits for a long step and says every half minute that it still works. */
export async function withPulse<T>(title: string, work: Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 1000);
  console.log(title);
  const timer = setInterval(() => console.log(`  … ${title}: ${seconds()} s`), 30_000);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    console.log(`  ${title}: done after ${seconds()} s`);
  }
}
