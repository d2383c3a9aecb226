import { REQUEST_TIMEOUT_MS } from "./timeouts.ts";

export class RpcUnreachable extends Error {
  override readonly name = "RpcUnreachable";
  readonly rpc: string;
  constructor(rpc: string, detail: string) {
    super(`the chain's RPC at ${rpc} did not answer: ${detail}`);
    this.rpc = rpc;
  }
}

/** One bare JSON-RPC call, for the few questions that are asked before a wallet library is loaded. */
export async function rpcCall(rpc: string, method: string, params: unknown[] = []): Promise<unknown> {
  try {
    const response = await fetch(rpc, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const body = (await response.json()) as { result?: unknown; error?: { message: string } };
    if (body.error) throw new RpcUnreachable(rpc, body.error.message);
    return body.result;
  } catch (cause) {
    if (cause instanceof RpcUnreachable) throw cause;
    throw new RpcUnreachable(rpc, cause instanceof Error ? cause.message : String(cause));
  }
}

/** Which run of a local Hardhat chain answers; it changes at every restart, while addresses and ids repeat. */
export async function chainInstance(rpc: string): Promise<string | undefined> {
  const metadata = (await rpcCall(rpc, "hardhat_metadata")) as { instanceId?: string } | null;
  return metadata?.instanceId;
}
