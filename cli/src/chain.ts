import { createPublicClient, http, type PublicClient } from "viem";

/** A reading client; one retry, so that a wrong address is said soon. */
export const createPublicClientFor = (rpc: string): PublicClient =>
  createPublicClient({ transport: http(rpc, { retryCount: 1, timeout: 10_000 }) });
