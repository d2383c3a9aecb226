/** Token buckets: so many at once, so many a second. */

export type Bucket = { take(): boolean };

export function bucket(
  burst: number,
  perSecond: number,
  now: () => number = performance.now.bind(performance),
): Bucket {
  let tokens = burst;
  let at = now();
  return {
    take() {
      const time = now();
      tokens = Math.min(burst, tokens + ((time - at) / 1000) * perSecond);
      at = time;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}

/** One bucket per key; the key that was used least recently is forgotten first. */
export function buckets(burst: number, perSecond: number, max: number): { take(key: string): boolean } {
  const known = new Map<string, Bucket>();
  return {
    take(key) {
      const found = known.get(key) ?? bucket(burst, perSecond);
      known.delete(key);
      known.set(key, found);
      if (known.size > max) known.delete(known.keys().next().value!);
      return found.take();
    },
  };
}
