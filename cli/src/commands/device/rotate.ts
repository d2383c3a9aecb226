import { rotateDeviceKey } from "@weir/sdk/chain";
import type { Command } from "commander";
import { type WriteOptions, writeCommand } from "../../command.ts";
import { print, UsageError } from "../../output.ts";
import { deviceName, id } from "../../parse.ts";
import { openPlace } from "../../place.ts";
import { openWallet } from "../../wallet.ts";
import { type KeyOptions, keyOf } from "./register.ts";

/** `weir device rotate 1 buoy-7 --key buoy-7.new.pem` */
export const deviceRotate = (): Command =>
  writeCommand("rotate", "give a device another key; gateways refuse the one before from the next block on")
    .argument("<hub>", "its number", id)
    .argument("<device>", "its name", deviceName)
    .option("--key <file>", "make a P-256 key for it and write it to this new file")
    .option("--public-key <file>", "the public key of a device that made its own, in PEM")
    .action(rotate);

async function rotate(hubId: bigint, name: string, options: WriteOptions & KeyOptions): Promise<void> {
  if (options.key === undefined && options.publicKey === undefined)
    throw new UsageError("--key: name a file for the new key, or a public key with --public-key");
  const place = await openPlace(options);
  const wallet = await openWallet(place, options);
  const publicKey = keyOf(options)!;
  const { hash } = await rotateDeviceKey(wallet, { contracts: place.contracts, hubId, name, publicKey });
  print(
    options.json,
    { hub: hubId, device: name, publicKey, transactionHash: hash },
    `${name} has another key`,
  );
}
