// What a buyer writes to a hub when he asks for a restricted listing: only the hub's managers can read it.
import { type Address, type Bytes, concat, type Hex, hex, label, uint, unhex, utf8 } from "./bytes.ts";
import { SUITE_ID, suite } from "./hpke.ts";

const ENC_BYTES = 32;
const TAG_BYTES = 16;
/** Grants takes 4,096 bytes; the encapsulated key and the tag are part of them. */
export const MAX_NOTE_BYTES = 4_096 - ENC_BYTES - TAG_BYTES;

/** What a note is bound to: moved to another request it does not open. `encryptionKey` is the hub's X25519 key. */
export type NoteContext = {
  chainId: number;
  grants: Address;
  listingId: bigint;
  buyer: Address;
  encryptionKey: Hex;
};

/** A note that cannot be sealed or opened: which part, which rule. */
export class NoteError extends Error {
  override readonly name = "NoteError";
  readonly field: string;

  constructor(field: string, rule: string) {
    super(`note ${field}: ${rule}`);
    this.field = field;
  }
}

const infoOf = (c: NoteContext): Bytes =>
  concat(
    label("weir/note/1"),
    SUITE_ID,
    uint(c.chainId, 32),
    unhex(c.grants),
    uint(c.listingId, 8),
    unhex(c.buyer),
  );

const fatalUtf8 = new TextDecoder("utf-8", { fatal: true });

/** Text → `enc ‖ ciphertext`, the `note` of `requestGrant`. Throws NoteError: too long, or the hub's key is none. */
export async function sealNote(context: NoteContext, text: string): Promise<Hex> {
  const bytes = utf8(text);
  if (bytes.length > MAX_NOTE_BYTES) throw new NoteError("text", `has at most ${MAX_NOTE_BYTES} bytes`);
  try {
    const recipientPublicKey = await suite.kem.deserializePublicKey(unhex(context.encryptionKey));
    const { enc, ct } = await suite.seal({ recipientPublicKey, info: infoOf(context) }, bytes);
    return hex(concat(new Uint8Array(enc), new Uint8Array(ct)));
  } catch (error) {
    throw new NoteError(
      "encryptionKey",
      `is an X25519 key (${error instanceof Error ? error.message : error})`,
    );
  }
}

/** The other end: `note` of the request's event and the hub's private key → text. Throws NoteError. */
export async function openNote(context: NoteContext, privateKey: Uint8Array, note: Hex): Promise<string> {
  const sealed = unhex(note);
  if (sealed.length < ENC_BYTES + TAG_BYTES) throw new NoteError("note", "has a key and a tag at least");
  try {
    const recipientKey = await suite.kem.deserializePrivateKey(new Uint8Array(privateKey));
    const enc = sealed.slice(0, ENC_BYTES);
    const opened = await suite.open({ recipientKey, enc, info: infoOf(context) }, sealed.slice(ENC_BYTES));
    return fatalUtf8.decode(opened);
  } catch (error) {
    throw new NoteError(
      "note",
      `opens with the hub's key (${error instanceof Error ? error.message : error})`,
    );
  }
}
