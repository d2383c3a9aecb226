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
  if (value === "integer") return "number";
  return value === "number" || value === "string" || value === "boolean" ? value : "other";
}

export function fieldsOf(metadata: Record<string, unknown> | undefined): SchemaField[] {
  const schema = metadata?.schema;
  if (!isRecord(schema) || !isRecord(schema.properties)) return [];
  return Object.entries(schema.properties)
    .slice(0, MAX_FIELDS)
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

/** Fields of a message that a listing without a schema turns out to have. */
export function fieldsFromMessage(json: unknown): SchemaField[] {
  if (!isRecord(json)) return [];
  return Object.entries(json)
    .slice(0, MAX_FIELDS)
    .map(([name, value]) => ({ name, title: name, type: typeOf(typeof value), unit: "" }));
}
