// One reading of this machine, taken from the kernel when it is asked for.
import { readFileSync } from "node:fs";
import { cpus, freemem, loadavg, totalmem } from "node:os";

type Counters = { atMs: number; busy: number; all: number; received: number; sent: number };

let before: Counters | undefined;

/** A file of /proc, or null where there is none (the figures then come from the operating system's own calls). */
function proc(name: string): string | null {
  try {
    return readFileSync(`/proc/${name}`, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function processorTime(): { busy: number; all: number } {
  const line = proc("stat")?.split("\n", 1)[0];
  if (line !== undefined) {
    const times = line.trim().split(/\s+/).slice(1, 9).map(Number);
    const all = times.reduce((sum, time) => sum + time, 0);
    return { busy: all - times[3]! - times[4]!, all };
  }
  const times = cpus().map((cpu) => cpu.times);
  const all = times.reduce((sum, t) => sum + t.user + t.nice + t.sys + t.idle + t.irq, 0);
  return { busy: all - times.reduce((sum, t) => sum + t.idle, 0), all };
}

function networkBytes(): { received: number; sent: number } {
  const sum = { received: 0, sent: 0 };
  for (const line of proc("net/dev")?.split("\n").slice(2) ?? []) {
    const cells = line
      .trim()
      .split(/[\s:]+/)
      .map(Number);
    sum.received += cells[1] || 0;
    sum.sent += cells[9] || 0;
  }
  return sum;
}

function memoryMiB(): number {
  const info = proc("meminfo");
  const kib = (name: string): number => Number(info?.match(new RegExp(`^${name}:\\s+(\\d+)`, "m"))?.[1]);
  return info === null ? (totalmem() - freemem()) / 2 ** 20 : (kib("MemTotal") - kib("MemAvailable")) / 1024;
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

/** Rates are over the time since the reading before. */
export function machineReading() {
  const now: Counters = { atMs: Date.now(), ...processorTime(), ...networkBytes() };
  const last = before ?? now;
  before = now;
  const seconds = Math.max((now.atMs - last.atMs) / 1000, 0.001);
  const ticks = Math.max(now.all - last.all, 1);
  return {
    cpu: round((100 * (now.busy - last.busy)) / ticks, 1),
    load1: round(loadavg()[0]!, 2),
    memory: round(memoryMiB(), 1),
    received: round((now.received - last.received) / 1000 / seconds, 1),
    sent: round((now.sent - last.sent) / 1000 / seconds, 1),
    processes: Number(proc("loadavg")?.match(/ (\d+)\//)?.[1] ?? 0),
    observedAt: new Date(now.atMs).toISOString(),
  };
}
