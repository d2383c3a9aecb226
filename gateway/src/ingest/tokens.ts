// Device tokens: a device that has a key on chain logs in with what it signed itself; nobody stores anything for it.
import { type Crypto, type PublicKey, TokenError, verifyDeviceToken } from "@weir/sdk/core";
import { GatewayRefusal } from "../errors.ts";
import { parseUser, type Speaker } from "./authorize.ts";

export type Tokens = {
  /** The speaker and when its token expires (milliseconds). @throws GatewayRefusal("Unauthorised") with the rule that is broken */
  check(user: string | undefined, token: string): Promise<{ speaker: Speaker; expiresAtMs: number }>;
};

export type TokensInit = {
  crypto: Crypto;
  gatewayId: string;
  /** The key that the chain names now; undefined for unknown, revoked and keyless devices. */
  deviceKey: (hubId: bigint, device: string) => PublicKey | undefined;
};

/** Passwords are base64url, tokens have dots: no text is both. */
export const isToken = (secret: Uint8Array | undefined): boolean =>
  secret?.includes(".".charCodeAt(0)) ?? false;

export function createTokens({ crypto, gatewayId, deviceKey }: TokensInit): Tokens {
  return {
    async check(user, token) {
      const speaker = parseUser(user);
      const publicKey = speaker && deviceKey(speaker.hubId, speaker.device);
      if (!publicKey) throw new GatewayRefusal("Unauthorised", "this user has no key on chain", "user");
      try {
        const time = Math.floor(Date.now() / 1000);
        const { expiresAt } = await verifyDeviceToken(crypto, token, {
          ...speaker,
          gatewayId,
          publicKey,
          time,
        });
        return { speaker, expiresAtMs: expiresAt * 1000 };
      } catch (error) {
        if (error instanceof TokenError)
          throw new GatewayRefusal("Unauthorised", `the token's ${error.message}`, error.field);
        throw error;
      }
    },
  };
}
