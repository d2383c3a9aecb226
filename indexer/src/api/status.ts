import { Hono } from "hono";
import { settings } from "../environment.ts";
import { LOCAL_CHAIN_ID } from "../settings.ts";
import { readHead } from "./chain.ts";
import { readQuery } from "./parameters.ts";
import { readProgress } from "./progress.ts";

/** Blocks behind the head at which the answers are no longer those of the chain: about a minute of most chains. */
const MAX_LAG_BLOCKS = 10;
/** The head of a chain that mines on its own is never older than this. */
const MAX_HEAD_AGE_S = 300;

export const status = new Hono();

status.get("/", async (c) => {
  readQuery(c.req.url, []);
  const [{ head, headTimestamp, instanceId }, { block, timestamp, ready }] = await Promise.all([
    readHead(),
    readProgress(),
  ]);
  const lagBlocks = Math.max(0, Number(head) - block);
  const headAge = Math.floor(Date.now() / 1_000) - headTimestamp;
  // The local chain mines when somebody sends something: its head may be any age.
  const headIsFresh = settings.chainId === LOCAL_CHAIN_ID || headAge <= MAX_HEAD_AGE_S;
  return c.json({
    chainId: settings.chainId,
    instanceId,
    block,
    blockTimestamp: timestamp,
    head: Number(head),
    lag: lagBlocks,
    lagBlocks,
    lagSeconds: lagBlocks === 0 ? 0 : Math.max(0, headTimestamp - timestamp),
    ready,
    healthy: ready && headIsFresh && lagBlocks <= MAX_LAG_BLOCKS,
  });
});
