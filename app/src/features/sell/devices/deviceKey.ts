import type { P256Key } from "@weir/sdk/chain";
import { bytesToHex } from "viem";

export interface DeviceKey {
  publicKey: P256Key;
  /** PKCS #8 as PEM: what openssl, Node and Python read. */
  pem: string;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };
const PEM_COLUMNS = 64;

/** A fresh P-256 pair. The private half exists in this page and in the file that is saved, and nowhere else. */
export async function makeDeviceKey(): Promise<DeviceKey> {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)); // 0x04 ‖ x ‖ y
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey));
  const text = btoa(Array.from(pkcs8, (byte) => String.fromCharCode(byte)).join(""));
  const lines = text.match(new RegExp(`.{1,${PEM_COLUMNS}}`, "g")) ?? [];
  return {
    publicKey: { x: bytesToHex(point.slice(1, 33)), y: bytesToHex(point.slice(33)) },
    pem: `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`,
  };
}
