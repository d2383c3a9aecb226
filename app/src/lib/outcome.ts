import type { Address, Hex } from "viem";
import type { Outgoing } from "./outbox.ts";
import { RpcUnreachable, rpcCall } from "./rpc.ts";

/**
 * What became of a sent transaction, as one look at the chain tells: nothing new while it is not mined, or while the chain cannot be asked,
 * which whoever needs it says. Who sped it up or cancelled it in the wallet sent another one with the same nonce: that one has a receipt,
 * and this one never will.
 */
export async function outcomeOf(
  rpc: string,
  account: Address,
  { hash, nonce }: { hash: Hex; nonce: number | undefined },
): Promise<Pick<Partial<Outgoing>, "state" | "nonce">> {
  const before = nonce === undefined ? {} : { nonce };
  try {
    const receipt = (await rpcCall(rpc, "eth_getTransactionReceipt", [hash])) as { status?: string } | null;
    if (receipt) return { ...before, state: receipt.status === "0x1" ? "mined" : "failed" };
    const known = nonce ?? (await nonceOf(rpc, account, hash));
    if (known === undefined) return {};
    const mined = Number(await rpcCall(rpc, "eth_getTransactionCount", [account, "latest"]));
    return mined > known ? { nonce: known, state: "replaced" } : { nonce: known };
  } catch (cause) {
    if (cause instanceof RpcUnreachable) return before;
    throw cause;
  }
}

/** Undefined where no node has the transaction, or somebody else sent it, as wallets do with bundles. */
async function nonceOf(rpc: string, account: Address, hash: Hex): Promise<number | undefined> {
  const found = (await rpcCall(rpc, "eth_getTransactionByHash", [hash])) as {
    from: Address;
    nonce: Hex;
  } | null;
  return found?.from.toLowerCase() === account.toLowerCase() ? Number(found.nonce) : undefined;
}
