import type { Command } from "commander";
import { keystoreCommand } from "../../command.ts";
import { print, UsageError } from "../../output.ts";
import { createKeystore, readPassphrase, type WalletOptions } from "../../wallet.ts";

/** `weir wallet new --keystore me.json` */
export const walletNew = (): Command =>
  keystoreCommand("new", "make an account in an encrypted keystore file").action(create);

async function create(options: WalletOptions & { json?: boolean }): Promise<void> {
  const { keystore, json } = options;
  if (keystore === undefined) throw new UsageError("--keystore: name the file to write");
  const passphrase = await readPassphrase(options, "a new passphrase", { twice: true });
  const address = await createKeystore(keystore, passphrase);
  print(
    json,
    { address, keystore },
    `${address} is in ${keystore}; whoever has the file and the passphrase is this account`,
  );
}
