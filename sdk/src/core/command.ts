// A command to a device: sealed to the seller's gateway, signed by the grant's signer; its result comes back in a seal of its own.
// Layout: docs/protocol/command.md; vector: test/vectors/command.json.
import { x25519 } from "@noble/curves/ed25519.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { decode, encode } from "cborg";
import { type Bytes, concat, equalBytes, type Hex, label, uint, unhex } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import type { Delivery } from "./header.ts";
import { SUITE_ID, suite } from "./hpke.ts";
import { SESSION_ID_BYTES } from "./seal.ts";
import { commandDigest } from "./typed-data.ts";

/** A command is for now: what comes later than this after it was signed is worth nothing to anybody. */
export const MAX_COMMAND_SECONDS = 30;
/** Payload of one command. */
export const MAX_COMMAND_BYTES = 4_096;
/** What a device may answer: it travels in one seal. */
export const MAX_RESULT_BYTES = 1_536;
/** As the Hubs contract bounds a device's name. */
const MAX_DEVICE_CHARS = 64;
const TAG_BYTES = 16;
/** Ciphertext of the largest command: payload, name, CBOR's lengths, tag. */
export const MAX_SEALED_COMMAND_BYTES = MAX_COMMAND_BYTES + MAX_DEVICE_CHARS + 8 + TAG_BYTES;

/** What a command is bound to: moved to another listing, grant, generation, number or time it does not open. */
export type CommandContext = {
  listingId: bigint;
  grantId: Hex;
  generation: number;
  counter: bigint;
  /** Unix seconds. */
  expiry: number;
};
/** As it travels. */
export type SealedCommand = { enc: Uint8Array; ct: Uint8Array };
export type Command = { device: string; payload: Uint8Array };
/**
 * `answered`: what the device said. `unanswered`: it was handed over, and nothing came in time. `oversized`: the answer was too long and is
 * left out.
 */
export const COMMAND_OUTCOMES = ["answered", "unanswered", "oversized"] as const;
export type CommandOutcome = (typeof COMMAND_OUTCOMES)[number];
export type CommandResult = { outcome: CommandOutcome; payload: Bytes };

/** A command or result that is not what it should be: which part, which rule. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly field: string;

  constructor(field: string, rule: string) {
    super(`command ${field}: ${rule}`);
    this.field = field;
  }
}

type At = Pick<Delivery, "chainId" | "grants">;

/** The gateway's X25519 key for commands of one generation: from the master seed, so a restart keeps it and a restored copy does not. */
export function deriveCommandKey(
  masterSeed: Uint8Array,
  delivery: Delivery,
  { listingId, generation }: { listingId: bigint; generation: number },
): { privateKey: Bytes; key: Bytes } {
  const info = concat(
    label("weir/command-key/1"),
    uint(delivery.chainId, 32),
    unhex(delivery.hubs),
    uint(listingId, 8),
    uint(generation, 4),
  );
  const privateKey = hkdf(sha256, masterSeed, undefined, info, 32) as Bytes;
  return { privateKey, key: x25519.getPublicKey(privateKey) as Bytes };
}

/** What the publisher signs (ES256) to say to which key a listing's commands are sealed. */
export const commandKeyMessage = (
  delivery: Delivery,
  p: { listingId: bigint; generation: number; key: Uint8Array },
): Bytes =>
  concat(
    label("weir/command-key/1"),
    uint(delivery.chainId, 32),
    unhex(delivery.hubs),
    uint(p.listingId, 8),
    uint(p.generation, 4),
    p.key,
  );

const infoOf = (at: At, c: CommandContext): Bytes =>
  concat(
    label("weir/command/1"),
    SUITE_ID,
    uint(at.chainId, 32),
    unhex(at.grants),
    uint(c.listingId, 8),
    unhex(c.grantId),
    uint(c.generation, 4),
    uint(c.counter, 8),
    uint(c.expiry, 5),
  );

/** What the grant's signer signs: an EIP-712 message, so that a wallet can sign it too. 32 bytes. */
export const commandDigestOf = (crypto: Crypto, at: At, c: CommandContext, sealed: SealedCommand): Bytes =>
  commandDigest(at, { ...c, sealedHash: sealedHash(crypto, sealed) });

