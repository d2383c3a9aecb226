/**
 * How deep a GraphQL query goes and how many fields its answer may have. A field counts one, and everything below a list counts once
 * per row: Ponder's lists have `items`, and `limit` of them, 50 unless told.
 */
import { type DocumentNode, type FieldNode, Kind, type SelectionSetNode, type ValueNode } from "graphql";

const DEFAULT_LIMIT = 50;
/** Ponder's own maximum, taken for whatever is no number. */
const MAX_LIMIT = 1_000;

export type Measure = { depth: number; complexity: number };

/** Counts no further than beyond `enough`: fragments that spread fragments would double with each line. */
export function measure(document: DocumentNode, variables: Record<string, unknown>, enough: number): Measure {
  const fragments = new Map<string, SelectionSetNode>();
  for (const part of document.definitions)
    if (part.kind === Kind.FRAGMENT_DEFINITION) fragments.set(part.name.value, part.selectionSet);
  const defaults = defaultsOf(document);
  const total: Measure = { depth: 0, complexity: 0 };

  function walk(selection: SelectionSetNode, depth: number, times: number, open: readonly string[]): void {
    for (const part of selection.selections) {
      if (total.complexity > enough) return;
      if (part.kind === Kind.FIELD) {
        total.complexity += times;
        total.depth = Math.max(total.depth, depth);
        if (part.selectionSet) walk(part.selectionSet, depth + 1, times * rowsOf(part), open);
      } else if (part.kind === Kind.INLINE_FRAGMENT) walk(part.selectionSet, depth, times, open);
      else {
        const name = part.name.value;
        const spread = fragments.get(name);
        // One that spreads itself is refused by the validation that follows.
        if (spread && !open.includes(name)) {
          total.complexity += 1;
          walk(spread, depth, times, [...open, name]);
        }
      }
    }
  }

  function rowsOf(field: FieldNode): number {
    const limit = field.arguments?.find(({ name }) => name.value === "limit");
    if (limit) return countOf(limit.value);
    return hasItems(field) ? DEFAULT_LIMIT : 1;
  }

  function countOf(value: ValueNode): number {
    if (value.kind === Kind.INT) return atLeastOne(Number(value.value));
    if (value.kind !== Kind.VARIABLE) return MAX_LIMIT;
    const given = variables[value.name.value] ?? defaults.get(value.name.value) ?? DEFAULT_LIMIT;
    return typeof given === "number" ? atLeastOne(given) : MAX_LIMIT;
  }

  for (const part of document.definitions)
    if (part.kind === Kind.OPERATION_DEFINITION) walk(part.selectionSet, 1, 1, []);
  return total;
}

const atLeastOne = (count: number): number => (count >= 1 ? count : 1);

/** Spreads may hide `items`, so they count as having it. */
const hasItems = ({ selectionSet }: FieldNode): boolean =>
  selectionSet?.selections.some((part) => part.kind !== Kind.FIELD || part.name.value === "items") ?? false;

function defaultsOf(document: DocumentNode): Map<string, unknown> {
  const defaults = new Map<string, unknown>();
  for (const part of document.definitions) {
    if (part.kind !== Kind.OPERATION_DEFINITION) continue;
    for (const { variable, defaultValue } of part.variableDefinitions ?? [])
      if (defaultValue?.kind === Kind.INT) defaults.set(variable.name.value, Number(defaultValue.value));
  }
  return defaults;
}
