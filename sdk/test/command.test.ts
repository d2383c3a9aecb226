// Commands: the vector, which ethers and Node's own primitives work out again, and what each part is bound to.
import { createPrivateKey, createPublicKey, hkdfSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "cborg";
import { TypedDataEncoder, verifyMessage } from "ethers";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { counterAfter } from "../src/client/index.ts";
import { fileCounters, nativeCrypto } from "../src/client/node.ts";
import { suite } from "../src/core/hpke.ts";
import {
  type CommandContext,
  type CommandError,
  commandDigestOf,
  commandKeyMessage,
  commandSessionId,
  concat,
  type Delivery,
  decodeResult,
  deriveCommandKey,
  encodeResult,
  type Hex,
  hex,
  label,
  MAX_COMMAND_BYTES,
  MAX_RESULT_BYTES,
  MAX_SEALED_COMMAND_BYTES,
  openCommand,
  portableCrypto,
  sealCommand,
  uint,
  unhex,
} from "../src/core/index.ts";
import { decodeFrame, encodeFrame, MAX_CONTROL_BYTES } from "../src/wire/index.ts";

const vector = JSON.parse(
  readFileSync(new URL("../../test/vectors/command.json", import.meta.url), "utf8"),
) as Record<string, Record<string, Hex>> & { digest: Hex; signature: Hex; signer: Hex; sessionId: Hex } & {
  masterSeed: Hex;
  context: { listingId: string; grantId: Hex; generation: number; counter: string; expiry: number };
};
const delivery = {
  ...vector.delivery,
  chainId: Number(vector.delivery!.chainId),
  channels: vector.delivery!.hubs,
} as Delivery;
const context: CommandContext = {
  ...vector.context,
  listingId: BigInt(vector.context.listingId),
  counter: BigInt(vector.context.counter),
};
const { privateKey, key } = deriveCommandKey(unhex(vector.masterSeed), delivery, context);
const sealed = { enc: unhex(vector.sealed!.enc!), ct: unhex(vector.sealed!.ct!) };
const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(0x5a);
const fieldOf = (error: CommandError): string => error.field;

const page = readFileSync(new URL("../../docs/protocol/command.md", import.meta.url), "utf8");
/** What the fields of the page's tables hold in the vector: bytes, or an integer that fills its column's bytes. */
const fields: Record<string, Uint8Array | bigint | number> = {
  "suite: kem 2, kdf 2, aead 2": unhex("0x002000010002"), // X25519, HKDF-SHA256, AES-256-GCM: RFC 9180, section 7
  chainId: delivery.chainId,
  "Hubs address": unhex(delivery.hubs),
  "Grants address": unhex(delivery.grants),
  listingId: context.listingId,
  grantId: unhex(context.grantId),
  generation: context.generation,
  counter: context.counter,
  "expiry, unix seconds": context.expiry,
  key,
};

/** The bytes that the table under this heading lays out; its offsets and lengths have to fit together. */
function laidOut(heading: string, without: readonly string[] = []): Uint8Array {
  const part = page.split(`\n## ${heading}\n`)[1]!.split("\n## ")[0]!;
  const rows = [...part.matchAll(/^\| (\d+) \| (\d+) \| (.+) \|$/gm)].map(([, ...cells]) => cells);
  let bytes = new Uint8Array(0);
  for (const [offset, size, field] of rows.filter(([, , name]) => !without.includes(name!))) {
    const text = /^label\("(.+)"\)$/.exec(field!)?.[1];
    const value = text === undefined ? fields[field!] : label(text);
    if (value === undefined) throw new Error(`${heading}: nobody knows the field ${field}`);
    const said = value instanceof Uint8Array ? value : uint(value, Number(size));
    expect([field, bytes.length, said.length]).toEqual([field, Number(offset), Number(size)]);
    bytes = concat(bytes, said);
  }
  expect(bytes.length).toBeGreaterThan(0);
  return bytes;
}

describe("the vector", () => {
  test("gateway's key, worked out by Node's HKDF and X25519", () => {
    const info = laidOut("The gateway's key", ["key"]);
    const secret = new Uint8Array(hkdfSync("sha256", unhex(vector.masterSeed), new Uint8Array(0), info, 32));
    expect(hex(secret)).toBe(vector.commandKey!.privateKey);
    // PKCS#8 of a raw X25519 key (RFC 8410).
    const der = Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), secret]);
    const point = createPublicKey(createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
    const raw = point.export({ format: "der", type: "spki" }).subarray(-32);
    expect([hex(raw), hex(key), hex(privateKey)]).toEqual([
      vector.commandKey!.key,
      vector.commandKey!.key,
      vector.commandKey!.privateKey,
    ]);
    expect(hex(commandKeyMessage(delivery, { ...context, key }))).toBe(vector.commandKey!.message);
    expect(vector.commandKey!.message).toBe(hex(concat(info, key)));
  });

  test("digest, by ethers and by both fillings; signature", () => {
    const domain = {
      name: "Weir Grants",
      version: "1",
      chainId: delivery.chainId,
      verifyingContract: delivery.grants,
    };
    const fields =
      "uint64 listingId,bytes32 grantId,uint32 generation,uint64 counter,uint40 expiry,bytes32 sealedHash";
    const types = fields
      .split(",")
      .map((field) => ({ type: field.split(" ")[0]!, name: field.split(" ")[1]! }));
    const message = { ...context, sealedHash: vector.sealed!.sealedHash };
    expect(TypedDataEncoder.hash(domain, { Command: types }, message)).toBe(vector.digest);
    for (const crypto of [nativeCrypto, portableCrypto]) {
      const digest = commandDigestOf(crypto, delivery, context, sealed);
      expect(hex(digest)).toBe(vector.digest);
      expect(crypto.recover(digest, unhex(vector.signature))?.toLowerCase()).toBe(
        vector.signer.toLowerCase(),
      );
    }
    // A command's signature is no signature over a text.
    expect(verifyMessage(unhex(vector.digest), expand(vector.signature))).not.toBe(vector.signer);
  });

  test("opens under the info that the page's table gives", async () => {
    const info = laidOut("A command");
    const recipientKey = await suite.kem.deserializePrivateKey(unhex(vector.commandKey!.privateKey!));
    const plain = await suite.open({ recipientKey, enc: sealed.enc, info }, sealed.ct);
    expect(decode(new Uint8Array(plain))).toEqual([
      vector.command!.device,
      new Uint8Array(unhex(vector.command!.payload!)),
    ]);
  });

  test("opens; its result is that of this command and of no other", async () => {
    const command = await openCommand(delivery, context, privateKey, sealed);
    expect([command.device, hex(command.payload)]).toEqual([vector.command!.device, vector.command!.payload]);
    expect(hex(commandSessionId(context.counter))).toBe(vector.sessionId);
    const result = { outcome: "answered" as const, payload: unhex(vector.result!.payload!) };
    expect(hex(encodeResult(unhex(vector.digest), result))).toBe(vector.result!.plain);
    expect(decodeResult(unhex(vector.result!.plain!), unhex(vector.digest))).toEqual(result);
    expect(() => decodeResult(unhex(vector.result!.plain!), new Uint8Array(32))).toThrow(/of this command/);
  });
});

