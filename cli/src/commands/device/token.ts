import { nativeCrypto } from "@weir/sdk/client/node";
import { MAX_TOKEN_SECONDS, signDeviceToken } from "@weir/sdk/core";
import type { Command } from "commander";
import { jsonCommand } from "../../command.ts";
import { readDeviceKey } from "../../device-key.ts";
import { print, UsageError } from "../../output.ts";
import { deviceName, id, seconds } from "../../parse.ts";

type Options = { json?: boolean; key: string; gateway: string; for: number };

/** `weir device token 1 buoy-7 --key buoy-7.pem --gateway gateway-1` */
export const deviceToken = (): Command =>
  jsonCommand("token", "sign a token with a device's key: its password at the gateway for at most a day")
    .argument("<hub>", "its number", id)
    .argument("<device>", "its name", deviceName)
    .requiredOption("--key <file>", "the device's private key in PEM")
    .requiredOption("--gateway <id>", "the gateway it is for")
    .option("--for <time>", "how long it is good, at most 24h", seconds, MAX_TOKEN_SECONDS)
    .action(token);

function token(hubId: bigint, device: string, { key, gateway, for: life, json }: Options): void {
  if (life < 1 || life > MAX_TOKEN_SECONDS)
    throw new UsageError(`--for: is from 1s to ${MAX_TOKEN_SECONDS}s`);
  const time = Math.floor(Date.now() / 1000);
  const { privateKey } = readDeviceKey(key);
  const signed = signDeviceToken(nativeCrypto, {
    gatewayId: gateway,
    hubId,
    device,
    privateKey,
    time,
    seconds: life,
  });
  print(json, { user: `${hubId}/${device}`, token: signed, expiresAt: time + life }, signed);
}
