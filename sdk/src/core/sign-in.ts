// Sign-in messages (EIP-4361): what an account signs with its wallet to be known to an HTTP interface.
// Read strictly: one grammar for the whole text, so that nothing which a wallet showed to its owner can be read as something else.
import { getAddress, isAddress } from "viem";
import type { Hex } from "./bytes.ts";

/** Bytes of a message: ours have about 350, and every field that may be long is somebody else's. */
export const MAX_SIGN_IN_CHARS = 2_048;

export type SignIn = {
  /** Of the site that asked for the signature, where the message names it. */
  scheme?: string;
  /** RFC 3986 authority of the site that asked for the signature. */
  domain: string;
  address: Hex;
  statement?: string;
  /** What the signature is for. */
  uri: string;
  version: "1";
  chainId: number;
  nonce: string;
  issuedAt: Date;
  expirationTime?: Date;
  notBefore?: Date;
  requestId?: string;
  resources?: string[];
};

/** Why a sign-in does not count: the field and the rule that it breaks. */
export class SignInError extends Error {
  override readonly name = "SignInError";
  readonly field: string;
  readonly rule: string;

  constructor(field: string, rule: string) {
    super(`${field}: ${rule}`);
    this.field = field;
    this.rule = rule;
  }
}

/** The grammar of EIP-4361, one line each; what a field may hold is checked afterwards, so that the answer names the field. */
const MESSAGE = new RegExp(
  [
    "^(?:(?<scheme>[a-zA-Z][a-zA-Z0-9+.-]*)://)?(?<domain>[^\\s/]+) wants you to sign in with your Ethereum account:\\n",
    "(?<address>0x[0-9a-fA-F]{40})\\n\\n",
    "(?:(?<statement>[^\\n]+)\\n)?\\n",
    "URI: (?<uri>[^\\n]+)\\n",
    "Version: (?<version>[^\\n]+)\\n",
    "Chain ID: (?<chainId>[^\\n]+)\\n",
    "Nonce: (?<nonce>[^\\n]+)\\n",
    "Issued At: (?<issuedAt>[^\\n]+)",
    "(?:\\nExpiration Time: (?<expirationTime>[^\\n]+))?",
    "(?:\\nNot Before: (?<notBefore>[^\\n]+))?",
    "(?:\\nRequest ID: (?<requestId>[^\\n]*))?",
    "(?:\\nResources:(?<resources>(?:\\n- [^\\n]+)*))?$",
  ].join(""),
);
/** userinfo, then a name, an IPv4 or an IPv6 address in brackets, then a port. */
const AUTHORITY =
  /^(?:[\w.~!$&'()*+,;=:%-]+@)?(?:\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?)(?::\d{1,5})?$/;
const URI = /^[a-zA-Z][a-zA-Z0-9+.-]*:[\w.~:/?#[\]@!$&'()*+,;=%-]+$/;
const TIME =
  /^(\d{4})-(0[1-9]|1[0-2])-(\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const MAX_CHAIN_ID = 2 ** 32;

/**
 * Reads a message.
 *
 * @throws SignInError with the field that breaks the rule, "message" when the whole has another shape
 */
export function parseSignIn(text: string): SignIn {
  if (text.length > MAX_SIGN_IN_CHARS)
    throw new SignInError("message", `has at most ${MAX_SIGN_IN_CHARS} characters`);
  const fields = MESSAGE.exec(text)?.groups as Record<string, string | undefined> | undefined;
  if (fields === undefined)
    throw new SignInError("message", "is a sign-in message of EIP-4361, its lines in that order");
  const { scheme, statement, requestId } = fields;
  const { domain, address, uri, version, chainId, nonce, issuedAt } = fields as Record<string, string>;
  need(AUTHORITY.test(domain!), "domain", "is a host, with its port where it has one");
  need(isAddress(address!) && getAddress(address!) === address, "address", "is spelled with its checksum");
  need(URI.test(uri!), "uri", "is a URI");
  need(version === "1", "version", "is 1");
  need(/^[1-9]\d*$/.test(chainId!) && Number(chainId) < MAX_CHAIN_ID, "chainId", "is a chain's number");
  need(/^[a-zA-Z0-9]{8,}$/.test(nonce!), "nonce", "has at least eight letters and digits");
  const resources = fields.resources?.split("\n- ").slice(1);
  need(resources?.every((resource) => URI.test(resource)) ?? true, "resources", "are URIs");
  const expirationTime = time(fields.expirationTime, "expirationTime");
  const notBefore = time(fields.notBefore, "notBefore");
  return {
    ...(scheme === undefined ? {} : { scheme }),
    domain: domain!,
    address: address as Hex,
    ...(statement === undefined ? {} : { statement }),
    uri: uri!,
    version: "1",
    chainId: Number(chainId),
    nonce: nonce!,
    issuedAt: time(issuedAt, "issuedAt")!,
    ...(expirationTime === undefined ? {} : { expirationTime }),
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(resources === undefined ? {} : { resources }),
  };
}

/**
 * Whether a message is about this sign-in, now. Its signature is another question.
 *
 * @param p `domains`: of the sites that may ask for it
 * @throws SignInError
 */
export function checkSignIn(
  message: SignIn,
  p: { domains: readonly string[]; uri: string; chainId: number; now: Date },
): void {
  need(p.domains.includes(message.domain), "domain", "is not one that may ask for this");
  need(message.uri === p.uri, "uri", `is ${p.uri}`);
  need(message.chainId === p.chainId, "chainId", `is ${p.chainId}`);
  checkWindow(message, p.now);
}

/** @throws SignInError outside of the time for which the message was signed */
export function checkWindow({ expirationTime, notBefore }: SignIn, now: Date): void {
  need(expirationTime === undefined || now < expirationTime, "expirationTime", "has passed");
  need(notBefore === undefined || now >= notBefore, "notBefore", "has not come");
}

function need(holds: boolean, field: string, rule: string): void {
  if (!holds) throw new SignInError(field, rule);
}

/** RFC 3339; JavaScript itself takes the 31st of February for the 3rd of March. */
function time(text: string | undefined, field: string): Date | undefined {
  if (text === undefined) return undefined;
  const [, year, month, day] = TIME.exec(text) ?? [];
  const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  need(Number(day) >= 1 && Number(day) <= days, field, "is a date and time of RFC 3339");
  return new Date(text);
}
