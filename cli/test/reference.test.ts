// The page says what the program does: every command and option is in it, every command line in its examples is one.
import { CommanderError } from "commander";
import { expect, test } from "vitest";
import { createProgram, everyCommand } from "../src/commands/index.ts";
import { readPage, withReference } from "../src/reference.ts";

test("docs/cli.md has every command and option as the program has them (node cli/src/reference.ts writes it)", () => {
  expect(withReference(readPage())).toBe(readPage());
});

test("every example on the page is understood by the program", async () => {
  const lines = [...readPage().matchAll(/^weir (.+)$/gm)].map(([, line]) => line!);
  expect(lines.length).toBeGreaterThan(20);
  for (const line of lines) {
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
    const program = createProgram({ json: true });
    // Parsed by the real rules of each option; what it would do is cut off.
    for (const command of everyCommand(program)) command.action(() => undefined);
    await program.parseAsync(words, { from: "user" }).catch((error: unknown) => {
      if (error instanceof CommanderError) throw new Error(`weir ${line}: ${error.message}`);
      throw error;
    });
  }
});
