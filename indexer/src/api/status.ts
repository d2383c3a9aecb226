import { db } from "ponder:api";
import { Hono } from "hono";
import { sql } from "ponder";
import { settings } from "../environment.ts";
import { readHead } from "./chain.ts";
import { readQuery } from "./parameters.ts";

// Ponder's checkpoint: 10 digits of unix seconds, 16 of the chain id, 16 of the block number, and more.
const TIMESTAMP = [0, 10] as const;
const BLOCK = [26, 42] as const;

export const status = new Hono();

status.get("/", async (c) => {
  readQuery(c.req.url, []);
  const [{ head, instanceId }, { checkpoint, ready }] = await Promise.all([readHead(), readProgress()]);
  const block = Number(checkpoint.slice(...BLOCK));
  return c.json({
    chainId: settings.chainId,
    instanceId,
    block,
    blockTimestamp: Number(checkpoint.slice(...TIMESTAMP)),
    head: Number(head),
    lag: Math.max(0, Number(head) - block),
    ready,
  });
});

type Progress = { checkpoint: string; ready: boolean };

/** How far the tables are. Ponder keeps it in tables of its own, beside ours. */
async function readProgress(): Promise<Progress> {
  const [checkpoints, meta] = await Promise.all([
    db.execute(sql`SELECT latest_checkpoint AS checkpoint FROM _ponder_checkpoint LIMIT 1`),
    db.execute(sql`SELECT value->>'is_ready' AS ready FROM _ponder_meta WHERE key = 'app'`),
  ]);
  const checkpoint =
    (checkpoints.rows[0] as { checkpoint?: string } | undefined)?.checkpoint ?? "0".repeat(75);
  return { checkpoint, ready: (meta.rows[0] as { ready?: string } | undefined)?.ready === "1" };
}
