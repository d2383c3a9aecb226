// A device's password from its gateway, ordered by a manager's signature.
import { signTypedData } from "viem/actions";
import type { WriteClient } from "../chain/index.ts";
import { gatewayDomain, randomSalt, signable } from "../core/index.ts";

/** What the gateway answered instead of a password; `name` is its error's name. */
export class GatewayError extends Error {
  readonly status: number;
  readonly field: string | undefined;

  constructor(name: string, status: number, message: string, field?: string) {
    super(message);
    this.name = name;
    this.status = status;
    this.field = field;
  }
}

/** How long the order is good for: enough to be sent. */
const DEADLINE_SECONDS = 600;
const PATIENCE_MS = 15_000;

/**
 * Sets a new password for a device and returns it: the only time that it is seen. The one before ends.
 *
 * @param wallet a MANAGER or the owner of the hub
 * @throws GatewayError named as the gateway says (`RoleMissing`, `UnknownDevice` …), or `GatewayUnreachable`
 * @example
 * const { user, password } = await setDevicePassword(manager, { gateway, hubId: 1n, device: "buoy-7" });
 */
export async function setDevicePassword(
  wallet: WriteClient,
  p: { gateway: { id: string; http: string }; hubId: bigint; device: string },
): Promise<{ user: string; password: string }> {
  const { gateway, hubId, device } = p;
  const nonce = randomSalt();
  const deadline = Math.floor(Date.now() / 1000) + DEADLINE_SECONDS;
  const typed = signable(gatewayDomain(wallet.chain.id), "DevicePassword", {
    hubId,
    device,
    gatewayId: gateway.id,
    nonce,
    deadline,
  });
  const signature = await signTypedData(wallet, {
    ...typed,
    account: wallet.account,
  } as Parameters<typeof signTypedData>[1]);
  const url = `${gateway.http}/v1/devices/${hubId}/${encodeURIComponent(device)}/password`;
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      gatewayId: gateway.id,
      nonce,
      deadline,
      signature,
      account: wallet.account.address,
    }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).catch((error: Error) => {
    throw new GatewayError(
      "GatewayUnreachable",
      0,
      `the gateway at ${gateway.http} does not answer (${error.name})`,
    );
  });
  const answer = (await response.json().catch(() => ({}))) as {
    user?: string;
    password?: string;
    error?: { name?: string; message?: string; field?: string };
  };
  if (!response.ok || answer.user === undefined || answer.password === undefined) {
    const {
      name = "GatewayFault",
      message = `the gateway answered ${response.status}`,
      field,
    } = answer.error ?? {};
    throw new GatewayError(name, response.status, message, field);
  }
  return { user: answer.user, password: answer.password };
}
