import { x25519 } from "@noble/curves/ed25519.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { privateKeyToAddress } from "viem/accounts";
import { type Address, type Bytes, type Hex, hex, label, readUint, uint, unhex } from "./bytes.ts";
import { SECP256K1_ORDER } from "./crypto.ts";

/**
 * The fixed text a wallet signs once; every key of the account follows from the signature. It names the site, or any
 * page could ask for the keys.
 */
export const accountKeyText = (p: {
  site: string;
  chainId: number;
  grants: Address;
  account: Address;
  /** Which change of a purchase's keys: those that follow from the text without a number were lost. */
  rotation?: number;
}): string =>
  [
    `${p.site} asks for the reading keys of your Weir purchases.`,
    "",
    "Sign this only on this site: whoever has the signature can read what you bought and spend what your channels hold.",
    "It moves no money and costs nothing.",
    "",
    `Account: ${p.account.toLowerCase()}`,
    `Chain: ${p.chainId}`,
    `Contract: ${p.grants.toLowerCase()}`,
    "Purpose: weir/account-keys/1",
    ...(p.rotation ? [`Rotation: ${p.rotation}`] : []),
  ].join("\n");

/** Wallet signature → the 32-byte secret behind all keys of this account on this site. */
export const deriveAccountSecret = (signature: Hex): Bytes =>
  hkdf(sha256, unhex(signature), undefined, label("weir/account/1"), 32) as Bytes;

export type PurchaseKeys = {
  signerPrivateKey: Bytes;
  signer: Address;
  encryptionPrivateKey: Bytes;
  encryptionKey: Hex;
};

/** Account secret and the purchase's buyerSalt (which the chain repeats) → the keys of one purchase. */
export function derivePurchaseKeys(accountSecret: Uint8Array, buyerSalt: Hex): PurchaseKeys {
  const part = (purpose: string, bytes: number): Bytes =>
    hkdf(sha256, accountSecret, unhex(buyerSalt), label(purpose), bytes) as Bytes;
  // 48 bytes reduced modulo the order: no bias worth the name, and never zero.
  const scalar = (readUint(part("weir/purchase/signer/1", 48)) % (SECP256K1_ORDER - 1n)) + 1n;
  const signerPrivateKey = uint(scalar, 32);
  const encryptionPrivateKey = part("weir/purchase/encryption/1", 32);
  return {
    signerPrivateKey,
    signer: privateKeyToAddress(hex(signerPrivateKey)),
    encryptionPrivateKey,
    encryptionKey: hex(x25519.getPublicKey(encryptionPrivateKey)),
  };
}

export type NotesKey = { privateKey: Bytes; encryptionKey: Hex };

/** Account secret → the X25519 key that opens the notes to the account's hubs. One for all of them: a hub has no number before it exists. */
export function deriveNotesKey(accountSecret: Uint8Array): NotesKey {
  const privateKey = hkdf(sha256, accountSecret, undefined, label("weir/hub/notes/1"), 32) as Bytes;
  return { privateKey, encryptionKey: hex(x25519.getPublicKey(privateKey)) };
}

/** A fresh buyerSalt: two purchases of one account never share keys. */
export const randomSalt = (): Hex => hex(globalThis.crypto.getRandomValues(new Uint8Array(32)));
