// The few calls of node:fs/promises behind the buyer's file store, each a turn of the event loop and then made at once. Node's own go
// through a pool of threads, and half of a schedule's time would be spent on waiting for them. Same files, same order, same moments to die in.
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { setImmediate as turn } from "node:timers/promises";

export async function open(path: string, flags: string, mode: number) {
  await turn();
  const file = openSync(path, flags, mode);
  return {
    async writeFile(text: string): Promise<void> {
      await turn();
      writeSync(file, text);
    },
    async sync(): Promise<void> {
      await turn();
      fsyncSync(file);
    },
    async close(): Promise<void> {
      await turn();
      closeSync(file);
    },
  };
}

export async function rename(from: string, to: string): Promise<void> {
  await turn();
  renameSync(from, to);
}

export async function readFile(path: string, encoding: "utf8"): Promise<string> {
  await turn();
  return readFileSync(path, encoding);
}

export async function mkdir(path: string, options: { recursive: true; mode: number }): Promise<void> {
  await turn();
  mkdirSync(path, options);
}

export async function rm(path: string, options: { force: true }): Promise<void> {
  await turn();
  rmSync(path, options);
}
