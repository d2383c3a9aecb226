// The account that signs: one encrypted Web3 keystore file. Its passphrase comes from a file, the environment or a prompt, never from
// the command line, which every process of the machine can read.
import { scrypt as nodeScrypt, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { promisify } from "node:util";
import type { WriteClient } from "@weir/sdk/chain";
import { hex } from "@weir/sdk/core";
import { computeAddress, decryptKeystoreJson, encryptKeystoreJson, isKeystoreJson, scrypt } from "ethers";
import { type Address, createWalletClient, getAddress, type Hex, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { RefusedByRule, UsageError } from "./output.ts";
import type { Place } from "./place.ts";

export type WalletOptions = { keystore?: string; passphraseFile?: string };

/** About a third of a second and 128 MiB, the usual value of wallets. */
const SCRYPT_N = 1 << 17;
/** A file that asks for more would stop the machine. */
const MAX_SCRYPT_N = 1 << 20;
const MAX_KEYSTORE_BYTES = 64 * 1024;
/** Shorter ones are guessed. */
export const MIN_PASSPHRASE_CHARS = 8;

const derive = promisify<Uint8Array, Uint8Array, number, object, Buffer>(nodeScrypt);
// OpenSSL's scrypt: the one in JavaScript takes seconds for one file.
scrypt.register(async (passphrase, salt, n, r, p, length, progress) => {
  const key = await derive(passphrase, salt, length, { N: n, r, p, maxmem: 128 * n * r * 2 + (1 << 20) });
  progress?.(1);
  return hex(key);
});

/** Writes a new keystore file, readable by its owner only, never over an existing one. */
export async function createKeystore(path: string, passphrase: string, scryptN = SCRYPT_N): Promise<Address> {
  if (passphrase.length < MIN_PASSPHRASE_CHARS)
    throw new RefusedByRule(`the passphrase has at least ${MIN_PASSPHRASE_CHARS} characters`);
  const privateKey = hex(randomBytes(32));
  const address = computeAddress(privateKey) as Address;
  const text = await encryptKeystoreJson({ address, privateKey }, passphrase, {
    scrypt: { N: scryptN, r: 8, p: 1 },
  });
  const file = await open(path, "wx", 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST") throw new RefusedByRule(`--keystore: there is a file at ${path} already`);
    throw new UsageError(`--keystore: ${path} cannot be written (${error.code})`);
  });
  try {
    await file.writeFile(`${text}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return address;
}

type Keystore = { text: string; address: Address };

/** The file as it is, still locked. @throws UsageError */
export function readKeystore({ keystore: path }: WalletOptions): Keystore {
  if (path === undefined)
    throw new UsageError(
      "--keystore: name a keystore file (`weir wallet new` makes one), or set WEIR_KEYSTORE",
    );
  if (!existsSync(path)) throw new UsageError(`--keystore: ${path} does not exist`);
  const text = readFileSync(path, "utf8");
  if (text.length > MAX_KEYSTORE_BYTES || !isKeystoreJson(text))
    throw new UsageError(`--keystore: ${path} is no Web3 keystore file`);
  const file = JSON.parse(text) as Record<string, Record<string, Record<string, unknown>>>;
  // The standard writes the names in small letters, old wallets did not.
  const { kdfparams = {} } = (file.crypto ?? file.Crypto ?? {}) as { kdfparams?: { n?: unknown } };
  if (typeof kdfparams.n === "number" && kdfparams.n > MAX_SCRYPT_N)
    throw new UsageError(`--keystore: ${path} asks for an unusual scrypt cost`);
  const address = String(file.address ?? "").replace(/^0x/, "");
  if (!/^[0-9a-fA-F]{40}$/.test(address)) throw new UsageError(`--keystore: ${path} names no address`);
  return { text, address: getAddress(`0x${address}`) };
}

/** Opens the keystore. @throws UsageError, RefusedByRule for a wrong passphrase */
async function openKeystore(options: WalletOptions): Promise<{ address: Address; privateKey: Hex }> {
  const { text, address } = readKeystore(options);
  const passphrase = await readPassphrase(options, `passphrase of ${address}`);
  const account = await decryptKeystoreJson(text, passphrase).catch(() => {
    // What ethers says of a damaged file and of a wrong word is the same.
    throw new RefusedByRule(`--keystore: the passphrase does not open ${options.keystore}`);
  });
  return { address, privateKey: account.privateKey as Hex };
}

/** A client of the place's chain that signs with the keystore's account. */
export async function openWallet(place: Place, options: WalletOptions): Promise<WriteClient> {
  const { privateKey } = await openKeystore(options);
  return createWalletClient({
    account: privateKeyToAccount(privateKey),
    chain: place.chain,
    transport: http(place.rpc, { retryCount: 1, timeout: 30_000 }),
    cacheTime: 0,
    pollingInterval: place.client.pollingInterval,
  });
}

/** File before environment before prompt. `twice` asks again, for one that is new. */
export async function readPassphrase(
  options: WalletOptions,
  prompt: string,
  { twice = false } = {},
): Promise<string> {
  const path = options.passphraseFile;
  if (path !== undefined) {
    if (!existsSync(path)) throw new UsageError(`--passphrase-file: ${path} does not exist`);
    return readFileSync(path, "utf8").replace(/\r?\n$/, "");
  }
  if (process.env.WEIR_PASSPHRASE !== undefined) return process.env.WEIR_PASSPHRASE;
  if (!process.stdin.isTTY)
    throw new UsageError("--passphrase-file: name a file that holds the passphrase, or set WEIR_PASSPHRASE");
  const passphrase = await ask(prompt);
  if (twice && (await ask("once more")) !== passphrase)
    throw new RefusedByRule("the two passphrases are not the same");
  return passphrase;
}

/** One line from the terminal, unseen. */
function ask(prompt: string): Promise<string> {
  process.stderr.write(`${prompt}: `);
  const { stdin } = process;
  stdin.setRawMode(true);
  stdin.setEncoding("utf8").resume();
  return new Promise((resolve, reject) => {
    let typed = "";
    const end = (act: () => void) => {
      stdin.off("data", hear).setRawMode(false).pause();
      process.stderr.write("\n");
      act();
    };
    function hear(text: string): void {
      for (const char of text) {
        if (char === "\r" || char === "\n" || char === "\x03" || char === "\x04") {
          const interrupted = char === "\x03" || char === "\x04";
          end(() => (interrupted ? reject(new RefusedByRule("interrupted")) : resolve(typed)));
          return;
        }
        typed = char === "\x7f" ? typed.slice(0, -1) : typed + char;
      }
    }
    stdin.on("data", hear);
  });
}
