// A device's token: made and read by both fillings of the primitives, and everything that is not exactly one is refused by its field.
import { createHmac, createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  type Crypto,
  concat,
  hex,
  MAX_TOKEN_BYTES,
  MAX_TOKEN_SECONDS,
  P256_ORDER,
  type PublicKey,
  portableCrypto,
  readUint,
  signDeviceToken,
  TokenError,
  uint,
  verifyDeviceToken,
} from "../src/core/index.ts";
import { nativeCrypto } from "../src/core/native.ts";

const TIME = 1_800_000_000;
const HOLDER = { gatewayId: "gateway-1", hubId: 7n, device: "buoy-7" };
const { privateKey, publicKey } = keyPair();
const other = keyPair();

function keyPair(): { privateKey: Uint8Array; publicKey: PublicKey } {
  const { d, x, y } = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" });
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, "base64url"));
  return { privateKey: bytes(d!), publicKey: { x: hex(bytes(x!)), y: hex(bytes(y!)) } };
}

const b64 = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const CLAIMS = { aud: "gateway-1", sub: "7/buoy-7", exp: TIME + 3600 };
const HEADER = { alg: "ES256", typ: "JWT" };

/** A token with any header and claims, signed properly unless told otherwise. */
function forge(
  header: unknown,
  claims: unknown,
  signer: (text: string) => Uint8Array = (text) => nativeCrypto.es256Sign(privateKey, Buffer.from(text)),
): string {
  const signed = `${b64(header)}.${b64(claims)}`;
  return `${signed}.${Buffer.from(signer(signed)).toString("base64url")}`;
}

const good = (): string =>
  signDeviceToken(nativeCrypto, { ...HOLDER, privateKey, time: TIME, seconds: 3600 });
const verify = (token: string, more: Partial<typeof HOLDER> = {}, crypto: Crypto = nativeCrypto) =>
  verifyDeviceToken(crypto, token, { ...HOLDER, publicKey, time: TIME, ...more });
/** The field that a token fails by. */
const refusedBy = (token: string, more: Partial<typeof HOLDER> = {}): Promise<string> =>
  verify(token, more).then(
    () => "nothing",
    (error) => {
      if (error instanceof TokenError) return error.field;
      throw error;
    },
  );

describe.each([
  ["native", nativeCrypto],
  ["portable", portableCrypto],
] as const)("%s primitives", (_, crypto) => {
  test("what is signed is accepted until it expires", async () => {
    const token = signDeviceToken(crypto, { ...HOLDER, privateKey, time: TIME, seconds: 3600 });
    expect(await verify(token, {}, crypto)).toEqual({ expiresAt: TIME + 3600 });
    const at = (time: number) => verifyDeviceToken(crypto, token, { ...HOLDER, publicKey, time });
    expect(await at(TIME + 3599)).toEqual({ expiresAt: TIME + 3600 });
    await expect(at(TIME + 3600)).rejects.toMatchObject({ name: "TokenError", field: "exp" });
  });
});

test("either half of the order counts: ordinary libraries sign with both", async () => {
  const key = createPrivateKey({
    key: {
      kty: "EC",
      crv: "P-256",
      d: Buffer.from(privateKey).toString("base64url"),
      x: Buffer.from(publicKey.x.slice(2), "hex").toString("base64url"),
      y: Buffer.from(publicKey.y.slice(2), "hex").toString("base64url"),
    },
    format: "jwk",
  });
  const low = (text: string) => nativeCrypto.es256Sign(privateKey, Buffer.from(text));
  const high = (text: string) => {
    const bytes = low(text);
    return concat(bytes.subarray(0, 32), uint(P256_ORDER - readUint(bytes.subarray(32)), 32));
  };
  expect(await refusedBy(forge(HEADER, CLAIMS, high))).toBe("nothing");
  const library = (text: string) => sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" });
  for (let i = 0; i < 8; i++) expect(await refusedBy(forge(HEADER, CLAIMS, library))).toBe("nothing");
});

