import { createHub } from "@weir/sdk/chain";
import { deriveNotesKey, hubMetadata, MAX_METADATA_BYTES, metadataBytes } from "@weir/sdk/core";
import type { Command } from "commander";
import type { Address } from "viem";
import { siteOption, type WriteOptions, writeCommand } from "../../command.ts";
import { accountSecret } from "../../keys.ts";
import { print, UsageError } from "../../output.ts";
import { address } from "../../parse.ts";
import { openPlace } from "../../place.ts";
import { openWallet } from "../../wallet.ts";

type Options = WriteOptions & { name: string; description: string; payout?: Address; site: string };

/** `weir hub create --name "Harbour Weather"` */
export const hubCreate = (): Command =>
  writeCommand("create", "found a hub that this account owns")
    .requiredOption("--name <text>", "as buyers see it")
    .option("--description <text>", "what it offers", "")
    .option("--payout <address>", "where sales are paid to (default: this account)", address)
    .addOption(siteOption())
    .action(create);

async function create({ name, description, payout, site, ...options }: Options): Promise<void> {
  if (name.trim() === "") throw new UsageError("--name: is not empty");
  const metadata = hubMetadata({ name, description });
  if (metadataBytes(metadata) > MAX_METADATA_BYTES)
    throw new UsageError(`--description: name and description have at most ${MAX_METADATA_BYTES} bytes`);
  const place = await openPlace(options);
  const wallet = await openWallet(place, options);
  // Notes of buyers open with the account alone: nothing more has to be kept.
  const { encryptionKey } = deriveNotesKey(await accountSecret(place, wallet, site));
  const owner = wallet.account.address;
  const { hubId, hash } = await createHub(wallet, {
    contracts: place.contracts,
    metadata,
    payout: payout ?? owner,
    encryptionKey,
  });
  print(
    options.json,
    { hub: hubId, owner, payout: payout ?? owner, transactionHash: hash },
    `hub ${hubId} is ${owner}'s`,
  );
}
