/** The fields a listing promises, read from its JSON-LD metadata. Metadata is a stranger's text: nothing in it is trusted to have the right type. */
export interface SchemaField {
  name: string;
  title: string;
  type: "number" | "string" | "boolean" | "other";
  unit: string;
}

/** More columns than this no table can show; the raw view has the rest. */
export const MAX_FIELDS = 64;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === "string" ? value : "");

function typeOf(value: unknown): SchemaField["type"] {
  // "number or nothing" is a number: null stands for a reading that is missing.
  if (Array.isArray(value)) {
    const types = value.filter((type) => type !== "null");
    return types.length === 1 ? typeOf(types[0]) : "other";
  }
  if (value === "integer") return "number";
  return value === "number" || value === "string" || value === "boolean" ? value : "other";
}

/** @param most what is shown; without a bound for a check, which must know every field */
export function fieldsOf(
  metadata: Record<string, unknown> | undefined,
  most: number = MAX_FIELDS,
): SchemaField[] {
  const schema = metadata?.schema;
  if (!isRecord(schema) || !isRecord(schema.properties)) return [];
  return Object.entries(schema.properties)
    .slice(0, most)
    .map(([name, value]) => {
      const property = isRecord(value) ? value : {};
      return {
        name,
        title: text(property.title) || name,
        type: typeOf(property.type),
        unit: text(property.unit),
      };
    });
}

/** The field that carries the data's own time, if the listing names one. */
export function timeFieldOf(metadata: Record<string, unknown> | undefined): string | undefined {
  const schema = metadata?.schema;
  return isRecord(schema) && typeof schema.timeField === "string" ? schema.timeField : undefined;
}

/** Why a message is not what the listing describes; `field` where one is to blame. */
export interface Misfit {
  rule: "noJson" | "noObject" | "noField" | "wrongType";
  field?: string;
}

/**
 * Whether a message has the shape that its listing promises: one JSON object with described fields, each of its type. As in JSON Schema,
 * some may be missing and others may stand beside them; null is a reading that is missing. Undefined when it fits, and where nothing is
 * promised.
 *
 * @param json undefined for a payload that is no JSON
 */
export function misfitOf(json: unknown, fields: readonly SchemaField[]): Misfit | undefined {
  if (fields.length === 0) return undefined;
  if (json === undefined) return { rule: "noJson" };
  if (!isRecord(json)) return { rule: "noObject" };
  const present = fields.filter(({ name }) => Object.hasOwn(json, name));
  if (present.length === 0) return { rule: "noField" };
  const wrong = present.find(({ name, type }) => {
    const value = json[name];
    return value !== null && type !== "other" && typeof value !== type;
  });
  return wrong && { rule: "wrongType", field: wrong.name };
}

/** Fields of a message that a listing without a schema turns out to have. */
export function fieldsFromMessage(json: unknown): SchemaField[] {
  if (!isRecord(json)) return [];
  return Object.entries(json)
    .slice(0, MAX_FIELDS)
    .map(([name, value]) => ({ name, title: name, type: typeOf(typeof value), unit: "" }));
}
