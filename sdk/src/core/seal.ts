import { type Address, type Bytes, concat, type Hex, label, sized, uint, unhex } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import type { PublicKey } from "./es256.ts";
import type { Delivery } from "./header.ts";
import { SUITE_ID, suite } from "./hpke.ts";

/** Key material encrypted to a grant's key and signed by the publisher. Layout: docs/protocol/segment.md. */
export type Seal = {
  keyId: number;
  generation: number;
  purpose: number;
  sessionId: Bytes; // 16
  n: bigint; // place in its HPKE context, from 0
  epochFrom: number;
  epochTo: number;
  enc: Bytes; // 32
  ct: Bytes;
  signature: Bytes; // 64
};

export const SealPurpose = { cover: 0, session: 1, command: 2 } as const;
export const SESSION_ID_BYTES = 16;
/** A cover of any range has at most 62 subtrees; 16 bytes of tag come on top. */
export const MAX_SEAL_BYTES = 64 * 32 + 16;

export type SealContext = {
  delivery: Delivery;
  listingId: bigint;
  generation: number;
  buyer: Address;
  encryptionKey: Hex; // X25519 public key
  purpose: number;
  sessionId: Uint8Array;
};

/** A seal that is not what it should be: which part, which rule. */
export class SealError extends Error {
  override readonly name = "SealError";
  readonly field: string;

  constructor(field: string, rule: string) {
    super(`seal ${field}: ${rule}`);
    this.field = field;
  }
}

const infoOf = (crypto: Crypto, c: SealContext): Bytes =>
  concat(
    SUITE_ID,
    uint(c.delivery.chainId, 32),
    unhex(c.delivery.grants),
    uint(c.listingId, 8),
    uint(c.generation, 4),
    unhex(c.buyer),
    crypto.sha256(unhex(c.encryptionKey)),
    uint(c.purpose, 1),
    c.sessionId,
  );
const aadOf = (n: bigint, from: number, to: number): Bytes => concat(uint(n, 8), uint(from, 4), uint(to, 4));
const messageOf = (info: Uint8Array, enc: Uint8Array, aad: Uint8Array, ct: Uint8Array): Bytes =>
  concat(label("weir/seal/1"), sized(info), sized(enc), sized(aad), sized(ct));

export type Sealer = { seal(epochFrom: number, epochTo: number, keys: Uint8Array): Promise<Seal> };

/**
 * One HPKE context: its seals are numbered and are opened strictly in order. It lives in memory; any gap or restart
 * begins a new one. Throws SealError when the buyer's key is no X25519 key.
 */
export async function createSealer(
  crypto: Crypto,
  context: SealContext & { publisherKeyId: number; publisherPrivateKey: Uint8Array },
): Promise<Sealer> {
  const info = infoOf(crypto, context);
  let sender: Awaited<ReturnType<typeof suite.createSenderContext>>;
  try {
    const recipientPublicKey = await suite.kem.deserializePublicKey(unhex(context.encryptionKey));
    sender = await suite.createSenderContext({ recipientPublicKey, info });
  } catch (error) {
    throw new SealError(
      "encryptionKey",
      `is an X25519 key (${error instanceof Error ? error.message : error})`,
    );
  }
  const enc = new Uint8Array(sender.enc);
  let n = 0n;
  return {
    async seal(epochFrom, epochTo, keys) {
      const aad = aadOf(n, epochFrom, epochTo);
      const ct = new Uint8Array(await sender.seal(new Uint8Array(keys), aad));
      const signature = crypto.es256Sign(context.publisherPrivateKey, messageOf(info, enc, aad, ct));
      return {
        keyId: context.publisherKeyId,
        generation: context.generation,
        purpose: context.purpose,
        sessionId: new Uint8Array(context.sessionId),
        n: n++,
        epochFrom,
        epochTo,
        enc,
        ct,
        signature,
      };
    },
  };
}

/** What of a seal is signed beside its context. */
type SealedParts = Pick<Seal, "n" | "epochFrom" | "epochTo"> & Record<"enc" | "ct" | "signature", Uint8Array>;

/**
 * Whether the publisher sealed this to just that grant's key: for whoever carries seals and cannot open them.
 *
 * @throws SealError
 */
export async function checkSeal(
  crypto: Crypto,
  context: SealContext,
  { n, epochFrom, epochTo, enc, ct, signature }: SealedParts,
  publisherKey: PublicKey,
): Promise<void> {
  const message = messageOf(infoOf(crypto, context), enc, aadOf(n, epochFrom, epochTo), ct);
  if (!(await crypto.es256Verify(publisherKey, message, signature)))
    throw new SealError("signature", "is the publisher's");
}

export type Unsealer = { unseal(seal: Seal, publisherKey: PublicKey): Promise<Bytes> };

/** The reader's end: checks the publisher's signature and the order, then decrypts. Throws SealError. */
export function createUnsealer(crypto: Crypto, context: SealContext & { privateKey: Uint8Array }): Unsealer {
  const info = infoOf(crypto, context);
  let recipient: Awaited<ReturnType<typeof suite.createRecipientContext>> | undefined;
  let enc: Uint8Array | undefined;
  let next = 0n;
  return {
    async unseal(seal, publisherKey) {
      const aad = aadOf(seal.n, seal.epochFrom, seal.epochTo);
      await checkSeal(crypto, context, seal, publisherKey);
      if (seal.n === 0n) {
        const recipientKey = await suite.kem.deserializePrivateKey(new Uint8Array(context.privateKey));
        recipient = await suite.createRecipientContext({ recipientKey, enc: new Uint8Array(seal.enc), info });
        enc = seal.enc;
        next = 0n;
      }
      if (recipient === undefined || seal.n !== next || !enc?.every((byte, i) => byte === seal.enc[i])) {
        throw new SealError("n", `continues its context at ${next}`);
      }
      try {
        const keys = new Uint8Array(await recipient.open(new Uint8Array(seal.ct), aad));
        next++;
        return keys;
      } catch (error) {
        throw new SealError(
          "ct",
          `opens with the grant's key (${error instanceof Error ? error.message : error})`,
        );
      }
    },
  };
}
