// A device's own P-256 key: made here, kept in a file as PKCS #8, registered by its point.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import type { P256Key } from "@weir/sdk/chain";
import { type Bytes, hex } from "@weir/sdk/core";
import { RefusedByRule, UsageError } from "./output.ts";

export type DeviceKey = { privateKey: Bytes; publicKey: P256Key };

const bytesOf = (text: string): Bytes => new Uint8Array(Buffer.from(text, "base64url"));

/** A new key in a new file, readable by its owner only. It is on disk before it is registered anywhere. */
export function createDeviceKey(path: string): DeviceKey {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  let file: number;
  try {
    file = openSync(path, "wx", 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new RefusedByRule(`--key: there is a file at ${path} already`);
    throw new UsageError(`--key: ${path} cannot be written (${code})`);
  }
  writeSync(file, privateKey.export({ type: "pkcs8", format: "pem" }) as string);
  fsyncSync(file);
  closeSync(file);
  return partsOf(privateKey);
}

/** @throws UsageError when the file is no P-256 private key in PEM */
export function readDeviceKey(path: string): DeviceKey {
  if (!existsSync(path)) throw new UsageError(`--key: ${path} does not exist`);
  let key: KeyObject;
  try {
    key = createPrivateKey(readFileSync(path));
  } catch {
    // OpenSSL's words say nothing about the file.
    throw new UsageError(`--key: ${path} is no private key in PEM`);
  }
  if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1")
    throw new UsageError(`--key: ${path} is no key on the curve P-256`);
  return partsOf(key);
}

/** A public key in PEM, for a device that made its own and keeps it. */
export function readPublicKey(path: string): P256Key {
  if (!existsSync(path)) throw new UsageError(`--public-key: ${path} does not exist`);
  try {
    const { crv, x, y } = createPublicKey(readFileSync(path)).export({ format: "jwk" });
    if (crv !== "P-256") throw new TypeError();
    return { x: hex(bytesOf(x!)), y: hex(bytesOf(y!)) };
  } catch {
    // What is not a key and what is a key of another kind is the same mistake here.
    throw new UsageError(`--public-key: ${path} is no public key on the curve P-256 in PEM`);
  }
}

function partsOf(key: KeyObject): DeviceKey {
  const { d, x, y } = key.export({ format: "jwk" });
  return { privateKey: bytesOf(d!), publicKey: { x: hex(bytesOf(x!)), y: hex(bytesOf(y!)) } };
}
