// The keys of a purchase: those that were bought with, or those that the buyer named in their place when a device was lost.
import { signMessage } from "viem/actions";
import {
  type Contracts,
  getPurchase,
  getRotations,
  type ReadClient,
  rotateKeys,
  type WriteClient,
} from "../chain/index.ts";
import {
  accountKeyText,
  deriveAccountSecret,
  derivePurchaseKeys,
  type Hex,
  type PurchaseKeys,
} from "../core/index.ts";

/** Whose keys, and what they are bound to. */
export type KeyOwner = {
  wallet: WriteClient;
  contracts: Contracts;
  /** The origin of a page, or the name of a program. */
  site: string;
};

/** Keys that open and sign now, and the pair that the channel's terms name for vouchers, which no rotation changes. */
export type CurrentKeys = { keys: PurchaseKeys; voucherKeys: PurchaseKeys };

/** The grant's keys were changed to some that do not follow from this wallet. */
export class KeysElsewhere extends Error {
  override readonly name = "KeysElsewhere";

  constructor(grantId: Hex) {
    super(`The keys of grant ${grantId} were changed to others than this wallet gives on this site.`);
  }
}

/**
 * The secret behind all keys of the wallet's account: one signature over a fixed text. Behind those after a change of keys: another text, so
 * that whoever has the signature before cannot derive them.
 */
export async function accountSecret(
  { wallet, contracts, site }: KeyOwner,
  rotation = 0,
): Promise<Uint8Array> {
  const account = wallet.account.address;
  const { Grants: grants } = contracts;
  const message = accountKeyText({ site, chainId: wallet.chain.id, grants, account, rotation });
  return deriveAccountSecret(await signMessage(wallet, { account: wallet.account, message }));
}

/** Gives the secret that keys follow from: the account's first one (0), or the one behind a purchase's keys after that many changes. */
export type SecretOf = (rotation: number) => Promise<Uint8Array>;

/** A purchase, as the chain knows it, and where its keys come from. `block`: of the purchase; changes are looked for from there on. */
export type KeySource = {
  contracts: Contracts;
  grantId: Hex;
  buyerSalt: Hex;
  block?: bigint | undefined;
  secretOf: SecretOf;
};

/**
 * The keys of a purchase as they are now, for programs that keep or ask for secrets in their own way (`currentKeys` asks a wallet).
 *
 * @throws KeysElsewhere, ContractError
 */
export async function currentKeysFrom(client: ReadClient, source: KeySource): Promise<CurrentKeys> {
  const { contracts, grantId, buyerSalt, block, secretOf } = source;
  const voucherKeys = derivePurchaseKeys(await secretOf(0), buyerSalt);
  const rotations = await getRotations(client, { contracts, grantId, fromBlock: block });
  const named = rotations.at(-1);
  if (!named) return { keys: voucherKeys, voucherKeys };
  const keys = derivePurchaseKeys(await secretOf(rotations.length), buyerSalt);
  if (keys.signer.toLowerCase() !== named.signer.toLowerCase() || keys.encryptionKey !== named.encryptionKey)
    throw new KeysElsewhere(grantId);
  return { keys, voucherKeys };
}

/**
 * The keys that a purchase has after one more change: what to name in `rotateKeys`.
 *
 * @throws ContractError
 */
export async function nextKeysFrom(client: ReadClient, source: KeySource): Promise<PurchaseKeys> {
  const { contracts, grantId, buyerSalt, block, secretOf } = source;
  const rotations = await getRotations(client, { contracts, grantId, fromBlock: block });
  return derivePurchaseKeys(await secretOf(rotations.length + 1), buyerSalt);
}

const byWallet =
  (owner: KeyOwner): SecretOf =>
  (rotation) =>
    accountSecret(owner, rotation);

/**
 * The keys of a purchase of this wallet as they are now. Asks the wallet for a signature, and for a second one after a change of keys.
 *
 * @throws KeysElsewhere, ContractError
 */
export async function currentKeys(
  owner: KeyOwner,
  { grantId, buyerSalt, block }: { grantId: Hex; buyerSalt: Hex; block?: bigint },
): Promise<CurrentKeys> {
  const { wallet, contracts } = owner;
  return currentKeysFrom(wallet, { contracts, grantId, buyerSalt, block, secretOf: byWallet(owner) });
}

/**
 * Changes the keys of a purchase, in one transaction: whoever has the ones before reads nothing from the next block on, and what is paid for
 * is sealed to the new ones when `openPurchase` asks. Vouchers of a channel are signed as before.
 *
 * @throws ContractError named as in IGrants
 * @example
 * await rotatePurchaseKeys({ wallet, contracts, site: location.origin }, { grantId });
 */
export async function rotatePurchaseKeys(
  owner: KeyOwner,
  { grantId }: { grantId: Hex },
): Promise<{ transactionHash: Hex }> {
  const { wallet, contracts } = owner;
  const { buyerSalt, block } = await getPurchase(wallet, { contracts, grantId });
  const source = { contracts, grantId, buyerSalt, block, secretOf: byWallet(owner) };
  const { encryptionKey, signer } = await nextKeysFrom(wallet, source);
  const { hash } = await rotateKeys(wallet, { contracts, grantId, encryptionKey, signer });
  return { transactionHash: hash };
}
