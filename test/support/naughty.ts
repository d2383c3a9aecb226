// Texts that break careless programs: markup, scripts, formulas, directions, nothing at all, too much.
import { existsSync, readFileSync } from "node:fs";

const SCRIPT = "globalThis.hacked=true;alert(1)";

/** A few of every kind, for fields where each one takes a while. Whichever of them runs sets `hacked` or opens an alert. */
export const NAUGHTY: readonly string[] = [
  `<script>${SCRIPT}</script>`,
  `"><img src=x onerror="${SCRIPT}">`,
  `<svg/onload='${SCRIPT}'>`,
  `javascript:${SCRIPT}`,
  "{{constructor.constructor('alert(1)')()}}",
  "‮ right to left ‬",
  "Ṱ̺̺̕o͞ ̷i̲̬͇̪͙n̝̗͕v̟̜̘̦͟o̶̙̰̠kè͚̮̺̪̹̱̤",
  "👩‍👩‍👧‍👦 𝕿𝖍𝖊",
  "'; DROP TABLE listings; --",
  "%00%s%n../../etc/passwd",
  "constructor",
  "=HYPERLINK(1)",
  "",
  "undefined",
  "__proto__",
  "a\u0000b",
  "\ufeff",
  "\ud800",
  "𝒯𝒽𝑒 田中さん",
];

/** The Big List of Naughty Strings, which lies beside the repository; a clone may stand alone with the few above. */
const LIST = new URL("../../../shared/vectors/naughty-strings.json", import.meta.url);
/** How many of them there are at least, here. */
export const leastNaughty = (): number => (existsSync(LIST) ? 400 : NAUGHTY.length);
export const allNaughty = (): readonly string[] =>
  existsSync(LIST) ? [...NAUGHTY, ...(JSON.parse(readFileSync(LIST, "utf8")) as string[])] : NAUGHTY;