/** sha256(enc ‖ ct). */
export const sealedHash = (crypto: Crypto, { enc, ct }: SealedCommand): Bytes =>
  crypto.sha256(concat(enc, ct));

/** Seals a command to the gateway's key. @throws CommandError: payload too long, no such device name, no X25519 key */
export async function sealCommand(
  at: At,
  context: CommandContext,
  key: Uint8Array,
  { device, payload }: Command,
): Promise<{ enc: Bytes; ct: Bytes }> {
  if (payload.length > MAX_COMMAND_BYTES)
    throw new CommandError("payload", `has at most ${MAX_COMMAND_BYTES} bytes`);
  checkDevice(device);
  try {
    const recipientPublicKey = await suite.kem.deserializePublicKey(new Uint8Array(key));
    const { enc, ct } = await suite.seal(
      { recipientPublicKey, info: infoOf(at, context) },
      encode([device, payload]) as Bytes,
    );
    return { enc: new Uint8Array(enc), ct: new Uint8Array(ct) };
  } catch (error) {
    throw new CommandError("key", `is an X25519 key (${error instanceof Error ? error.message : error})`);
  }
}

/** The gateway's end. @throws CommandError: sealed to another key or context, or not what sealCommand makes */
export async function openCommand(
  at: At,
  context: CommandContext,
  privateKey: Uint8Array,
  { enc, ct }: SealedCommand,
): Promise<Command> {
  let plain: Uint8Array;
  try {
    const recipientKey = await suite.kem.deserializePrivateKey(new Uint8Array(privateKey));
    plain = new Uint8Array(
      await suite.open(
        { recipientKey, enc: new Uint8Array(enc), info: infoOf(at, context) },
        new Uint8Array(ct),
      ),
    );
  } catch (error) {
    throw new CommandError("ct", `opens with the key of its generation (${(error as Error).message})`);
  }
  const [device, payload] = listOf(plain, 2);
  if (typeof device !== "string") throw new CommandError("device", "is a text");
  checkDevice(device);
  if (!(payload instanceof Uint8Array) || payload.length > MAX_COMMAND_BYTES)
    throw new CommandError("payload", `has at most ${MAX_COMMAND_BYTES} bytes`);
  return { device, payload };
}

/** The sessionId of a result's seal: the command's counter, right-aligned. */
export const commandSessionId = (counter: bigint): Bytes => uint(counter, SESSION_ID_BYTES);

/** The plaintext of a result's seal. It names the command, so that it answers no other one. */
export const encodeResult = (digest: Uint8Array, { outcome, payload }: CommandResult): Bytes =>
  encode([digest, outcome, payload]) as Bytes;

/** @throws CommandError when it is no result, or another command's */
export function decodeResult(plain: Uint8Array, digest: Uint8Array): CommandResult {
  const [of, outcome, payload] = listOf(plain, 3);
  if (!(of instanceof Uint8Array) || !equalBytes(of, digest))
    throw new CommandError("result", "is that of this command");
  const known = COMMAND_OUTCOMES.find((one) => one === outcome);
  if (known === undefined) throw new CommandError("outcome", `is one of ${COMMAND_OUTCOMES.join(", ")}`);
  if (!(payload instanceof Uint8Array) || payload.length > MAX_RESULT_BYTES)
    throw new CommandError("payload", `of a result has at most ${MAX_RESULT_BYTES} bytes`);
  return { outcome: known, payload: new Uint8Array(payload) };
}

function checkDevice(device: string): void {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(device))
    throw new CommandError("device", "has 1 to 64 letters, digits, dots, dashes, underscores");
}

function listOf(plain: Uint8Array, length: number): unknown[] {
  let list: unknown;
  try {
    list = decode(plain, { strict: true });
  } catch (error) {
    throw new CommandError("body", `is CBOR (${(error as Error).message})`);
  }
  if (!Array.isArray(list) || list.length !== length)
    throw new CommandError("body", `is a list of ${length}`);
  return list;
}
