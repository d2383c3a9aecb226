import { getDevices, getHub, getListingIds, getMembers, getPublisherKeys } from "@weir/sdk/chain";
import type { Command } from "commander";
import { type ReadOptions, readCommand } from "../../command.ts";
import { line, safe } from "../../output.ts";
import { id } from "../../parse.ts";
import { openPlace } from "../../place.ts";
import { roleNames } from "../../roles.ts";

/** `weir hub show 1` */
export const hubShow = (): Command =>
  readCommand("show", "a hub: owner, roles, devices, keys, listings")
    .argument("<hub>", "its number", id)
    .action(show);

async function show(hubId: bigint, options: ReadOptions): Promise<void> {
  const { client, contracts, fromBlock } = await openPlace(options);
  const query = { contracts, hubId, fromBlock };
  const [hub, members, devices, publisherKeys, listings] = await Promise.all([
    getHub(client, query),
    getMembers(client, query),
    getDevices(client, query),
    getPublisherKeys(client, query),
    getListingIds(client, query),
  ]);
  const roles = members.map(({ account, roles: bits }) => ({ account, roles: roleNames(bits) }));
  const { owner, payout, metadata, encryptionKey } = hub;
  if (options.json) {
    console.log(
      line({ hub: hubId, owner, payout, metadata, encryptionKey, roles, devices, publisherKeys, listings }),
    );
    return;
  }
  console.log(`hub ${hubId}  ${safe(nameIn(metadata))}`);
  console.log(`  owner   ${owner}\n  payout  ${payout}`);
  for (const member of roles) console.log(`  role    ${member.account}  ${member.roles.join(", ")}`);
  for (const { name, key, revokedAt } of devices)
    console.log(
      `  device  ${name}  ${revokedAt ? "revoked" : /^0x0*$/.test(key.x) ? "password" : "key and password"}`,
    );
  for (const { keyId, account, revokedAt } of publisherKeys)
    console.log(`  key     ${keyId}  ${account}${revokedAt ? "  revoked" : ""}`);
  console.log(`  listings ${listings.join(", ") || "none"}`);
}

/** The name in a stranger's metadata, which may be anything. */
export const nameIn = (metadata: string): string => textIn(metadata, "name");

export function textIn(metadata: string, field: "name" | "category"): string {
  try {
    const { [field]: text } = JSON.parse(metadata) as Record<string, unknown>;
    return typeof text === "string" ? text : "";
  } catch {
    return ""; // its owner wrote no JSON: nothing that we could show
  }
}
