#!/usr/bin/env node
// The `weir` command: noun, then verb. Exit codes: 0 done, 1 unexpected fault, 2 usage, 3 refused by rule, 4 unreachable.
import { Command, CommanderError } from "commander";
import { verifyCommand } from "./commands/verify.ts";
import { EXIT, exitCodeOf, printError } from "./output.ts";

const program = new Command("weir")
  .description("Weir sells live data by the message.")
  .exitOverride()
  .showHelpAfterError()
  .addCommand(verifyCommand());

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  else {
    printError(error, process.argv.includes("--json"));
    process.exitCode = exitCodeOf(error);
  }
}
