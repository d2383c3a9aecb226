import type { WriteClient } from "@weir/sdk/chain";
import { gatewayDomain, signable } from "@weir/sdk/core";
import { bytesToHex } from "viem";
import { signTypedData } from "viem/actions";
import type { GatewayEntry } from "@/lib/config.ts";
import { REQUEST_TIMEOUT_MS } from "@/lib/timeouts.ts";

/** The gateway takes orders that end within this; longer ones could be replayed at leisure. */
const DEADLINE_SECONDS = 300;

export class GatewayUnreachable extends Error {
  override readonly name = "GatewayUnreachable";
  readonly http: string;
  constructor(http: string, detail: string) {
    super(`the gateway at ${http} did not answer: ${detail}`);
    this.http = http;
  }
}

export class GatewayRefused extends Error {
  override readonly name = "GatewayRefused";
  /** The gateway's own name for it, such as UnknownHub. */
  readonly reason: string;
  constructor(reason: string, message: string) {
    super(`${reason}: ${message}`);
    this.reason = reason;
  }
}

export interface DeviceLogin {
  user: string;
  password: string;
}

/**
 * Orders a fresh password for a device from the seller's gateway, by a manager's signed message. The old one ends at once.
 *
 * @throws GatewayUnreachable, GatewayRefused, or what the wallet says
 */
export async function orderPassword(p: {
  client: WriteClient;
  gateway: GatewayEntry;
  hubId: bigint;
  device: string;
}): Promise<DeviceLogin> {
  const { client, gateway, hubId, device } = p;
  const nonce = bytesToHex(crypto.getRandomValues(new Uint8Array(32)));
  const deadline = Math.floor(Date.now() / 1_000) + DEADLINE_SECONDS;
  const message = { hubId, device, gatewayId: gateway.id, nonce, deadline };
  const typed = signable(gatewayDomain(client.chain.id), "DevicePassword", message);
  const signature = await signTypedData(client, typed as Parameters<typeof signTypedData>[1]);
  const url = new URL(`/v1/devices/${hubId}/${device}/password`, gateway.http);
  const answer = await fetch(url, {
    method: "POST",
    cache: "no-store",
    headers: { "content-type": "application/json" },
    // The account is named for wallets that are contracts: their signatures recover nothing.
    body: JSON.stringify({
      gatewayId: gateway.id,
      nonce,
      deadline,
      signature,
      account: client.account.address,
    }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw new GatewayUnreachable(gateway.http, cause instanceof Error ? cause.message : String(cause));
  });
  const text = await answer.text();
  if (!answer.ok) throw refusalOf(answer.status, text);
  return JSON.parse(text) as DeviceLogin;
}

function refusalOf(status: number, text: string): GatewayRefused {
  try {
    const { error } = JSON.parse(text) as { error?: { name?: string; message?: string } };
    return new GatewayRefused(error?.name ?? String(status), error?.message ?? text.slice(0, 200));
  } catch {
    return new GatewayRefused(String(status), text.slice(0, 200)); // a proxy in between answered
  }
}
