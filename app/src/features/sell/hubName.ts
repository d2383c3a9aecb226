const MAX_NAME_CHARS = 120;

/** The fields of a hub's metadata: a stranger's text, nothing in it is trusted to be there. */
export function hubWords(metadata: string): { name: string; description: string } {
  let json: unknown;
  try {
    json = JSON.parse(metadata);
  } catch {
    json = undefined; // no JSON: a hub without a name
  }
  const read = (key: string): string => {
    const value =
      typeof json === "object" && json !== null ? (json as Record<string, unknown>)[key] : undefined;
    return typeof value === "string" ? value.replace(/\p{Cc}+/gu, " ").trim() : "";
  };
  return { name: read("name").slice(0, MAX_NAME_CHARS), description: read("description") };
}

export const nameOf = (metadata: string): string => hubWords(metadata).name;
