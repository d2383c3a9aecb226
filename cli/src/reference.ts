// Every command with its options, written from the program itself: `node cli/src/reference.ts` puts it into docs/cli.md, a test compares.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Command, Option } from "commander";
import { readCommand, writeCommand } from "./command.ts";
import { createProgram, everyCommand } from "./commands/index.ts";

const PAGE = new URL("../../docs/cli.md", import.meta.url);
const BEGIN = "<!-- Written by node cli/src/reference.ts -->";
const END = "<!-- end -->";

const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;

const cell = (text: string): string => text.replaceAll("|", "\\|");

function rowOf({ flags, description, defaultValue, envVar, mandatory, argChoices }: Option): string {
  const more = [
    ...(mandatory ? ["required"] : []),
    ...(argChoices ? [`one of ${argChoices.join(", ")}`] : []),
    ...(defaultValue === undefined || defaultValue === "" ? [] : [`default ${String(defaultValue)}`]),
    ...(envVar ? [`\`${envVar}\``] : []),
  ];
  return `| \`${cell(flags)}\` | ${cell(description)}${more.length > 0 ? ` (${cell(more.join("; "))})` : ""} |`;
}

const table = (options: readonly Option[]): string =>
  ["| option | means |", "| --- | --- |", ...options.map(rowOf)].join("\n");

function section(command: Command, shared: ReadonlySet<string>): string {
  const words = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
  const own = command.options.filter(({ flags }) => !shared.has(flags));
  const meanings = command.registeredArguments.map(
    (argument) => `\`${argument.name()}\`: ${argument.description}`,
  );
  return [
    `### ${[pathOf(command), ...words].join(" ")}`,
    `${command.description()}.`,
    ...(meanings.length > 0 ? [`${meanings.join("; ")}.`] : []),
    ...(own.length > 0 ? [table(own)] : []),
  ].join("\n\n");
}

/** The part of the page that follows from the program. */
export function reference(): string {
  const shared = [...writeCommand("x", "").options];
  const read = new Set(readCommand("x", "").options.map(({ flags }) => flags));
  const flags = new Set(shared.map((option) => option.flags));
  const verbs = everyCommand(createProgram({ json: false })).filter(({ commands }) => commands.length === 0);
  return [
    BEGIN,
    "## Options that commands share",
    `Every command that reads the chain takes the first ${read.size}; one that signs or belongs to an account takes all.`,
    table(shared),
    "## Commands",
    ...verbs.map((verb) => section(verb, flags)),
    END,
  ].join("\n\n");
}

/** The page with its part replaced. */
export function withReference(page: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`docs/cli.md has no part between "${BEGIN}" and "${END}"`);
  return page.slice(0, from) + reference() + page.slice(to + END.length);
}

export const readPage = (): string => readFileSync(PAGE, "utf8");

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  writeFileSync(fileURLToPath(PAGE), withReference(readPage()));
