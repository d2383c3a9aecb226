import { registerDevice } from "@weir/sdk/chain";
import type { Command } from "commander";
import { type WriteOptions, writeCommand } from "../../command.ts";
import { createDeviceKey, readPublicKey } from "../../device-key.ts";
import { print, UsageError } from "../../output.ts";
import { deviceName, id } from "../../parse.ts";
import { openPlace } from "../../place.ts";
import { openWallet } from "../../wallet.ts";

export type KeyOptions = { key?: string; publicKey?: string };

/** `weir device register 1 buoy-7 --key buoy-7.pem` */
export const deviceRegister = (): Command =>
  writeCommand("register", "register a device of a hub")
    .argument("<hub>", "its number", id)
    .argument("<device>", "its name", deviceName)
    .option("--key <file>", "make a P-256 key for it and write it to this new file")
    .option("--public-key <file>", "the public key of a device that made its own, in PEM")
    .action(register);

async function register(hubId: bigint, name: string, options: WriteOptions & KeyOptions): Promise<void> {
  const place = await openPlace(options);
  const wallet = await openWallet(place, options);
  const publicKey = keyOf(options);
  const { hash } = await registerDevice(wallet, { contracts: place.contracts, hubId, name, publicKey });
  print(
    options.json,
    { hub: hubId, device: name, publicKey: publicKey ?? null, transactionHash: hash },
    `${name} is a device of hub ${hubId}${publicKey ? " with a key of its own" : ""}; \`weir device kit ${hubId} ${name}\` shows how it publishes`,
  );
}

/** The key that the options name, if any. */
export function keyOf({ key, publicKey }: KeyOptions) {
  if (key !== undefined && publicKey !== undefined)
    throw new UsageError("--public-key: is not used together with --key");
  if (key !== undefined) return createDeviceKey(key).publicKey;
  return publicKey === undefined ? undefined : readPublicKey(publicKey);
}
