// Makes both arms of every `if` into statements, so that counting statements also counts branches: an `if` without `else` gets one
// that does nothing. Nothing else changes, and no line is added, so every statement keeps its line.
import solc from "solc";

type Node = { nodeType?: string; src?: string; falseBody?: Node | null; trueBody?: Node };

/** An empty block is a statement too: the instrumentation counts how often it is reached. */
const ARM = " else {}";

/** Whether a file, by its path in the project, is judged: mocks are the tests', interfaces and types have no statements. */
export const isJudged = (path: string): boolean =>
  path.startsWith("contracts/") && !/^contracts\/(mocks|interfaces|types)\//.test(path);

/** What ends a statement. */
const ENDS = Buffer.from("};");

function* nodesOf(value: unknown): Generator<Node> {
  if (typeof value !== "object" || value === null) return;
  if ("nodeType" in value) yield value as Node;
  for (const child of Object.values(value)) yield* nodesOf(child);
}

/** Start and end in UTF-8 bytes, as the compiler counts, which leaves out the semicolon of some statements. */
function rangeOf({ src }: Node, bytes: Buffer): { start: number; end: number } {
  const [start = 0, length = 0] = (src ?? "").split(":").map(Number);
  const end = start + length;
  return { start, end: ENDS.includes(bytes[end - 1]!) ? end : bytes.indexOf(";", end) + 1 };
}

function parse(source: string): unknown {
  const input = {
    language: "Solidity",
    sources: { "file.sol": { content: source } },
    settings: { stopAfter: "parsing", outputSelection: { "*": { "": ["ast"] } } },
  };
  // What is imported does not matter to the shape of this file.
  const { sources, errors = [] } = JSON.parse(
    solc.compile(JSON.stringify(input), { import: () => ({ contents: "" }) }),
  );
  const fault = errors.find(({ severity }: { severity: string }) => severity === "error");
  if (fault) throw new Error(fault.formattedMessage);
  return sources["file.sol"].ast;
}

/**
 * @param source Solidity source text.
 * @returns The text with an `else` at every `if` that had none; `conditionals`: how many `a ? b : c` it has, whose arms are no statements.
 */
export function withArms(source: string): { source: string; conditionals: number } {
  const nodes = [...nodesOf(parse(source))];
  const bare = nodes.filter(({ nodeType, falseBody }) => nodeType === "IfStatement" && !falseBody);
  // From the end, so that what is inserted moves nothing that is still to come; of two that end together the inner comes first.
  let bytes = Buffer.from(source);
  const places = bare
    .map((node) => rangeOf(node, bytes))
    .toSorted((a, b) => b.end - a.end || a.start - b.start);
  for (const { end } of places)
    bytes = Buffer.concat([bytes.subarray(0, end), Buffer.from(ARM), bytes.subarray(end)]);
  return {
    source: bytes.toString(),
    conditionals: nodes.filter(({ nodeType }) => nodeType === "Conditional").length,
  };
}

/** Whether the statement between these two places of a text from `withArms` is an arm that was added. */
export const isArm = (source: string, start: number, end: number): boolean =>
  source.slice(start, end).trim() === "{}" && source.slice(0, start).endsWith("else");
