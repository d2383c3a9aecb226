// A command as a device reads it: one JSON object, so that a shell script with a broker's client can carry it out.
import type { Command } from "@weir/sdk/core";

const fatalUtf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * `{"id", "answer", "expires", "payload"}`: `answer` is the topic for what the device says to it, `expires` in unix seconds. A payload that is
 * no JSON stands in `payloadBase64`.
 */
export function messageFor(id: string, expires: number, { device, payload }: Command): Uint8Array {
  const head = JSON.stringify({ id, answer: `${device}/command/${id}`, expires }).slice(0, -1);
  return Buffer.from(`${head},${payloadOf(payload)}}`);
}

/** JSON as it was written: what a number is to the buyer it is to the device. */
function payloadOf(payload: Uint8Array): string {
  try {
    const text = fatalUtf8.decode(payload);
    JSON.parse(text);
    return `"payload":${text}`;
  } catch {
    return `"payloadBase64":"${Buffer.from(payload).toString("base64")}"`; // no JSON: as it is
  }
}
