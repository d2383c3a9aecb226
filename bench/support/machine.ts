/** The machine under the figures, and what a process has used of it. */
import { readFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";

export type Machine = {
  cpu: string;
  cores: number;
  memoryGiB: number;
  node: string;
  openssl: string;
  kernel: string;
  /** When the measurement ended, and the load averages over one minute before and after it: who else was there. */
  date: string;
  load: { before: number; after: number };
};

export function machineOf(loadBefore: number): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGiB: Number((totalmem() / 2 ** 30).toFixed(1)),
    node: process.version,
    openssl: process.versions.openssl,
    kernel: readFileSync("/proc/sys/kernel/osrelease", "utf8").trim(),
    date: new Date().toISOString(),
    load: { before: loadBefore, after: loadNow() },
  };
}

export const loadNow = (): number => Number(loadavg()[0]!.toFixed(2));

/** Kernel ticks a second in /proc: fixed at 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** User and system CPU-seconds of all threads of a process since it began, in steps of 10 ms. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field is the program's name in brackets, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory of a process in bytes. */
export function residentBytesOf(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  if (line === null) throw new Error(`/proc/${pid}/status has no VmRSS`);
  return Number(line[1]) * 1024;
}
