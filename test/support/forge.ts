/** Frames that were honest and are not any more: what a stranger can make of what he has seen. */
import { decodeFrame, type Frame } from "@weir/sdk/wire";
import { attempt, claimsOf, type Situation } from "./claims.ts";
import { mutate } from "./mutate.ts";

/** `isFrame`: a program takes them for a frame, though nobody has signed what it claims. */
export type Forged = { bytes: Uint8Array; isFrame: boolean };

/**
 * Bytes that are no frame any more, or whose claims nobody has signed. `framesOnly`: one frame and nothing behind it, so that a stream that
 * is sent it goes on.
 */
export async function forge(
  random: (bound: number) => number,
  honest: Uint8Array,
  at: Situation,
  { framesOnly = false } = {},
): Promise<Forged> {
  const said = new Set(claimsOf(firstFrame(honest)!.frame, at).map(({ text }) => text));
  if (framesOnly && said.size === 0) throw new RangeError("nothing in this frame is signed");
  for (;;) {
    const bytes = mutate(random, honest, [honest]);
    const first = firstFrame(bytes);
    if (first === undefined) {
      if (framesOnly) continue;
      return { bytes, isFrame: false };
    }
    if (framesOnly && first.end !== bytes.length) continue;
    const fresh = claimsOf(first.frame, at).filter(({ text }) => !said.has(text));
    if (fresh.length === 0) continue; // what was changed is nobody's signed word
    for (const { holds } of fresh)
      if ((await attempt(holds)) === undefined && (await holds())) throw new Error("holds");
    return { bytes, isFrame: true };
  }
}

/** The first frame in these bytes and where it ends, or undefined when no program would take them for one. */
function firstFrame(bytes: Uint8Array): { frame: Frame; end: number } | undefined {
  const at = bytes.findIndex((byte) => byte < 0x80) + 1;
  const end = at + varint(bytes);
  if (end <= at || end > bytes.length) return undefined;
  try {
    return { frame: decodeFrame(bytes.subarray(at, end)), end };
  } catch {
    return undefined;
  }
}

const varint = (bytes: Uint8Array): number => {
  let value = 0;
  for (const [n, byte] of bytes.entries()) {
    value += (byte & 0x7f) * 2 ** (7 * n);
    if (byte < 0x80) return value;
  }
  return -1;
};
