// A device's password from its gateway, ordered by a manager's signature.
import { signTypedData } from "viem/actions";
import type { WriteClient } from "../chain/index.ts";
import { gatewayDomain, randomSalt, signable } from "../core/index.ts";
import { askGateway, GatewayError } from "./gateway.ts";

/** How long the order is good for: enough to be sent. */
const DEADLINE_SECONDS = 600;

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
  const { user, password } = await askGateway<{ user?: string; password?: string }>(
    gateway.http,
    `/v1/devices/${hubId}/${encodeURIComponent(device)}/password`,
    {
      method: "POST",
      body: { gatewayId: gateway.id, nonce, deadline, signature, account: wallet.account.address },
    },
  );
  if (user === undefined || password === undefined)
    throw new GatewayError("GatewayFault", 200, "the gateway answered without a password");
  return { user, password };
}
