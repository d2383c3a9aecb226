// A buyer's note opens for the hub it was written to and for nobody else, and only as part of its own request.
import { x25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import {
  type Address,
  hex,
  MAX_NOTE_BYTES,
  type NoteContext,
  NoteError,
  openNote,
  sealNote,
} from "../src/core/index.ts";

const address = (digit: string): Address => `0x${digit.repeat(40)}`;
const hubKey = x25519.utils.randomSecretKey();
const context: NoteContext = {
  chainId: 31337,
  grants: address("1"),
  listingId: 7n,
  buyer: address("2"),
  encryptionKey: hex(x25519.getPublicKey(hubKey)),
};

describe("notes", () => {
  it("opens with the hub's key, whatever was written", async () => {
    for (const text of [
      "",
      "For a study of tides.",
      "<script>alert(1)</script> ‮ 👩‍🔬 \0",
      "é".repeat(MAX_NOTE_BYTES / 2),
    ]) {
      expect(await openNote(context, hubKey, await sealNote(context, text))).toBe(text);
    }
  });

  it("does not open with another key, for another listing or buyer, or with a changed byte", async () => {
    const note = await sealNote(context, "For a study of tides.");
    await expect(openNote(context, x25519.utils.randomSecretKey(), note)).rejects.toThrow(NoteError);
    await expect(openNote({ ...context, listingId: 8n }, hubKey, note)).rejects.toThrow(NoteError);
    await expect(openNote({ ...context, buyer: address("3") }, hubKey, note)).rejects.toThrow(NoteError);
    const last = note.endsWith("0") ? "1" : "0";
    await expect(openNote(context, hubKey, `${note.slice(0, -1)}${last}` as typeof note)).rejects.toThrow(
      NoteError,
    );
    await expect(openNote(context, hubKey, "0x00")).rejects.toThrow(
      "note note: has a key and a tag at least",
    );
  });

  it("names the field that breaks a rule", async () => {
    await expect(sealNote(context, "x".repeat(MAX_NOTE_BYTES + 1))).rejects.toThrow("note text:");
    await expect(sealNote({ ...context, encryptionKey: "0x00" }, "x")).rejects.toThrow("note encryptionKey:");
  });
});
