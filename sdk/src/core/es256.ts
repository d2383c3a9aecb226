// Checking a publisher's signature with nothing but WebCrypto: a page that only looks at a market loads no more than this.
import { type Address, type Bytes, concat, readUint, unhex } from "./bytes.ts";

/** A P-256 public key in affine coordinates, as the Hubs contract holds it. */
export type PublicKey = { x: Address; y: Address };

export const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** True when s is in the lower half of the order, as the chain's verifier demands. */
export const isLowS = (signature: Uint8Array, order: bigint): boolean =>
  readUint(signature.subarray(32, 64)) <= order / 2n;

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
