import { globSync, readFileSync } from "node:fs";

/** Names of the details that relay and gateway send with each refusal, as their sources have them. */
export function sentDetails(): Record<string, string[]> {
  const found: Record<string, Set<string>> = {};
  for (const path of globSync("{relay,gateway,sdk}/src/**/*.ts")) {
    const source = readFileSync(path, "utf8");
    for (const { index } of source.matchAll(/new RefusedError\(/g)) {
      const [name, , details = ""] = argumentsAt(source, index + "new RefusedError(".length);
      if (!/^"\w+"$/.test(name!)) continue; // handed on, not made here
      for (const [, key] of details.matchAll(/[{,]\s*(\w+)\s*(?=[:,}])/g)) {
        found[name!.slice(1, -1)] ??= new Set();
        found[name!.slice(1, -1)]!.add(key!);
      }
    }
  }
  return Object.fromEntries(Object.entries(found).map(([name, details]) => [name, [...details]]));
}

/** The arguments of a call as text. */
function argumentsAt(source: string, from: number): string[] {
  const parts = [""];
  let depth = 0;
  let quote = "";
  for (let at = from; at < source.length; at += 1) {
    const char = source[at]!;
    if (quote) quote = char === quote ? "" : quote;
    else if (`"'\``.includes(char)) quote = char;
    else if ("([{".includes(char)) depth += 1;
    else if (")]}".includes(char) && depth-- === 0) return parts.map((part) => part.trim());
    if (char === "," && depth === 0 && !quote) parts.push("");
    else parts[parts.length - 1] += char;
  }
  throw new Error("a call has an end");
}
