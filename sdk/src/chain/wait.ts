/** Waits that end when somebody says so. */

/** Lets somebody end a `pause` early; a call between two pauses ends the next one. */
export type Waker = {
  wake: () => void;
  /** Calls `ended` at the next wake, or now if one is due. Returns a function that takes this back. */
  next: (ended: () => void) => () => void;
};

export function waker(): Waker {
  let due = false;
  let listener: (() => void) | undefined;
  const deliver = () => {
    if (!due || !listener) return;
    due = false;
    listener();
  };
  return {
    wake() {
      due = true;
      deliver();
    },
    next(ended) {
      listener = ended;
      deliver();
      return () => {
        listener = undefined;
      };
    },
  };
}

/** Waits `ms`, or until `signal` aborts, or until `wake` is called. Never rejects. */
export async function pause(ms: number, signal: AbortSignal, wake?: Waker): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    let forget: (() => void) | undefined;
    const timer = setTimeout(end, ms);
    function end() {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      forget?.();
      resolve();
    }
    signal.addEventListener("abort", end, { once: true });
    forget = wake?.next(end);
  });
}

/** `promise`, or a rejection with the signal's reason as soon as it aborts. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (stop) signal.removeEventListener("abort", stop);
  }
}
