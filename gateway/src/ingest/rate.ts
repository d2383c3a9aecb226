/** Tokens that come back at a steady pace. `take` says how many milliseconds to wait before going on; 0 = now. */
export type Rate = { take(count: number): number };

export function createRate(
  perSecond: number,
  burst: number,
  now: () => number = () => performance.now(),
): Rate {
  let tokens = burst;
  let at = now();
  return {
    take(count) {
      const moment = now();
      tokens = Math.min(burst, tokens + ((moment - at) / 1000) * perSecond);
      at = moment;
      tokens -= count;
      return tokens >= 0 ? 0 : Math.ceil((-tokens / perSecond) * 1000);
    },
  };
}
