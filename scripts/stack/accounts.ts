import type { Hex } from "viem";
import { toHex } from "viem";
import { type HDAccount, mnemonicToAccount } from "viem/accounts";

/** Public: the accounts of every development chain. Never of use elsewhere. */
export const mnemonic = "test test test test test test test test test test test junk";

const ROLES = [
  "deployer",
  "market",
  "seller1",
  "seller2",
  "seller3",
  "operator1",
  "operator2",
  "operator3",
  "relay1",
  "relay2",
  "buyer1",
  "buyer2",
  "buyer3",
  "curator",
  "faucet",
] as const;

export type Role = (typeof ROLES)[number];
export type StackAccount = { role: Role; account: HDAccount; privateKey: Hex };

/** The local chain's accounts by role, in the order of the chain. */
export const ACCOUNTS: readonly StackAccount[] = ROLES.map((role, addressIndex) => {
  const account = mnemonicToAccount(mnemonic, { addressIndex });
  return { role, account, privateKey: toHex(account.getHdKey().privateKey!) };
});

export const accountOf = (role: Role): StackAccount => ACCOUNTS.find((entry) => entry.role === role)!;
