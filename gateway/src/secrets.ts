// A hub's secrets in one file: the operator account as Web3 Secret Storage, so that any wallet opens it, and beside it the master
// seed of the key tree and the publisher's P-256 key, sealed under the same passphrase.
import { createCipheriv, createDecipheriv, createECDH, scrypt as nodeScrypt, randomBytes } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { type Address, type Bytes, type Hex, hex, type PublicKey, unhex } from "@weir/sdk/core";
import {
  computeAddress,
  decryptKeystoreJson,
  encryptKeystoreJson,
  scrypt as ethersScrypt,
  getAddress,
} from "ethers";

/** Cost of turning a passphrase into a key: about a third of a second and 128 MiB, the usual value of wallets. */
const SCRYPT_N = 1 << 17;
/** A file that asks for more would stop the machine. */
const MAX_SCRYPT_N = 1 << 20;
const SEED_BYTES = 32;
const FILE_VERSION = 1;

export type Secrets = {
  operator: Address;
  operatorPrivateKey: Hex;
  /** 32 bytes; every stream's key tree follows from it. */
  masterSeed: Bytes;
  publisherPrivateKey: Bytes;
  publisherKey: PublicKey;
};

/** What is safe to say about a secrets file: what a seller registers on chain. */
export type PublicSecrets = { operator: Address; publisherKey: PublicKey };

/** The file cannot be opened: not ours, damaged, or another passphrase. */
export class SecretsError extends Error {
  override readonly name = "SecretsError";
  readonly reason: "format" | "passphrase" | "exists";

  constructor(reason: "format" | "passphrase" | "exists", message: string) {
    super(message);
    this.reason = reason;
  }
}

const derive = promisify<Uint8Array, Uint8Array, number, object, Buffer>(nodeScrypt);
const kdf = (
  passphrase: Uint8Array,
  salt: Uint8Array,
  n: number,
  r: number,
  p: number,
  length: number,
): Promise<Buffer> => derive(passphrase, salt, length, { N: n, r, p, maxmem: 128 * n * r * 2 + (1 << 20) });
// OpenSSL's scrypt: the one in JavaScript takes seconds for one file.
ethersScrypt.register(async (passphrase, salt, n, r, p, length, progress) => {
  const key = await kdf(passphrase, salt, n, r, p, length);
  progress?.(1);
  return hex(key);
});

/**
 * Writes a new secrets file (mode 0600, never over an existing one) and returns what the owner of the hub registers:
 * `Hubs.registerPublisherKey(hubId, operator, publisherKey)`.
 *
 * @throws SecretsError("exists") when there is a file
 */
export async function createSecrets(p: {
  path: string;
  passphrase: string;
  /** An account that exists already; a fresh one without it. */
  operatorPrivateKey?: Hex;
  /** Cost of the passphrase; lower only where the passphrase is known to everybody anyway. */
  scryptN?: number;
}): Promise<PublicSecrets> {
  const n = p.scryptN ?? SCRYPT_N;
  const operatorPrivateKey = p.operatorPrivateKey ?? hex(randomBytes(32));
  const operator = computeAddress(operatorPrivateKey) as Address;
  const publisherPrivateKey = newP256Key();
  const keystore = await encryptKeystoreJson(
    { address: operator, privateKey: operatorPrivateKey },
    p.passphrase,
    {
      scrypt: { N: n, r: 8, p: 1 },
    },
  );
  const salt = randomBytes(32);
  const iv = randomBytes(12);
  const key = await kdf(Buffer.from(p.passphrase.normalize("NFKC")), salt, n, 8, 1, 32);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  cipher.setAAD(Buffer.from(operator.toLowerCase()));
  const plain = Buffer.concat([randomBytes(SEED_BYTES), publisherPrivateKey]);
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  const file = {
    version: FILE_VERSION,
    operator: JSON.parse(keystore) as unknown,
    sealed: {
      cipher: "aes-256-gcm",
      kdf: "scrypt",
      n,
      r: 8,
      p: 1,
      salt: hex(salt),
      iv: hex(iv),
      ciphertext: hex(ciphertext),
    },
  };
  await writeNew(p.path, `${JSON.stringify(file, null, 2)}\n`);
  return { operator, publisherKey: publicKeyOf(publisherPrivateKey) };
}

