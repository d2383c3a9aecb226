import { revokeDevice } from "@weir/sdk/chain";
import type { Command } from "commander";
import { type WriteOptions, writeCommand } from "../../command.ts";
import { print } from "../../output.ts";
import { deviceName, id } from "../../parse.ts";
import { openPlace } from "../../place.ts";
import { openWallet } from "../../wallet.ts";

/** `weir device revoke 1 buoy-7` */
export const deviceRevoke = (): Command =>
  writeCommand("revoke", "end a device at once, with its keys and its password")
    .argument("<hub>", "its number", id)
    .argument("<device>", "its name", deviceName)
    .action(async (hubId: bigint, name: string, options: WriteOptions) => {
      const place = await openPlace(options);
      const wallet = await openWallet(place, options);
      const { hash } = await revokeDevice(wallet, { contracts: place.contracts, hubId, name });
      print(
        options.json,
        { hub: hubId, device: name, transactionHash: hash },
        `${name} is no device of hub ${hubId} any more`,
      );
    });