/** r ‖ vs → r ‖ s ‖ v, as ethers takes it. */
function expand(compact: Hex): Hex {
  const raw = unhex(compact);
  const v = 27 + (raw[32]! >> 7);
  raw[32]! &= 0x7f;
  return hex(concat(raw, Uint8Array.of(v)));
}

describe("what a command is bound to", () => {
  test.each([
    ["listingId", { listingId: 8n }],
    ["grantId", { grantId: hex(bytes(32)) }],
    ["generation", { generation: context.generation + 1 }],
    ["counter", { counter: context.counter + 1n }],
    ["expiry", { expiry: context.expiry + 1 }],
  ])("%s: neither opens nor stays signed elsewhere", async (_, change) => {
    const moved = { ...context, ...change };
    await expect(openCommand(delivery, moved, privateKey, sealed)).rejects.toMatchObject({ field: "ct" });
    expect(hex(commandDigestOf(nativeCrypto, delivery, moved, sealed))).not.toBe(vector.digest);
  });

  test("chain, contract, listing's key, every bit of what is sealed", async () => {
    for (const change of [{ chainId: 1 }, { grants: delivery.hubs }]) {
      const moved = { ...delivery, ...change };
      await expect(openCommand(moved, context, privateKey, sealed)).rejects.toMatchObject({ field: "ct" });
      expect(hex(commandDigestOf(nativeCrypto, moved, context, sealed))).not.toBe(vector.digest);
    }
    const others = [{ listingId: 8n }, { generation: 1 }].map((other) =>
      hex(deriveCommandKey(unhex(vector.masterSeed), delivery, { ...context, ...other }).key),
    );
    expect(new Set([...others, hex(key)]).size).toBe(3);
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.ct.length * 8 - 1), async (bit) => {
        const ct = new Uint8Array(sealed.ct);
        ct[bit >> 3]! ^= 1 << (bit & 7);
        await expect(openCommand(delivery, context, privateKey, { ...sealed, ct })).rejects.toThrow();
      }),
      { numRuns: 40 },
    );
  });
});

