import { setRoles } from "@weir/sdk/chain";
import type { Command } from "commander";
import type { Address } from "viem";
import { type WriteOptions, writeCommand } from "../../command.ts";
import { print } from "../../output.ts";
import { address, id } from "../../parse.ts";
import { openPlace } from "../../place.ts";
import { roleNames, roles } from "../../roles.ts";
import { openWallet } from "../../wallet.ts";

/** `weir hub role 1 0x… manager,treasurer` */
export const hubRole = (): Command =>
  writeCommand("role", "replace an account's roles in a hub")
    .argument("<hub>", "its number", id)
    .argument("<account>", "who gets them", address)
    .argument("<roles>", "manager, treasurer, publisher with commas, or none", roles)
    .action(role);

async function role(hubId: bigint, account: Address, bits: number, options: WriteOptions): Promise<void> {
  const place = await openPlace(options);
  const wallet = await openWallet(place, options);
  const { hash } = await setRoles(wallet, { contracts: place.contracts, hubId, account, roles: bits });
  const names = roleNames(bits);
  print(
    options.json,
    { hub: hubId, account, roles: names, transactionHash: hash },
    `${account} is ${names.join(" and ") || "nobody"} in hub ${hubId}`,
  );
}
