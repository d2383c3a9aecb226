/** Frames with something wrong in them. The same for the same seed. */

/** Numbers from 0 below `bound` (mulberry32). */
export function randomFrom(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}

/** One to three of: a flipped bit, another byte, bytes cut out, put in, doubled, swapped, or taken from another frame. */
export function mutate(
  random: (bound: number) => number,
  frame: Uint8Array,
  others: readonly Uint8Array[],
): Uint8Array {
  let bytes = Array.from(frame);
  for (let rounds = 1 + random(3); rounds > 0; rounds -= 1) {
    const at = random(bytes.length);
    const length = 1 + random(Math.min(16, bytes.length - at));
    const act = [
      () => (bytes[at]! ^= 1 << random(8)),
      () => (bytes[at]! ^= 1 << random(8)), // the commonest: what noise and a curious hand do
      () => (bytes[at] = random(256)),
      () => (bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random(5)]!),
      () => bytes.splice(at, length),
      () => bytes.splice(at, 0, ...Array.from({ length }, () => random(256))),
      () => bytes.splice(at, 0, ...bytes.slice(at, at + length)),
      () => bytes.push(...bytes.splice(at, length)),
      () => {
        const other = others[random(others.length)]!;
        const from = random(other.length);
        bytes.splice(at, length, ...other.subarray(from, from + length));
      },
      () => (bytes = bytes.slice(0, Math.max(1, at))),
    ];
    act[random(act.length)]!();
    if (bytes.length === 0) bytes = [random(256)];
  }
  return Uint8Array.from(bytes);
}
