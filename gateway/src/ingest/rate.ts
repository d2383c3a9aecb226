/** Tokens that come back at a steady pace. */
export type Rate = {
  /** Takes them, and says how many milliseconds to wait before going on; 0 = now. */
  take(count: number): number;
  /** Takes them if they are there. What is refused costs nothing: who knocks too often delays nobody for longer. */
  tryTake(count: number): boolean;
};

export function createRate(
  perSecond: number,
  burst: number,
  now: () => number = () => performance.now(),
): Rate {
  let tokens = burst;
  let at = now();
  function refill(): void {
    const moment = now();
    tokens = Math.min(burst, tokens + ((moment - at) / 1000) * perSecond);
    at = moment;
  }
  return {
    take(count) {
      refill();
      tokens -= count;
      return tokens >= 0 ? 0 : Math.ceil((-tokens / perSecond) * 1000);
    },
    tryTake(count) {
      refill();
      if (tokens < count) return false;
      tokens -= count;
      return true;
    },
  };
}
