import type { Message } from "../core/index.ts";

const decoder = new TextDecoder("utf-8", { fatal: true });
const SPACE_OR_DIGIT = " \t\n\r0123456789";
const bytesOf = (chars: string): ReadonlySet<number> => new Set([...chars].map((char) => char.charCodeAt(0)));
/** What a JSON text can begin and end with. Trying to decode anything else costs more than all the rest of a message: errors are dear. */
const JSON_STARTS = bytesOf(`${SPACE_OR_DIGIT}{["-tfn`);
const JSON_ENDS = bytesOf(`${SPACE_OR_DIGIT}}]"el`);
/** Stands for "not looked at yet": undefined is what a payload that is no JSON comes to. */
const UNREAD = Symbol();

/**
 * A message with its payload as JSON. It is parsed when `json` is first asked for, because that takes longer than all the checks before it and
 * not every reader wants it; so a copy made with `...` has no `json`.
 */
export class DecodedMessage implements Message {
  readonly device: string;
  readonly topic: string;
  readonly timeMs: number;
  /** A view of its segment's bytes: copy what is kept for long. */
  readonly payload: Uint8Array;
  #json: unknown = UNREAD;

  constructor({ device, topic, timeMs, payload }: Message) {
    this.device = device;
    this.topic = topic;
    this.timeMs = timeMs;
    this.payload = payload;
  }

  /** The payload's value; undefined when it is no JSON. */
  get json(): unknown {
    if (this.#json === UNREAD) this.#json = jsonOf(this.payload);
    return this.#json;
  }
}

function jsonOf(payload: Uint8Array): unknown {
  if (!JSON_STARTS.has(payload[0] ?? 0) || !JSON_ENDS.has(payload.at(-1)!)) return undefined;
  try {
    return JSON.parse(decoder.decode(payload));
  } catch {
    return undefined; // not JSON: the payload is shown raw
  }
}