test("a life above a day cannot be signed", () => {
  for (const seconds of [0, -1, 1.5, MAX_TOKEN_SECONDS + 1, Number.NaN])
    expect(() => signDeviceToken(nativeCrypto, { ...HOLDER, privateKey, time: TIME, seconds })).toThrow(
      RangeError,
    );
});

const hs256 = (text: string): Uint8Array =>
  createHmac("sha256", Buffer.from(publicKey.x.slice(2) + publicKey.y.slice(2), "hex"))
    .update(text)
    .digest();
const der = (text: string): Uint8Array =>
  sign("sha256", Buffer.from(text), {
    key: createPrivateKey({
      key: {
        kty: "EC",
        crv: "P-256",
        d: Buffer.from(privateKey).toString("base64url"),
        x: Buffer.from(publicKey.x.slice(2), "hex").toString("base64url"),
        y: Buffer.from(publicKey.y.slice(2), "hex").toString("base64url"),
      },
      format: "jwk",
    }),
    dsaEncoding: "der",
  });
const part = (token: string, index: number): string => token.split(".")[index]!;
const replaced = (index: number, text: string): string => good().split(".").with(index, text).join(".");
/** The same 64 bytes in a spelling with bits behind the last byte. */
const loose = (): string => {
  const tail = part(good(), 2);
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return replaced(2, tail.slice(0, -1) + alphabet[alphabet.indexOf(tail.at(-1)!) | 1]);
};

