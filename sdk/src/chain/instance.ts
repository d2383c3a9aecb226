import type { Client, Hex } from "viem";
import { causesOf } from "./errors.ts";

export type ChainInstance = {
  /** Changes at every start of a development chain; null on chains that have no such thing. */
  instanceId: Hex | null;
};

/** JSON-RPC "method not found" and "method not supported", as viem names them. */
const NO_SUCH_METHOD: ReadonlySet<string> = new Set([
  "MethodNotFoundRpcError",
  "MethodNotSupportedRpcError",
  "UnsupportedProviderMethodError",
  "InvalidRequestRpcError",
]);

/**
 * The identity of a development chain (`hardhat_metadata.instanceId`), or null where the node knows no such method. Whoever
 * stores something derived from a chain compares it before trusting the store.
 *
 * @throws viem's transport errors when the node is out of reach
 * @example const { instanceId } = await getInstance(client);
 */
export async function getInstance(client: Client): Promise<ChainInstance> {
  try {
    const answer = await client.request<{ Method: string; Parameters: readonly []; ReturnType: unknown }>(
      { method: "hardhat_metadata", params: [] },
      { retryCount: 0 },
    );
    const id = (answer as { instanceId?: unknown } | null)?.instanceId;
    return { instanceId: typeof id === "string" && /^0x[0-9a-f]{2,64}$/i.test(id) ? (id as Hex) : null };
  } catch (error) {
    if (causesOf(error).some((cause) => NO_SUCH_METHOD.has(cause.name))) return { instanceId: null };
    throw error;
  }
}
