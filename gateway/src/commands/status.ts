// What a running gateway's channels are worth: owed, covered by a voucher, claimed.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ChannelStatus } from "@weir/sdk/core";
import { STATUS_FILE } from "../claims/status.ts";
import { need } from "../config.ts";

const PATIENCE_MS = 5_000;

/** Prints a line for each channel that is not closed; all of them under `json`. False if no gateway runs on this data folder. */
export async function status(env: NodeJS.ProcessEnv, json: boolean): Promise<boolean> {
  const path = join(need(env, "WEIR_DATA_DIR"), STATUS_FILE);
  const channels = existsSync(path) ? await ask(path) : undefined;
  if (channels === undefined) {
    process.stderr.write(`no gateway runs on ${path.slice(0, -STATUS_FILE.length - 1)}\n`);
    return false;
  }
  if (json) for (const channel of channels) process.stdout.write(`${JSON.stringify(channel)}\n`);
  else
    for (const { channelId, listingId, owed, covered, claimed, lastClaim, closeHash } of channels) {
      if (closeHash !== null) continue;
      const line = `${channelId}  listing ${listingId}  owed ${owed}  covered ${covered}  claimed ${claimed}`;
      process.stdout.write(`${line}${lastClaim === null ? "" : `  by ${lastClaim}`}\n`);
    }
  return true;
}

/** Undefined if nobody answers: the file is what a gateway that was killed left behind. */
async function ask(path: string): Promise<ChannelStatus[] | undefined> {
  const { url, token } = JSON.parse(readFileSync(path, "utf8")) as { url: string; token: string };
  const headers = { authorization: `Bearer ${token}` };
  try {
    const response = await fetch(`${url}/v1/channels`, { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!response.ok) return undefined;
    return ((await response.json()) as { channels: ChannelStatus[] }).channels;
  } catch (error) {
    if (error instanceof TypeError || (error as Error).name === "TimeoutError") return undefined;
    throw error;
  }
}
