import type { GatewayError } from "@weir/sdk/client";
import { client } from "./weir.ts";

/** The SDK's error says which of the two it is by its name; pages explain them in their own words. */
class GatewayUnreachable extends Error {
  override readonly name = "GatewayUnreachable";
}

class GatewayRefused extends Error {
  override readonly name = "GatewayRefused";
}

/**
 * Does something at a gateway through the SDK.
 *
 * @throws GatewayUnreachable, GatewayRefused with the gateway's own name for it (such as UnknownHub) in the message, or what the wallet says
 */
export async function atGateway<T>(act: (sdk: Awaited<ReturnType<typeof client>>) => Promise<T>): Promise<T> {
  const sdk = await client();
  try {
    return await act(sdk);
  } catch (error) {
    if (!(error instanceof sdk.GatewayError)) throw error;
    const { name, message } = error as GatewayError;
    throw name === "GatewayUnreachable"
      ? new GatewayUnreachable(message)
      : new GatewayRefused(`${name}: ${message}`);
  }
}
