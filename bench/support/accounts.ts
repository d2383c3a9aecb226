/** Any number of buyers, each an account of its own: nobody holds more than a few free grants of one listing. */
import { createWalletClient, http } from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";
import { mnemonic } from "../../scripts/stack/accounts.ts";
import type { WriteClient } from "../../sdk/src/chain/index.ts";

/** Behind the accounts that the local market itself uses. */
const FIRST = 1_000;

export const buyerWallet = (rpc: string, number: number): WriteClient =>
  createWalletClient({
    account: mnemonicToAccount(mnemonic, { addressIndex: FIRST + number }),
    chain: hardhat,
    transport: http(rpc),
    pollingInterval: 50,
  });
