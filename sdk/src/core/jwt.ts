// A device's login without a password: a JSON Web Token (RFC 7519) under the P-256 key that the hub registered for it on chain.
// One algorithm, one shape, one encoding: whatever else a token may be elsewhere is refused here.
import { type Bytes, concat, readUint, uint, utf8 } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { isLowS, P256_ORDER, type PublicKey } from "./es256.ts";

/** Longest life of a token, seconds: a stolen one is worth a day at most. */
export const MAX_TOKEN_SECONDS = 86_400;
/** By how much a device's clock may differ from ours, seconds. */
export const TOKEN_CLOCK_SLACK_SECONDS = 60;
/** Bytes of a token: header, three claims and a signature need about 300; it has to fit into a CONNECT of 4 KiB. */
export const MAX_TOKEN_BYTES = 2_048;

/** Who logs in where: `gatewayId` is the gateway's name, `hubId` and `device` make the subject `<hubId>/<device>`. */
export type TokenHolder = { gatewayId: string; hubId: bigint; device: string };

/** Why a token does not count. `rule` is one sentence without anything secret in it. */
export class TokenError extends Error {
  override readonly name = "TokenError";
  readonly field: string;

  constructor(field: string, rule: string) {
    super(`${field}: ${rule}`);
    this.field = field;
  }
}

const HEADER_FIELDS: ReadonlySet<string> = new Set(["alg", "typ", "kid"]);
const SIGNATURE_BYTES = 64;
const fatalUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const base64url = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

/** Only the one canonical spelling: no padding, no other alphabet, no bits behind the last byte. */
function unbase64url(text: string, field: string): Bytes {
  const canonical = /^[A-Za-z0-9_-]+$/.test(text) && text.length % 4 !== 1;
  if (!canonical) throw new TokenError(field, "is base64url without padding");
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) =>
    char.charCodeAt(0),
  );
  if (base64url(bytes) !== text) throw new TokenError(field, "has bits behind its last byte");
  return bytes;
}

function object(text: string, field: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(fatalUtf8.decode(unbase64url(text, field)));
  } catch (error) {
    if (error instanceof TokenError) throw error;
    throw new TokenError(field, "is JSON in UTF-8");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TokenError(field, "is an object");
  return value as Record<string, unknown>;
}

const subjectOf = ({ hubId, device }: Pick<TokenHolder, "hubId" | "device">): string => `${hubId}/${device}`;

/**
 * A token for one device: its password at the gateway's MQTT port, its Bearer token over HTTP.
 *
 * @param p `privateKey` 32 bytes; `time` unix seconds now; `seconds` of life, at most MAX_TOKEN_SECONDS, which is the default
 * @throws RangeError when the life is too long
 * @example
 * const token = signDeviceToken(nativeCrypto, { gatewayId: "gateway-1", hubId: 1n, device: "buoy-7", privateKey, time });
 */
export function signDeviceToken(
  crypto: Crypto,
  p: TokenHolder & { privateKey: Uint8Array; time: number; seconds?: number },
): string {
  const seconds = p.seconds ?? MAX_TOKEN_SECONDS;
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_TOKEN_SECONDS)
    throw new RangeError(`seconds: is a whole number from 1 to ${MAX_TOKEN_SECONDS}`);
  const part = (value: unknown): string => base64url(utf8(JSON.stringify(value)));
  const claims = { aud: p.gatewayId, sub: subjectOf(p), iat: p.time, exp: p.time + seconds };
  const signed = `${part({ alg: "ES256", typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${base64url(crypto.es256Sign(p.privateKey, utf8(signed)))}`;
}

/**
 * Checks a token against what it must say: algorithm ES256, this gateway, this device, not expired and not good for longer than a day.
 *
 * @param p `publicKey` is the device's key on chain now; `time` unix seconds
 * @returns when it expires, unix seconds
 * @throws TokenError with the field that breaks a rule
 */
export async function verifyDeviceToken(
  crypto: Crypto,
  token: string,
  p: TokenHolder & { publicKey: PublicKey; time: number },
): Promise<{ expiresAt: number }> {
  if (token.length > MAX_TOKEN_BYTES) throw new TokenError("token", `has at most ${MAX_TOKEN_BYTES} bytes`);
  const parts = token.split(".");
  if (parts.length !== 3) throw new TokenError("token", "has three parts");
  const [head, body, tail] = parts as [string, string, string];
  checkHeader(object(head, "header"));
  const expiresAt = checkClaims(object(body, "payload"), p);
  const signature = unbase64url(tail, "signature");
  if (signature.length !== SIGNATURE_BYTES) throw new TokenError("signature", "is r and s, 32 bytes each");
  if (!(await crypto.es256Verify(p.publicKey, utf8(`${head}.${body}`), lowS(signature))))
    throw new TokenError("signature", "is not by the device's key");
  return { expiresAt };
}

/** What the verifier may not be told by a stranger: algorithm, key and extensions are fixed. */
function checkHeader(header: Record<string, unknown>): void {
  for (const name of Object.keys(header))
    if (!HEADER_FIELDS.has(name)) throw new TokenError("header", `has no field beside alg, typ and kid`);
  if (header.alg !== "ES256") throw new TokenError("alg", "is ES256");
  if (header.typ !== undefined && header.typ !== "JWT") throw new TokenError("typ", "is JWT");
}

function checkClaims(
  { aud, sub, exp, nbf, iat }: Record<string, unknown>,
  p: TokenHolder & { time: number },
): number {
  if (aud !== p.gatewayId) throw new TokenError("aud", "is this gateway's id");
  if (sub !== subjectOf(p)) throw new TokenError("sub", "is the hub and device that log in");
  if (typeof exp !== "number" || !Number.isSafeInteger(exp))
    throw new TokenError("exp", "is a time in unix seconds");
  if (exp <= p.time) throw new TokenError("exp", "has passed");
  if (exp > p.time + MAX_TOKEN_SECONDS + TOKEN_CLOCK_SLACK_SECONDS)
    throw new TokenError("exp", `is at most ${MAX_TOKEN_SECONDS} s ahead`);
  for (const [field, value] of [
    ["nbf", nbf],
    ["iat", iat],
  ] as const) {
    if (value === undefined) continue;
    if (typeof value !== "number" || !(value <= p.time + TOKEN_CLOCK_SLACK_SECONDS))
      throw new TokenError(field, "is a time in unix seconds that has come");
  }
  return exp;
}

/**
 * Ordinary libraries sign with either half of the order, and no token is remembered that a second spelling could pass by; our verifier
 * takes the lower half, as the chain's does.
 */
function lowS(signature: Bytes): Bytes {
  const s = readUint(signature.subarray(32));
  if (s === 0n || s >= P256_ORDER || isLowS(signature, P256_ORDER)) return signature;
  return concat(signature.subarray(0, 32), uint(P256_ORDER - s, 32));
}
