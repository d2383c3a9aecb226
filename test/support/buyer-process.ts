// A buyer that can be killed: its process, and what it has said over all its lives, checked line by line.
import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { createInterface } from "node:readline";
import type { Hex } from "viem";
import { fileStore } from "../../sdk/src/client/node.ts";
import type { ChannelProgress } from "../../sdk/src/client/store.ts";
import type { ReaderLine, ReaderOptions } from "./reader.ts";

export class BuyerProcess {
  /** One event for each kind of line. */
  readonly heard = new EventEmitter<Record<ReaderLine["event"], []>>();
  /** "generation/seq" → what stood there. */
  readonly segments = new Map<string, { segmentId: Hex; numbers: number[] }>();
  /** Relay → the highest total signed for it. */
  readonly signed = new Map<string, bigint>();
  /** What was said that must never be. */
  readonly faults: string[] = [];
  readonly story: string[] = [];
  /** Distinct messages received, and the highest number among them. */
  messages = 0;
  highest = -1;
  /** Relay → the most that the buyer's meter showed as due while that relay sent. */
  readonly due = new Map<string, bigint>();
  /** Highest total signed for any relay. */
  total = 0n;
  /** The relay that the last voucher named, and the one that sent the last segment. */
  payee = "";
  servedBy = "";
  stopped: Extract<ReaderLine, { event: "stopped" }> | undefined;
  readonly #options: ReaderOptions;
  #child: ChildProcess | undefined;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  start(): void {
    const program = ["--disable-warning=ExperimentalWarning", "test/support/reader.ts"];
    this.#child = spawn(process.execPath, [...program, JSON.stringify(this.#options)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    createInterface({ input: this.#child.stdout! }).on("line", (text) => {
      if (!text.endsWith("}")) return; // cut short by a kill
      const line = JSON.parse(text) as ReaderLine;
      this.tell(text);
      this.#take(line);
      this.heard.emit(line.event);
    });
  }

  /** Resolves when it is dead and everything it said has been heard. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, "close");
    child.kill("SIGKILL");
    await closed;
  }

  /** Orders the end of the purchase. */
  stop(): void {
    this.#child!.stdin!.write("stop\n");
  }

  /** Its ledger on disk. */
  stored(): Promise<ChannelProgress | undefined> {
    return fileStore(this.#options.store).load(this.#options.grantId);
  }

  /** One more line for whoever reads why a run failed. */
  tell(text: string): void {
    this.story.push(`${new Date().toISOString().slice(14, 23)} ${this.messages} ${text}`);
  }

  #take(line: ReaderLine): void {
    if (line.event === "segment") {
      const { generation, seq, segmentId, numbers } = line;
      const place = `${generation}/${seq}`;
      const before = this.segments.get(place);
      this.servedBy = this.payee;
      if (before?.segmentId === segmentId && String(before.numbers) === String(numbers)) return;
      if (before) this.faults.push(`segment ${place} came with two contents`);
      this.segments.set(place, { segmentId, numbers });
      this.messages += numbers.length;
      this.highest = Math.max(this.highest, ...numbers);
    } else if (line.event === "voucher") {
      const [total, relay] = [BigInt(line.cumulative), line.relay.toLowerCase()];
      if (total < this.total) this.faults.push(`a total of ${total} was signed after ${this.total}`);
      this.total = total;
      this.payee = relay;
      this.signed.set(relay, total);
    } else if (line.event === "meter") {
      if (line.messages > this.messages)
        this.faults.push(`${line.messages} messages were counted, ${this.messages} had come`);
      const due = BigInt(line.due);
      if (due > (this.due.get(this.servedBy) ?? 0n)) this.due.set(this.servedBy, due);
    } else if (line.event === "stopped") this.stopped = line;
  }
}
