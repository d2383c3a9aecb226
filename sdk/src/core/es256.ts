// Checking a publisher's signature with nothing but WebCrypto: a page that only looks at a market loads no more than this.
import { type Address, type Bytes, concat, uint, unhex } from "./bytes.ts";

/** A P-256 public key in affine coordinates, as the Hubs contract holds it. */
export type PublicKey = { x: Address; y: Address };

export const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const halves = new Map<bigint, Uint8Array>();

/** True when s is in the lower half of the order, as the chain's verifier demands. Compared byte by byte: every segment and voucher passes. */
export function isLowS(signature: Uint8Array, order: bigint): boolean {
  let half = halves.get(order);
  if (half === undefined) {
    half = uint(order / 2n, 32);
    halves.set(order, half);
  }
  for (let i = 0; i < 32; i++) {
    const difference = signature[32 + i]! - half[i]!;
    if (difference !== 0) return difference < 0;
  }
  return true;
}

/** Uncompressed point 0x04 ‖ x ‖ y. */
export const uncompressed = (key: PublicKey): Bytes => concat(Uint8Array.of(4), unhex(key.x), unhex(key.y));

/** True when `signature` (r ‖ s with low s) is the key's over the SHA-256 of `message`. Never throws for a bad key or signature. */
export async function verifyEs256(
  publicKey: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (signature.length !== 64 || !isLowS(signature, P256_ORDER)) return false;
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const { subtle } = globalThis.crypto;
  try {
    const key = await subtle.importKey("raw", uncompressed(publicKey), algorithm, false, ["verify"]);
    return await subtle.verify(algorithm, key, new Uint8Array(signature), new Uint8Array(message));
  } catch (error) {
    // A point off the curve is refused at import: for us that is just not a valid signature.
    if (error instanceof Error) return false;
    throw error;
  }
}
