// What every program that reads says of a set of messages: how far all its sessions are, and in the end their digests.
import { say } from "./child.ts";
import { Digest } from "./payloads.ts";

/** `report`: how often progress is told, in messages that every session has. */
export type Expect = { expect: { count: number; report?: number } };
export type RoundSaid = { digests: string[]; seconds: number; cpuSeconds: number };

/** Counts and hashes the messages of some sessions, a set at a time. */
export class Tally {
  readonly #digests: Digest[];
  #count = Number.POSITIVE_INFINITY;
  #report = Number.POSITIVE_INFINITY;
  #behind = 0; // sessions that have not reached #mark
  #mark = Number.POSITIVE_INFINITY;
  #cpu = process.cpuUsage();
  #startedAt = 0;

  constructor(sessions: number) {
    this.#digests = Array.from({ length: sessions }, () => new Digest());
  }

  expect({ count, report }: Expect["expect"]): void {
    this.#count = count;
    this.#report = report ?? count;
    this.#mark = Math.min(this.#report, count);
    this.#behind = this.#digests.length;
    this.#cpu = process.cpuUsage();
    this.#startedAt = performance.now();
    say({ event: "expecting" });
  }

  add(session: number, payload: Uint8Array): void {
    const digest = this.#digests[session]!;
    digest.add(payload);
    if (digest.count !== this.#mark) return;
    this.#behind -= 1;
    while (this.#behind === 0) this.#reached();
  }

  #reached(): void {
    const reached = this.#mark;
    if (reached === this.#count) {
      this.#behind = -1;
      this.#mark = Number.POSITIVE_INFINITY;
      const { user, system } = process.cpuUsage(this.#cpu);
      const seconds = (performance.now() - this.#startedAt) / 1000;
      const digests = [...new Set(this.#digests.map((digest) => digest.take()))];
      say({ event: "round", digests, seconds, cpuSeconds: (user + system) / 1e6 });
      return;
    }
    say({ event: "progress", messages: reached });
    this.#mark = Math.min(reached + this.#report, this.#count);
    this.#behind = this.#digests.filter(({ count }) => count < this.#mark).length;
  }
}