/** @throws SecretsError */
export async function openSecrets(p: { path: string; passphrase: string }): Promise<Secrets> {
  const { keystore, sealed } = parse(await readFile(p.path, "utf8"));
  const account = await decryptKeystoreJson(keystore, p.passphrase).catch((error: unknown) => {
    throw refused(error);
  });
  const operator = getAddress(account.address) as Address;
  const key = await kdf(
    Buffer.from(p.passphrase.normalize("NFKC")),
    unhex(sealed.salt),
    sealed.n,
    sealed.r,
    sealed.p,
    32,
  );
  const bytes = unhex(sealed.ciphertext);
  const decipher = createDecipheriv("aes-256-gcm", key, unhex(sealed.iv), { authTagLength: 16 });
  decipher.setAAD(Buffer.from(operator.toLowerCase()));
  decipher.setAuthTag(bytes.subarray(-16));
  let plain: Buffer;
  try {
    plain = Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]);
  } catch (error) {
    throw refused(error);
  }
  if (plain.length !== 2 * SEED_BYTES)
    throw new SecretsError("format", "the sealed part has the wrong length");
  const publisherPrivateKey = new Uint8Array(plain.subarray(SEED_BYTES));
  return {
    operator,
    operatorPrivateKey: account.privateKey as Hex,
    masterSeed: new Uint8Array(plain.subarray(0, SEED_BYTES)),
    publisherPrivateKey,
    publisherKey: publicKeyOf(publisherPrivateKey),
  };
}

/** P-256 private key → the point that Hubs registers. */
export function publicKeyOf(privateKey: Uint8Array): PublicKey {
  const curve = createECDH("prime256v1");
  curve.setPrivateKey(Buffer.from(privateKey));
  const point = curve.getPublicKey();
  return { x: hex(point.subarray(1, 33)), y: hex(point.subarray(33, 65)) };
}

function newP256Key(): Buffer {
  const curve = createECDH("prime256v1");
  curve.generateKeys();
  // OpenSSL leaves leading zeros out.
  return Buffer.concat([Buffer.alloc(32), curve.getPrivateKey()]).subarray(-32);
}

type Sealed = { n: number; r: number; p: number; salt: Hex; iv: Hex; ciphertext: Hex };

function parse(text: string): { keystore: string; sealed: Sealed } {
  let file: { version?: unknown; operator?: unknown; sealed?: Partial<Record<keyof Sealed, unknown>> };
  try {
    file = JSON.parse(text);
  } catch (error) {
    throw new SecretsError("format", `the secrets file is no JSON (${(error as Error).message})`);
  }
  if (file.version !== FILE_VERSION)
    throw new SecretsError("format", `the secrets file has not version ${FILE_VERSION}`);
  const { n, r, p, salt, iv, ciphertext } = file.sealed ?? {};
  const isHex = (value: unknown): value is Hex =>
    typeof value === "string" && /^0x([0-9a-f]{2})+$/.test(value);
  if (!isHex(salt) || !isHex(iv) || !isHex(ciphertext))
    throw new SecretsError("format", "the sealed part is damaged");
  if (typeof n !== "number" || n > MAX_SCRYPT_N || r !== 8 || p !== 1)
    throw new SecretsError("format", "the sealed part states an unusual scrypt cost");
  return { keystore: JSON.stringify(file.operator), sealed: { n, r, p, salt, iv, ciphertext } };
}

const refused = (error: unknown): SecretsError =>
  new SecretsError(
    "passphrase",
    `the passphrase does not open the secrets (${error instanceof Error ? error.name : "fault"})`,
  );

async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST") throw new SecretsError("exists", `there is a file at ${path} already`);
    throw error;
  });
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
