/** Errors as answers: `{error: {name, message, field?}}`. */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { BaseError } from "viem";
import { InvalidParameter } from "./parameters.ts";

export class NotFound extends Error {
  override readonly name = "NotFound";
}

/** The tables are those of an earlier run of the local chain; the supervisor is about to make new ones. */
export class ChainRestarted extends Error {
  override readonly name = "ChainRestarted";

  constructor() {
    super("The local chain was restarted; the catalogue is being made again.");
  }
}

type Answer = { status: ContentfulStatusCode; error: { name: string; message: string; field?: string } };

/** A fault of ours keeps its details for the log. */
const FAULT: Answer = {
  status: 500,
  error: { name: "Fault", message: "The indexer failed to answer; see its log." },
};

function answerFor(error: Error): Answer {
  const { name, message } = error;
  if (error instanceof InvalidParameter) return { status: 400, error: { name, field: error.field, message } };
  if (error instanceof NotFound) return { status: 404, error: { name, message } };
  if (error instanceof ChainRestarted) return { status: 503, error: { name, message } };
  if (error instanceof BaseError)
    return { status: 503, error: { name: "Unreachable", message: "The chain's node does not answer." } };
  return FAULT;
}

export function answerError(error: Error, c: Context) {
  const { status, error: body } = answerFor(error);
  if (status === 500) console.error(error);
  return c.json({ error: body }, status);
}
