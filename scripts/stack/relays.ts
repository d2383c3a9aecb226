// A relay's entry in the registry: where it can be reached, and the stake that keeps the list free of spam.
import { peerIdFromString } from "@libp2p/peer-id";
import { parseEther } from "viem";
import { type Contracts, registerRelay } from "../../sdk/src/chain/index.ts";
import { hex } from "../../sdk/src/core/index.ts";
import type { StackAccount } from "./accounts.ts";
import { RELAY_CUT_BPS, walletOf } from "./seed.ts";

/** Above the least that a local chain asks for. */
const STAKE = parseEther("1");

export async function listRelay(p: {
  rpc: string;
  contracts: Contracts;
  operator: StackAccount;
  relay: { peerId: string; multiaddrs: readonly string[]; http: string };
  region: string;
}): Promise<void> {
  const { contracts, region } = p;
  await registerRelay(walletOf(p.rpc, p.operator), {
    contracts,
    peerId: hex(peerIdFromString(p.relay.peerId).toMultihash().bytes),
    endpoints: [...p.relay.multiaddrs, httpEndpoint(p.relay.http)],
    feeBps: RELAY_CUT_BPS,
    region,
    stake: STAKE,
  });
}

/** `http://127.0.0.1:4003` → `/ip4/127.0.0.1/tcp/4003/http`: the registry holds multiaddrs. */
function httpEndpoint(url: string): string {
  const { hostname, port } = new URL(url);
  return `/ip4/${hostname}/tcp/${port}/http`;
}
