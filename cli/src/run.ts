import { CommanderError } from "commander";
import { createProgram } from "./commands/index.ts";
import { EXIT, exitCodeOf, printError, UsageError } from "./output.ts";

/** Runs one command line; what it ends with is `process.exitCode`. Never rejects. */
export async function run(args: readonly string[]): Promise<void> {
  const json = args.includes("--json");
  try {
    await createProgram({ json }).parseAsync([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) {
      printError(error, json);
      process.exitCode = exitCodeOf(error);
    } else if (error.exitCode === 0) process.exitCode = EXIT.done;
    else {
      // For people Commander has said it already.
      if (json) printError(new UsageError(error.message.replace(/^error: /, "")), json);
      process.exitCode = EXIT.usage;
    }
  }
}
