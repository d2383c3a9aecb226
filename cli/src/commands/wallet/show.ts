import type { Command } from "commander";
import { formatEther } from "viem";
import { type WriteOptions, writeCommand } from "../../command.ts";
import { print } from "../../output.ts";
import { openPlace } from "../../place.ts";
import { readKeystore } from "../../wallet.ts";

/** `weir wallet show`: the file's address, and what it holds. No passphrase is needed. */
export const walletShow = (): Command =>
  writeCommand("show", "the keystore's address and balance").action(show);

async function show(options: WriteOptions): Promise<void> {
  const { address } = readKeystore(options);
  const { client, chain } = await openPlace(options);
  const balance = await client.getBalance({ address });
  print(
    options.json,
    { address, chainId: chain.id, balance },
    `${address} holds ${formatEther(balance)} ETH on chain ${chain.id}`,
  );
}
