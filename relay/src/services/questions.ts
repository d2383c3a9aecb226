/** Questions on one connection to a gateway: each has a number, and somebody who waits for the answer. */
import { within } from "./wait.ts";

type Numbered = { requestId: number };

export type Questions<A extends Numbered> = {
  /** How many are open. */
  readonly size: number;
  /** Sends a question under a number of its own; null when the connection ends first. @throws what `late` makes, after the time */
  ask(send: (requestId: number) => void, timeoutMs: number, late: () => Error): Promise<A | null>;
  /** An answer came; one that nobody waits for is dropped. */
  answer(answer: A): void;
  /** The connection has ended. */
  end(): void;
};

export function questions<A extends Numbered>(): Questions<A> {
  const waiting = new Map<number, (answer: A | null) => void>();
  let nextId = 1;
  return {
    get size() {
      return waiting.size;
    },
    async ask(send, timeoutMs, late) {
      const requestId = nextId++;
      try {
        const answer = new Promise<A | null>((resolve) => waiting.set(requestId, resolve));
        send(requestId);
        return await within(answer, timeoutMs, late);
      } finally {
        waiting.delete(requestId);
      }
    },
    answer(answer) {
      waiting.get(answer.requestId)?.(answer);
      waiting.delete(answer.requestId);
    },
    end() {
      for (const resolve of waiting.values()) resolve(null);
      waiting.clear();
    },
  };
}
