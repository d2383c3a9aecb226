// Looking in at a gateway by wallet: what a hub's channels are worth is for those who have a part in the hub.
import type { Hex } from "viem";
import { signMessage } from "viem/actions";
import { createSiweMessage } from "viem/siwe";
import type { WriteClient } from "../chain/index.ts";
import type { ChannelStatus } from "../core/index.ts";
import { askGateway } from "./gateway.ts";

/** `token` opens the gateway's private answers until `expiresAtMs` (unix milliseconds); `hubs` are decimal. */
export type GatewaySession = { token: string; account: Hex; hubs: string[]; expiresAtMs: number };

const STATEMENT = "Show me what my hub's channels are worth. This costs nothing and moves no money.";

/**
 * Signs in at a gateway with one message (EIP-4361) from the wallet. No transaction, no gas.
 *
 * @param wallet owner, manager or treasurer of a hub of this gateway
 * @param p `http` the gateway's address; `domain` the authority of the page that asks, the gateway's own where no page does
 * @throws GatewayError named as the gateway says (`RoleMissing`, `WrongSigner`, `Expired` …), or `GatewayUnreachable`
 * @example
 * const { token } = await signInAtGateway(owner, { http: "http://127.0.0.1:8080", domain: location.host });
 */
export async function signInAtGateway(
  wallet: WriteClient,
  p: { http: string; domain?: string },
): Promise<GatewaySession> {
  const { nonce, uri, chainId, expiresAtMs } = await askGateway<{
    nonce: string;
    uri: string;
    chainId: number;
    expiresAtMs: number;
  }>(p.http, "/v1/sign-in/nonce", { method: "POST" });
  const message = createSiweMessage({
    domain: p.domain ?? new URL(p.http).host,
    address: wallet.account.address,
    statement: STATEMENT,
    uri,
    version: "1",
    chainId,
    nonce,
    expirationTime: new Date(Math.max(expiresAtMs, Date.now() + SESSION_MS)),
  });
  const signature = await signMessage(wallet, { account: wallet.account, message });
  return askGateway<GatewaySession>(p.http, "/v1/sign-in", { method: "POST", body: { message, signature } });
}

/** How long the message is good for; the gateway's own limit is an hour. */
const SESSION_MS = 3_600_000;

/**
 * The channels that a gateway serves for the hubs that the account has a part in.
 *
 * @throws GatewayError `Unauthorised` when the sign-in has ended
 */
export async function getGatewayChannels(p: { http: string; token: string }): Promise<ChannelStatus[]> {
  const { channels } = await askGateway<{ channels: ChannelStatus[] }>(p.http, "/v1/channels", {
    token: p.token,
  });
  return channels;
}

/** Ends a sign-in before its time. */
export async function signOutAtGateway(p: { http: string; token: string }): Promise<void> {
  await askGateway(p.http, "/v1/sign-in", { method: "DELETE", token: p.token });
}