describe("refused", () => {
  const rows: [what: string, field: string, token: () => string][] = [
    ["alg none without a signature", "alg", () => `${b64({ alg: "none" })}.${b64(CLAIMS)}.`],
    ["alg none with a signature", "alg", () => forge({ alg: "none", typ: "JWT" }, CLAIMS)],
    ["alg None in other letters", "alg", () => forge({ alg: "nOnE" }, CLAIMS)],
    ["HS256 keyed with the public key", "alg", () => forge({ alg: "HS256", typ: "JWT" }, CLAIMS, hs256)],
    ["RS256", "alg", () => forge({ alg: "RS256", typ: "JWT" }, CLAIMS)],
    ["ES384", "alg", () => forge({ alg: "ES384" }, CLAIMS)],
    ["alg as a list", "alg", () => forge({ alg: ["ES256"] }, CLAIMS)],
    ["alg missing", "alg", () => forge({ typ: "JWT" }, CLAIMS)],
    ["HS256 bytes under ES256", "signature", () => forge(HEADER, CLAIMS, hs256)],
    ["a key of its own", "header", () => forge({ ...HEADER, jwk: { kty: "EC" } }, CLAIMS)],
    ["a key's address", "header", () => forge({ ...HEADER, jku: "https://evil.example" }, CLAIMS)],
    ["critical extensions", "header", () => forge({ ...HEADER, crit: ["b64"], b64: false }, CLAIMS)],
    ["another type", "typ", () => forge({ alg: "ES256", typ: "JWE" }, CLAIMS)],
    ["foreign aud", "aud", () => forge(HEADER, { ...CLAIMS, aud: "gateway-2" })],
    ["aud as a list", "aud", () => forge(HEADER, { ...CLAIMS, aud: ["gateway-1"] })],
    ["no aud", "aud", () => forge(HEADER, { ...CLAIMS, aud: undefined })],
    ["another device", "sub", () => forge(HEADER, { ...CLAIMS, sub: "7/buoy-8" })],
    ["another hub", "sub", () => forge(HEADER, { ...CLAIMS, sub: "8/buoy-7" })],
    ["the device without its hub", "sub", () => forge(HEADER, { ...CLAIMS, sub: "buoy-7" })],
    ["expired", "exp", () => forge(HEADER, { ...CLAIMS, exp: TIME })],
    ["good for more than a day", "exp", () => forge(HEADER, { ...CLAIMS, exp: TIME + 86_400 + 61 })],
    ["exp in milliseconds", "exp", () => forge(HEADER, { ...CLAIMS, exp: (TIME + 60) * 1000 })],
    ["exp as text", "exp", () => forge(HEADER, { ...CLAIMS, exp: String(TIME + 60) })],
    ["no exp", "exp", () => forge(HEADER, { ...CLAIMS, exp: undefined })],
    ["exp as a fraction", "exp", () => forge(HEADER, { ...CLAIMS, exp: TIME + 60.5 })],
    ["not yet valid", "nbf", () => forge(HEADER, { ...CLAIMS, nbf: TIME + 61 })],
    ["nbf as text", "nbf", () => forge(HEADER, { ...CLAIMS, nbf: "now" })],
    ["signed in the future", "iat", () => forge(HEADER, { ...CLAIMS, iat: TIME + 3600 })],
    [
      "a key before or behind the device's",
      "signature",
      () => forge(HEADER, CLAIMS, (text) => nativeCrypto.es256Sign(other.privateKey, Buffer.from(text))),
    ],
    ["changed claims", "signature", () => replaced(1, b64({ ...CLAIMS, exp: TIME + 3601 }))],
    ["a leading space", "header", () => ` ${good()}`],
    ["a space behind", "signature", () => `${good()} `],
    ["a line end", "signature", () => `${good()}\n`],
    ["a NUL", "signature", () => `${good()}\0`],
    ["base64 with padding", "signature", () => `${good()}==`],
    ["the other alphabet", "signature", () => replaced(2, `+/${part(good(), 2).slice(2)}`)],
    ["bits behind the last byte", "signature", loose],
    ["one character too many", "signature", () => `${good()}A`],
    ["a signature in DER", "signature", () => forge(HEADER, CLAIMS, der)],
    ["r and s zero", "signature", () => forge(HEADER, CLAIMS, () => new Uint8Array(64))],
    [
      "s at the order",
      "signature",
      () => forge(HEADER, CLAIMS, () => concat(uint(1, 32), uint(P256_ORDER, 32))),
    ],
    ["s above the order", "signature", () => forge(HEADER, CLAIMS, () => new Uint8Array(64).fill(0xff))],
    ["no signature", "signature", () => replaced(2, "")],
    ["two parts", "token", () => good().split(".").slice(0, 2).join(".")],
    ["five parts", "token", () => `${good()}.a.b`],
    ["a header that is no object", "header", () => forge([HEADER], CLAIMS)],
    ["claims that are no object", "payload", () => forge(HEADER, "null")],
    ["claims that are no JSON", "payload", () => forge(HEADER, "{aud}")],
    ["claims behind a byte order mark", "payload", () => forge(HEADER, `\ufeff${JSON.stringify(CLAIMS)}`)],
    [
      "claims that are no UTF-8",
      "payload",
      () => replaced(1, Buffer.from([0x7b, 0xff]).toString("base64url")),
    ],
    ["oversized", "token", () => forge(HEADER, { ...CLAIMS, more: "x".repeat(MAX_TOKEN_BYTES) })],
    ["empty", "token", () => ""],
  ];
  test.each(rows)("%s (%s)", async (_, field, token) => {
    expect(await refusedBy(token())).toBe(field);
  });

  test("by another gateway, hub or device", async () => {
    expect(await refusedBy(good(), { gatewayId: "gateway-2" })).toBe("aud");
    expect(await refusedBy(good(), { hubId: 8n })).toBe("sub");
    expect(await refusedBy(good(), { device: "buoy-77" })).toBe("sub");
  });

  test("any one flipped bit", async () => {
    const token = good();
    for (let i = 0; i < token.length; i++) {
      const changed = token.slice(0, i) + String.fromCharCode(token.charCodeAt(i) ^ 1) + token.slice(i + 1);
      expect(await refusedBy(changed)).not.toBe("nothing");
    }
  });
});
