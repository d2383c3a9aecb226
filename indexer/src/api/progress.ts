/** How far the tables are. Ponder keeps it in tables of its own, beside ours. */
import { db } from "ponder:api";
import { sql } from "ponder";

// Ponder's checkpoint: 10 digits of unix seconds, 16 of the chain id, 16 of the block number, and more.
const TIMESTAMP = [0, 10] as const;
const BLOCK = [26, 42] as const;

/** `block` and its `timestamp` in unix seconds are those of the newest block in the tables. */
export type Progress = { block: number; timestamp: number; ready: boolean };

export async function readProgress(): Promise<Progress> {
  const [checkpoints, meta] = await Promise.all([
    db.execute(sql`SELECT latest_checkpoint AS checkpoint FROM _ponder_checkpoint LIMIT 1`),
    db.execute(sql`SELECT value->>'is_ready' AS ready FROM _ponder_meta WHERE key = 'app'`),
  ]);
  const checkpoint =
    (checkpoints.rows[0] as { checkpoint?: string } | undefined)?.checkpoint ?? "0".repeat(75);
  return {
    block: Number(checkpoint.slice(...BLOCK)),
    timestamp: Number(checkpoint.slice(...TIMESTAMP)),
    ready: (meta.rows[0] as { ready?: string } | undefined)?.ready === "1",
  };
}
