/**
 * `POST /graphql`: Ponder's own GraphQL over every table, behind limits. What exceeds one is refused before it runs, as
 * `{errors: [{message, extensions: {code}}]}` with status 400 (too much), 503 (busy) or 504 (too slow).
 */

import { db } from "ponder:api";
import schema from "ponder:schema";
import { type DocumentNode, GraphQLError, parse } from "graphql";
import { type Context, Hono } from "hono";
import { graphql } from "ponder";
import { measure } from "./complexity.ts";
import { createGate } from "./gate.ts";

/** A query of a screenful; variables included. */
export const MAX_BODY_BYTES = 16_384;
/** The standard introspection query has 13 levels, our tables have 3. */
export const MAX_DEPTH = 16;
/** Fields of rows in one answer: 100 rows of the widest table, or the whole schema. */
export const MAX_COMPLEXITY = 5_000;
/** Names, braces and values of a query. */
export const MAX_TOKENS = 1_000;
export const MAX_ALIASES = 30;
/** Nobody waits longer for a page. */
export const MAX_TIME_MS = 5_000;
/** Of those running now, timed-out ones included: a slow database is not asked for ever more. */
export const MAX_RUNNING = 8;

const answerByPonder = graphql(
  { db, schema },
  { maxOperationTokens: MAX_TOKENS, maxOperationDepth: MAX_DEPTH, maxOperationAliases: MAX_ALIASES },
);

const REFUSALS = {
  BUSY: [503, `${MAX_RUNNING} queries are running; ask again in a moment.`],
  TIMED_OUT: [504, `A query has ${MAX_TIME_MS} ms.`],
} as const;

class Refused extends Error {
  readonly status: 400 | 405 | 413 | 503 | 504;
  readonly code: string;

  constructor(status: Refused["status"], code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const inTime = createGate({ most: MAX_RUNNING, patienceMs: MAX_TIME_MS }, (because) => {
  const [status, message] = REFUSALS[because];
  return new Refused(status, because, message);
});

export const graph = new Hono();

graph.post("/", async (c) => {
  const text = await readBody(c);
  assertWithinLimits(text);
  const { url, headers } = c.req.raw;
  c.req.raw = new Request(url, { method: "POST", headers, body: text });
  return inTime(async () => (await answerByPonder(c, async () => undefined)) as Response);
});

// Ponder answers GET with a page that loads its parts from elsewhere.
graph.all("/", () => {
  throw new Refused(405, "METHOD_NOT_ALLOWED", "Queries are sent by POST, as {query, variables}.");
});

graph.onError((error, c) => {
  if (!(error instanceof Refused)) throw error;
  if (error.status === 405) c.header("allow", "POST");
  return c.json({ errors: [{ message: error.message, extensions: { code: error.code } }] }, error.status);
});

async function readBody(c: Context): Promise<string> {
  const tooLarge = () => new Refused(413, "BODY_TOO_LARGE", `A request has at most ${MAX_BODY_BYTES} bytes.`);
  if (Number(c.req.header("content-length") ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of c.req.raw.body ?? []) {
    size += part.byteLength;
    if (size > MAX_BODY_BYTES) throw tooLarge();
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function assertWithinLimits(text: string): void {
  const { query, variables } = readOperation(text);
  const { depth, complexity } = measure(query, variables, MAX_COMPLEXITY);
  if (depth > MAX_DEPTH)
    throw new Refused(400, "QUERY_TOO_DEEP", `A query has at most ${MAX_DEPTH} levels, this one ${depth}.`);
  if (complexity > MAX_COMPLEXITY)
    throw new Refused(
      400,
      "QUERY_TOO_COMPLEX",
      `A query asks for at most ${MAX_COMPLEXITY} fields, each list's times its limit; this one for more. Lower "limit".`,
    );
}

function readOperation(text: string): { query: DocumentNode; variables: Record<string, unknown> } {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Refused(400, "BAD_REQUEST", "The body is no JSON.");
    throw error;
  }
  const { query, variables } = (body ?? {}) as { query?: unknown; variables?: unknown };
  if (typeof query !== "string") throw new Refused(400, "BAD_REQUEST", "query: a text is missing.");
  try {
    return {
      query: parse(query, { maxTokens: MAX_TOKENS }),
      variables: (variables ?? {}) as Record<string, unknown>,
    };
  } catch (error) {
    if (error instanceof GraphQLError) throw new Refused(400, "GRAPHQL_PARSE_FAILED", error.message);
    throw error;
  }
}