describe("limits", () => {
  const seal = (device: string, payload: Uint8Array) =>
    sealCommand(delivery, context, key, { device, payload });

  test("the largest command fits the limit of what is sealed, and one frame; one byte more is refused", async () => {
    const largest = await seal("d".repeat(64), bytes(MAX_COMMAND_BYTES));
    expect(largest.ct.length).toBeLessThanOrEqual(MAX_SEALED_COMMAND_BYTES);
    const frame = encodeFrame("COMMAND", {
      requestId: 1,
      ...context,
      ...largest,
      signature: new Uint8Array(64),
    });
    expect(frame.length).toBeLessThanOrEqual(MAX_CONTROL_BYTES);
    expect(decodeFrame(frame)).toMatchObject({ type: "COMMAND", counter: context.counter });
    const wide = { requestId: 1, ...context, ...largest, signature: new Uint8Array(64) };
    for (const [field, value] of Object.entries({ generation: 2 ** 32, expiry: 2 ** 40 }))
      expect(() => decodeFrame(encodeFrame("COMMAND", { ...wide, [field]: value }))).toThrow(
        new RegExp(`COMMAND: ${field} is a whole number below`),
      );
    const refused = seal("d", bytes(MAX_COMMAND_BYTES + 1)).catch(fieldOf);
    expect(await refused).toBe("payload");
  });

  test.each(["", "a/b", "#", "+", "$SYS", "ä", "d".repeat(65)])("device %j", async (device) => {
    expect(await seal(device, bytes(1)).catch(fieldOf)).toBe("device");
  });

  test("a result of the largest size fits its seal; a larger one, or an unknown outcome, is none", () => {
    const digest = bytes(32);
    const largest = encodeResult(digest, { outcome: "answered", payload: bytes(MAX_RESULT_BYTES) as never });
    expect(largest.length).toBeLessThanOrEqual(64 * 32);
    expect(decodeResult(largest, digest).payload.length).toBe(MAX_RESULT_BYTES);
    const larger = encodeResult(digest, {
      outcome: "answered",
      payload: bytes(MAX_RESULT_BYTES + 1) as never,
    });
    expect(() => decodeResult(larger, digest)).toThrow(/at most/);
    const odd = encodeResult(digest, { outcome: "done" as never, payload: bytes(0) as never });
    expect(() => decodeResult(odd, digest)).toThrow(/outcome/);
    for (const bad of [new Uint8Array(0), bytes(40)]) expect(() => decodeResult(bad, digest)).toThrow();
  });
});

describe("numbers", () => {
  test("rise whatever the clock does, over stores and over a lost file; a damaged file is said", async () => {
    const folder = mkdtempSync(join(tmpdir(), "weir-counters-"));
    const grantId = hex(bytes(32));
    const now = vi.spyOn(Date, "now").mockReturnValue(1_000_000);
    try {
      const many = await Promise.all([1, 2, 3].map(() => fileCounters(folder).next(grantId)));
      now.mockReturnValue(5);
      many.push(await fileCounters(folder).next(grantId));
      expect(many).toEqual([1_000_000n, 1_000_001n, 1_000_002n, 1_000_003n]);
      now.mockReturnValue(2_000_000);
      rmSync(folder, { recursive: true });
      expect(await fileCounters(folder).next(grantId)).toBe(2_000_000n);
      writeFileSync(join(folder, `${grantId}.command`), "x");
      await expect(fileCounters(folder).next(grantId)).rejects.toThrow(/no command counter/);
    } finally {
      now.mockRestore();
      rmSync(folder, { recursive: true, force: true });
    }
    expect(counterAfter(10n ** 15n)).toBe(10n ** 15n + 1n);
  });
});
