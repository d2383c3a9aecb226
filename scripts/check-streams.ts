// How libp2p's streams may be read and written (each row was found the hard way): in files that touch them, nothing but FrameStream. Prints each
// breach with its row; exits 1 when there is one.
import { globSync, readFileSync } from "node:fs";

/** A file that imports one of these can hold a stream. */
const TOUCHES =
  /\bfrom\s*["'](@libp2p\/|libp2p["']|@weir\/sdk\/wire|(\.\.?\/)+(wire\/|frames\.ts|node\.ts|browser\.ts))/;

const RULES: { pattern: RegExp; rule: string }[] = [
  {
    pattern: /\bfor\s+await\b/,
    rule: "for await over a stream has no back-pressure: its queue fills the memory",
  },
  {
    pattern: /\bSymbol\.asyncIterator\b|\bArray\.fromAsync\b/,
    rule: "a stream's iterator has no back-pressure, whoever calls it",
  },
  {
    pattern: /\b(lpStream|byteStream|pbStream)\b/,
    rule: "the library's byte streams overflow at 4 MiB and lose what they hold",
  },
  {
    pattern: /\.onDrain\(/,
    rule: "onDrain works once: wait for the drain event, and look again whether it is needed",
  },
  {
    pattern: /\b(stream|frames\.stream)\.(pause|resume)\(/,
    rule: "pausing a stream resets it when its read buffer is full: grant credit instead",
  },
];

export type Breach = { line: number; rule: string };

/** Breaches of one source file. Comments and strings do not count. */
export function streamBreaches(source: string): Breach[] {
  if (!TOUCHES.test(source)) return [];
  const code = source.replace(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g,
    (text) => text.replace(/[^\n]/g, " "),
  );
  return RULES.flatMap(({ pattern, rule }) =>
    [...code.matchAll(new RegExp(pattern, "g"))].map(({ index }) => ({
      line: code.slice(0, index).split("\n").length,
      rule,
    })),
  );
}

if (process.argv[1] === import.meta.filename) {
  const found = globSync("{sdk,relay,gateway,cli,app}/src/**/*.{ts,tsx}").flatMap((path) =>
    streamBreaches(readFileSync(path, "utf8")).map(({ line, rule }) => `${path}:${line} ${rule}`),
  );
  if (found.length > 0) {
    console.error(found.join("\n"));
    process.exit(1);
  }
}
