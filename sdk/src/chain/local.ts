import type { ReadClient } from "./types.ts";

/** The chain that `npm start` and the tests run. */
export const LOCAL_CHAIN_ID = 31337;

export const isLocal = (client: ReadClient): boolean => client.chain?.id === LOCAL_CHAIN_ID;

/**
 * The block whose time a call sees. A local chain mines on demand, so its latest block may be hours old, and whatever depends
 * on the time (a challenge, a window) would look as it did then; its pending block has the present time.
 */
export const nowTag = (client: ReadClient): "pending" | "latest" => (isLocal(client) ? "pending" : "latest");
