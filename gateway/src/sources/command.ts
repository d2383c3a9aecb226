// A program as a source: every line it prints is a message. It is started again when it ends; what it printed is in the journal, what it
// would have printed meanwhile is its own affair.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { SourceConfig } from "../config.ts";
import { GatewayRefusal } from "../errors.ts";
import { COMMAND_RESTART_MS } from "../limits.ts";
import { sleep } from "../link.ts";
import { createSourceIntake, nameOf, type SourceInit } from "./source.ts";

type CommandSource = Extract<SourceConfig, { command: readonly string[] }>;

/** Runs until the signal aborts. Never rejects: a program that cannot be started is tried again. */
export async function runCommand(source: CommandSource, init: SourceInit): Promise<void> {
  const { log, signal } = init;
  const name = nameOf(source);
  const [program, ...args] = source.command as [string, ...string[]];
  const intake = createSourceIntake(source, init);
  while (!signal.aborted) {
    // Without a shell: the words are words.
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
    const stop = () => child.kill("SIGTERM");
    signal.addEventListener("abort", stop, { once: true });
    const ended = once(child, "close").then(
      ([code]) => `ended with ${code}`,
      (error: Error) => error.message,
    );
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.trim() === "") continue;
      try {
        // Not reading on until it is on disk slows the program down.
        if (!(await intake.take([Buffer.from(line)]))) break;
      } catch (error) {
        if (!(error instanceof GatewayRefusal)) throw error;
        log.warn({ event: "source refused", source: name, reason: error.name }, error.message);
      }
    }
    const why = await ended;
    signal.removeEventListener("abort", stop);
    if (signal.aborted) return;
    log.warn({ event: "source ended", source: name, program }, why);
    await sleep(COMMAND_RESTART_MS, signal);
  }
}
