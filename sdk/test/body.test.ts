// The reader's own decoder of messages gives what the generic CBOR decoder gives, for everything that encodeBody writes and for anything else.
import { randomBytes } from "node:crypto";
import { decodeFirst } from "cborg";
import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeBody, encodeBody, type Message } from "../src/core/body.ts";
import { concat, uint, utf8 } from "../src/core/bytes.ts";
import { nativeCrypto } from "../src/core/native.ts";

const message: fc.Arbitrary<Message> = fc.record({
  device: fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: "binary", maxLength: 300 })),
  topic: fc.constantFrom("", "air", "größe/°C", "a".repeat(23), "a".repeat(24), "a".repeat(256)),
  timeMs: fc.oneof(fc.nat(30), fc.nat(70_000), fc.maxSafeNat()),
  payload: fc.uint8Array({ maxLength: 300 }),
});

it("gives back what was encoded", () => {
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 20 }), (messages) => {
      const { body, flags } = encodeBody(nativeCrypto, messages);
      expect(decodeBody(nativeCrypto, body, { flags, messageCount: messages.length })).toEqual(
        messages.map(({ payload, ...rest }) => ({ ...rest, payload: new Uint8Array(payload) })),
      );
    }),
    { numRuns: 300 },
  );
});

it("deflates what becomes an eighth smaller at least", () => {
  const encoded = (payloads: readonly Uint8Array[]) =>
    encodeBody(
      nativeCrypto,
      payloads.map((payload) => ({ device: "station", topic: "t", timeMs: 5, payload })),
    );
  const size = 12 + 100 * (256 + 15); // as it is
  const text = encoded(Array.from({ length: 100 }, (_, i) => utf8(`{"n":${i}}`.padEnd(256))));
  expect(text.flags).toBe(1);
  expect(text.body.length).toBeLessThan(size / 8);
  // Names and times shrink here, too, by a few bytes in a hundred.
  const noise = encoded(Array.from({ length: 100 }, () => new Uint8Array(randomBytes(256))));
  expect(noise.flags).toBe(0);
  expect(noise.body).toHaveLength(size);
  const names = encoded(Array.from({ length: 100 }, () => new Uint8Array(randomBytes(40))));
  expect(names.flags).toBe(1);
});

/** What the generic decoder makes of a sequence; null when any part of it is no message. */
function reference(bytes: Uint8Array): unknown[] | null {
  const found: unknown[] = [];
  try {
    for (let rest = bytes; rest.length > 0; ) {
      const [item, after] = decodeFirst(rest, { strict: true });
      const [device, topic, timeMs, payload] = item as unknown[];
      const plain = Array.isArray(item) && item.length === 4 && payload instanceof Uint8Array;
      if (!plain || typeof device !== "string" || typeof topic !== "string") return null;
      if (!Number.isSafeInteger(timeMs) || (timeMs as number) < 0) return null;
      found.push({ device, topic, timeMs, payload: new Uint8Array(payload) });
      rest = after;
    }
  } catch {
    return null;
  }
  return found;
}

/** 5.0 is a whole number, and arrays and byte strings of unknown length come to nothing else. */
const ACCEPTED = [false, false, true, false, false, false, false, true, false, false, true];

it("takes and refuses the same bytes as the generic decoder", () => {
  const text = (value: string) => concat(Uint8Array.of(0x60 + value.length), utf8(value));
  const items = (...parts: readonly Uint8Array[]) => concat(Uint8Array.of(0x84), ...parts);
  const known = [text("d"), text("t"), Uint8Array.of(5), Uint8Array.of(0x41, 7)] as const;
  const odd = [
    items(concat(Uint8Array.of(0x78, 1), utf8("d")), known[1], known[2], known[3]), // a longer length than needed
    items(known[0], known[1], Uint8Array.of(0x18, 5), known[3]), // a longer number than needed
    items(known[0], known[1], Uint8Array.of(0xf9, 0x45, 0x00), known[3]), // 5.0
    items(known[0], known[1], Uint8Array.of(0x1b, 0xff, 1, 2, 3, 4, 5, 6, 7), known[3]), // beyond safe integers
    items(known[0], known[1], Uint8Array.of(0x20), known[3]), // -1
    items(known[0], known[1], known[2], Uint8Array.of(0x42, 7)), // cut short
    items(known[0], known[1], known[2], Uint8Array.of(0x5f, 0x41, 7, 0xff)), // of unknown length
    items(Uint8Array.of(0x61, 0xff), known[1], known[2], known[3]), // no UTF-8
    items(...known, known[3]),
    Uint8Array.of(0x9f, 0xff),
    items(...known),
  ];
  const check = (sequence: Uint8Array, messageCount: number) => {
    const body = concat(utf8("WEIR"), uint(messageCount, 4), uint(sequence.length, 4), sequence);
    const expected = reference(sequence);
    const act = () => decodeBody(nativeCrypto, body, { flags: 0, messageCount });
    if (expected === null || expected.length !== messageCount) expect(act).toThrow("segment");
    else expect(act()).toEqual(expected);
    return expected !== null;
  };
  expect(odd.map((bytes) => check(bytes, 1))).toEqual(ACCEPTED);
  fc.assert(
    fc.property(
      fc.array(message, { minLength: 1, maxLength: 3 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (messages, place, flip) => {
        const { body } = encodeBody({ ...nativeCrypto, deflate: (bytes) => concat(bytes, bytes) }, messages);
        const sequence = body.slice(12);
        sequence[place % sequence.length] = sequence[place % sequence.length]! ^ flip;
        check(sequence, messages.length);
      },
    ),
    { numRuns: 1_000 },
  );
});
