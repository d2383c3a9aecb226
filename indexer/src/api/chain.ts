/** What the API asks the chain itself: its identity and its head. Its own client: Ponder's retries for minutes. */
import { createPublicClient, http, MethodNotFoundRpcError, MethodNotSupportedRpcError } from "viem";
import { settings, tablesInstanceId } from "../environment.ts";

/** Many pages ask for the status at once; the chain is asked once in this time. */
const FRESH_MS = 200;
/** A status that takes longer is no use to the page that waits for it. */
const TIMEOUT_MS = 2_000;

const client = createPublicClient({
  transport: http(settings.rpcUrl, { timeout: TIMEOUT_MS, retryCount: 0 }),
});

/** `head` and `headTimestamp` (unix seconds) are those of the newest block. */
export type Head = { instanceId: string | null; head: bigint; headTimestamp: number };

let asked: { at: number; head: Promise<Head> } | undefined;

/** The head as seen at most FRESH_MS ago. Rejects with viem's transport error if the node is out of reach. */
export function readHead(): Promise<Head> {
  const now = Date.now();
  if (!asked || now - asked.at > FRESH_MS) asked = { at: now, head: askHead() };
  return asked.head;
}

async function askHead(): Promise<Head> {
  const [{ number, timestamp }, instanceId] = await Promise.all([client.getBlock(), readInstanceId()]);
  return { head: number, headTimestamp: Number(timestamp), instanceId };
}

/** Hardhat's name for one run of a local chain; null on chains that have no such thing. */
async function readInstanceId(): Promise<string | null> {
  try {
    const answer: unknown = await client.request({ method: "hardhat_metadata" as "eth_chainId" });
    const { instanceId } = (answer ?? {}) as { instanceId?: unknown };
    return typeof instanceId === "string" ? instanceId : null;
  } catch (error) {
    if (error instanceof MethodNotFoundRpcError || error instanceof MethodNotSupportedRpcError) return null;
    throw error;
  }
}

/**
 * Whether the local chain was restarted under these tables. The supervisor notices a moment later; nobody shall see their
 * rows meanwhile. A node that is out of reach has not restarted yet.
 */
export async function isStale(): Promise<boolean> {
  if (tablesInstanceId === null) return false;
  const now = await readHead().catch(() => undefined);
  return now !== undefined && now.instanceId !== tablesInstanceId;
}
