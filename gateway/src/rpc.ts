/** The way to the chain's node, for everything in this program that asks it. */
import { type HttpTransport, http } from "viem";
import { CHAIN_RETRIES, CHAIN_RETRY_MS, CHAIN_TIMEOUT_MS } from "./limits.ts";

export const rpc = (url: string): HttpTransport =>
  http(url, { timeout: CHAIN_TIMEOUT_MS, retryCount: CHAIN_RETRIES, retryDelay: CHAIN_RETRY_MS });
