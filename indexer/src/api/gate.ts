/** How many questions run at once, and how long one is waited for. */

export type Because = "BUSY" | "TIMED_OUT";

/**
 * Runs questions, at most `most` at once: one more is refused as BUSY. One that takes longer than `patienceMs` is refused as TIMED_OUT
 * and goes on counting until it has ended, or a slow database would be asked for ever more.
 */
export function createGate(
  { most, patienceMs }: { most: number; patienceMs: number },
  refusal: (because: Because) => Error,
): <T>(question: () => Promise<T>) => Promise<T> {
  let running = 0;
  return async (question) => {
    if (running >= most) throw refusal("BUSY");
    running += 1;
    const answered = question().finally(() => {
      running -= 1;
    });
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(refusal("TIMED_OUT")), patienceMs);
    try {
      return await Promise.race([answered, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  };
}
