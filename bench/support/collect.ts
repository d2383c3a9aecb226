// One reader whose CPU is the figure: messages are kept as they come and hashed when the clock has stopped.
import { say } from "./child.ts";
import { digestOf } from "./payloads.ts";

export type CollectOrder = { expect: { count: number } };
export type CollectSaid = { digest: string; decoded: number; seconds: number; cpuSeconds: number };

export class Collector {
  #payloads: Uint8Array[] = [];
  #count = Number.POSITIVE_INFINITY;
  #decoded = 0;
  #cpu = process.cpuUsage();
  #startedAt = 0;

  expect({ expect: { count } }: CollectOrder): void {
    this.#count = count;
    this.#payloads = [];
    this.#decoded = 0;
    this.#cpu = process.cpuUsage();
    this.#startedAt = performance.now();
    say({ event: "expecting" });
  }

  /** `json`: what the payload was decoded to; undefined for one that is no JSON. */
  add(payload: Uint8Array, json: unknown): void {
    if (json !== undefined) this.#decoded += 1;
    if (this.#payloads.push(payload) === this.#count) this.#end();
  }

  #end(): void {
    const { user, system } = process.cpuUsage(this.#cpu);
    const seconds = (performance.now() - this.#startedAt) / 1000;
    const said: CollectSaid = {
      digest: digestOf(this.#payloads),
      decoded: this.#decoded,
      seconds,
      cpuSeconds: (user + system) / 1e6,
    };
    say({ event: "collected", ...said });
  }
}
