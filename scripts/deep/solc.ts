// The npm compiler as the program that Forge expects: `solc --version`, `solc --standard-json`. The first argument names the
// npm package. WebAssembly has one thread, so the files are dealt out to one process per core; each reads all sources and
// generates code for its share.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

type Input = {
  sources: Record<string, { content: string }>;
  settings: { outputSelection: Record<string, Record<string, string[]>> };
};
type Output = {
  errors?: { formattedMessage: string }[];
  sources?: Record<string, unknown>;
  contracts?: Record<string, unknown>;
};

/** Below this a second process costs more in reading the sources again than it saves. */
const FILES_PER_PROCESS = 8;
/** A fixture's or base contract's share of the work, about. */
const INHERITED_CHARACTERS = 10_000;
const PART = "--part";

const [name, ...options] = process.argv.slice(2);

/** Code is made for contracts, with all that they inherit; interfaces and libraries, however long, cost next to nothing. */
function workOf(source: string): number {
  return /^contract /m.test(source) ? INHERITED_CHARACTERS + source.length : 0;
}

/** Files of about equal work: the heaviest first, each to the group with the least so far. */
function deal(input: Input, files: string[], groups: number): string[][] {
  const work = new Map(files.map((file) => [file, workOf(input.sources[file]!.content)]));
  const dealt = Array.from({ length: groups }, () => ({ sum: 0, files: [] as string[] }));
  for (const file of files.toSorted((a, b) => work.get(b)! - work.get(a)!)) {
    const least = dealt.reduce((best, group) => (group.sum < best.sum ? group : best));
    least.files.push(file);
    least.sum += work.get(file)!;
  }
  return dealt.map((group) => group.files);
}

function compilePart(input: Input, files: string[]): Promise<Output> {
  const outputSelection = Object.fromEntries(
    files.map((file) => [file, input.settings.outputSelection[file]!]),
  );
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), name!, PART], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0
        ? resolve(JSON.parse(Buffer.concat(chunks).toString()))
        : reject(new Error(`the compiler ended with ${code}`)),
    );
    child.stdin.end(JSON.stringify({ ...input, settings: { ...input.settings, outputSelection } }));
  });
}

async function compileSideBySide(text: string): Promise<string> {
  const input: Input = JSON.parse(text);
  const files = Object.keys(input.settings.outputSelection).filter((file) => file in input.sources);
  const groups = Math.min(availableParallelism(), Math.ceil(files.length / FILES_PER_PROCESS));
  if (groups < 2) return compiler().compile(text);
  const dealt = deal(input, files, groups);
  const parts = await Promise.all(dealt.map((group) => compilePart(input, group)));
  const own = (key: "sources" | "contracts") =>
    Object.fromEntries(
      parts.flatMap((part, n) =>
        Object.entries(part[key] ?? {}).filter(([file]) => dealt[n]!.includes(file)),
      ),
    );
  // Every process reads every file, so each warning comes once from each of them.
  const errors = new Map(parts.flatMap(({ errors = [] }) => errors.map((e) => [e.formattedMessage, e])));
  return JSON.stringify({
    errors: [...errors.values()],
    sources: { ...parts[0]!.sources, ...own("sources") },
    contracts: own("contracts"),
  });
}

function compiler(): { version(): string; compile(input: string): string } {
  return createRequire(import.meta.url)(name!);
}

if (options.includes("--version")) {
  process.stdout.write(`solc, the solidity compiler\nVersion: ${compiler().version()}\n`);
} else {
  const text = readFileSync(0, "utf8");
  process.stdout.write(options.includes(PART) ? compiler().compile(text) : await compileSideBySide(text));
}
