/**
 * The backup file of a random account secret: PBKDF2-SHA-256 over the password, then AES-256-GCM. The chain, the
 * account and the change of keys are authenticated with it, so a file cannot be passed off as another's.
 */
import { bytesToHex, type Hex, hexToBytes } from "viem";

const FORMAT = "weir-keys/1";
/** OWASP's figure for PBKDF2-SHA-256; about half a second on a phone. */
const ITERATIONS = 600_000;
/** A backup is a few hundred bytes; anything longer is another file. */
export const MAX_BACKUP_BYTES = 4_096;
export const MIN_PASSWORD_LENGTH = 10;

export class BackupNotReadable extends Error {
  override readonly name = "BackupNotReadable";
  readonly reason: "format" | "account" | "password";
  constructor(reason: "format" | "account" | "password") {
    super(`the backup cannot be read: wrong ${reason}`);
    this.reason = reason;
  }
}

interface Owner {
  chainId: number;
  account: Hex;
  /** Which change of keys the secret stands behind; none or 0: it is the account's first. */
  rotation?: number;
}

const plainBytes = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

const bound = ({ chainId, account, rotation }: Owner): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(`${FORMAT}|${chainId}|${account.toLowerCase()}${rotation ? `|${rotation}` : ""}`);

async function keyFrom(password: string, salt: Uint8Array, iterations: number): Promise<CryptoKey> {
  const raw = new TextEncoder().encode(password.normalize("NFKC"));
  const base = await crypto.subtle.importKey("raw", raw, "PBKDF2", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    { name: "PBKDF2", hash: "SHA-256", salt: plainBytes(salt), iterations },
    base,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}

export async function encryptBackup(secret: Uint8Array, password: string, owner: Owner): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const key = await keyFrom(password, salt, ITERATIONS);
  const data = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv, additionalData: bound(owner) },
    key,
    plainBytes(secret),
  );
  return JSON.stringify(
    {
      format: FORMAT,
      chainId: owner.chainId,
      account: owner.account,
      ...(owner.rotation ? { rotation: owner.rotation } : {}),
      kdf: { name: "PBKDF2-SHA-256", iterations: ITERATIONS, salt: bytesToHex(salt) },
      cipher: { name: "AES-256-GCM", iv: bytesToHex(iv) },
      data: bytesToHex(new Uint8Array(data)),
    },
    null,
    2,
  );
}

interface BackupFile extends Owner {
  format: string;
  kdf: { iterations: number; salt: Hex };
  cipher: { iv: Hex };
  data: Hex;
}

function parse(text: string): BackupFile {
  try {
    const file = JSON.parse(text) as BackupFile;
    if (file.format !== FORMAT || file.kdf.iterations !== ITERATIONS) throw new BackupNotReadable("format");
    return file;
  } catch (cause) {
    if (cause instanceof BackupNotReadable) throw cause;
    throw new BackupNotReadable("format");
  }
}

export async function decryptBackup(text: string, password: string, owner: Owner): Promise<Uint8Array> {
  if (text.length > MAX_BACKUP_BYTES) throw new BackupNotReadable("format");
  const file = parse(text);
  const isOwners =
    file.chainId === owner.chainId &&
    file.account.toLowerCase() === owner.account.toLowerCase() &&
    (file.rotation ?? 0) === (owner.rotation ?? 0);
  if (!isOwners) throw new BackupNotReadable("account");
  const key = await keyFrom(password, hexToBytes(file.kdf.salt), file.kdf.iterations);
  try {
    const plain = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv: plainBytes(hexToBytes(file.cipher.iv)), additionalData: bound(owner) },
      key,
      plainBytes(hexToBytes(file.data)),
    );
    return new Uint8Array(plain);
  } catch (cause) {
    // The cipher says only that the tag does not fit.
    if (cause instanceof DOMException) throw new BackupNotReadable("password");
    throw cause;
  }
}
