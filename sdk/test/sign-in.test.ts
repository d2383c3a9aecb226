// Sign-in messages (EIP-4361) on vectors that nobody here wrote, where they lie beside the repository (../shared/vectors), and on ours.
//
// read: every field as written · time zones · scheme · IPv6 · what our own clients write
// refused, naming the field: every line that is missing, twice, out of order or malformed · dates that are none · too long
// judged: domain · uri · chain · before · after
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  checkSignIn,
  checkWindow,
  MAX_SIGN_IN_CHARS,
  parseSignIn,
  type SignIn,
  SignInError,
} from "@weir/sdk/core";
import { type Hex, isAddressEqual, recoverMessageAddress } from "viem";
import { createSiweMessage, type SiweMessage } from "viem/siwe";
import { describe, expect, it } from "vitest";

const FOLDER = join(import.meta.dirname, "../../../shared/vectors/siwe");
const there = existsSync(FOLDER);
const vectors = <T>(name: string): [string, T][] =>
  there ? Object.entries(JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8"))) : [];
const suffix = there ? "" : "; the vectors are not there";

const MESSAGE: SiweMessage = {
  domain: "market.example",
  address: "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2",
  statement: "Let me in.",
  uri: "urn:weir:gateway:gateway-1",
  version: "1",
  chainId: 31337,
  nonce: "abcdef0123456789",
  issuedAt: new Date("2026-01-02T03:04:05.678Z"),
  expirationTime: new Date("2026-01-02T04:04:05.678Z"),
};
const text = (more: Partial<SiweMessage> = {}) => createSiweMessage({ ...MESSAGE, ...more });
const fault = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof SignInError) return error.field;
    throw error;
  }
  return "none";
};

/** The lines of a message made of fields that may break its rules, as the vectors' authors have them. */
function written(fields: Record<string, unknown>): string {
  const { domain, address, statement, uri, version, chainId, nonce, issuedAt } = fields;
  const lines = [`${domain ?? ""} wants you to sign in with your Ethereum account:`, `${address ?? ""}`, ""];
  if (statement !== undefined) lines.push(String(statement));
  lines.push("");
  for (const [label, value] of [
    ["URI", uri],
    ["Version", version],
    ["Chain ID", chainId],
    ["Nonce", nonce],
    ["Issued At", issuedAt],
    ["Expiration Time", fields.expirationTime],
    ["Not Before", fields.notBefore],
    ["Request ID", fields.requestId],
  ])
    if (value !== undefined && value !== null) lines.push(`${label}: ${value}`);
  if (Array.isArray(fields.resources)) lines.push("Resources:", ...fields.resources.map((r) => `- ${r}`));
  return lines.join("\n");
}

describe("reading", () => {
  it(`takes what EIP-4361 allows${suffix}`, () => {
    const cases = vectors<{ message: string; fields: Record<string, unknown> }>("parsing_positive");
    expect(cases.length).toBe(there ? 19 : 0);
    for (const [name, { message, fields }] of cases) {
      const read = parseSignIn(message) as Record<string, unknown>;
      for (const [field, value] of Object.entries(fields)) {
        if (value === null) continue;
        const found = read[field];
        const same =
          found instanceof Date
            ? found.getTime() === Date.parse(String(value))
            : String(found) === String(value);
        expect([name, field, same]).toEqual([name, field, true]);
      }
    }
  });

  it(`refuses what it forbids${suffix}`, () => {
    const cases = vectors<string>("parsing_negative");
    expect(cases.length).toBe(there ? 29 : 0);
    for (const [name, message] of cases)
      expect([name, fault(() => parseSignIn(message))]).not.toEqual([name, "none"]);
    const objects = vectors<Record<string, unknown>>("parsing_negative_objects");
    expect(objects.length).toBe(there ? 18 : 0);
    for (const [name, fields] of objects)
      expect([name, fault(() => parseSignIn(written(fields)))]).not.toEqual([name, "none"]);
  });

  it(`tells good signatures from bad ones, in and out of their time${suffix}`, async () => {
    type Case = Record<string, unknown> & {
      signature: Hex;
      time?: string;
      domainBinding?: string;
      matchNonce?: string;
    };
    const judge = async (fields: Case): Promise<boolean> => {
      const message = written(fields);
      let read: SignIn;
      try {
        read = parseSignIn(message);
        checkWindow(read, new Date(fields.time ?? Date.now()));
      } catch (error) {
        expect(error).toBeInstanceOf(SignInError);
        return false;
      }
      if (fields.domainBinding !== undefined && read.domain !== fields.domainBinding) return false;
      if (fields.matchNonce !== undefined && read.nonce !== fields.matchNonce) return false;
      const signer = await recoverMessageAddress({ message, signature: fields.signature }).catch(
        () => undefined,
      );
      return signer !== undefined && isAddressEqual(signer, read.address);
    };
    const [good, bad] = [vectors<Case>("verification_positive"), vectors<Case>("verification_negative")];
    expect([good.length, bad.length]).toEqual(there ? [4, 10] : [0, 0]);
    for (const [name, fields] of good) expect([name, await judge(fields)]).toEqual([name, true]);
    for (const [name, fields] of bad) expect([name, await judge(fields)]).toEqual([name, false]);
  });

  it("reads what our own clients write", () => {
    expect(parseSignIn(text())).toEqual(MESSAGE);
    const full = {
      notBefore: new Date("2026-01-02T03:00:00.000Z"),
      requestId: "7",
      resources: ["ipfs://a", "urn:b"],
    };
    expect(parseSignIn(text({ ...full, scheme: "https" }))).toEqual({ ...MESSAGE, ...full, scheme: "https" });
    const { statement: _, ...bare } = MESSAGE;
    expect(parseSignIn(createSiweMessage(bare))).toEqual(bare);
  });

  it("names the field that breaks a rule", () => {
    const broken = (from: string | RegExp, to: string) => fault(() => parseSignIn(text().replace(from, to)));
    expect(broken("market.example", "market..exam ple")).toBe("message");
    expect(broken("market.example", "-market")).toBe("domain");
    expect(broken("0xC02a", "0xc02a")).toBe("address");
    expect(broken("urn:weir", "weir")).toBe("none");
    expect(broken("urn:weir:gateway:gateway-1", "gateway-1")).toBe("uri");
    expect(broken("Version: 1", "Version: 2")).toBe("version");
    expect(broken("31337", "0x7a69")).toBe("chainId");
    expect(broken("31337", "031337")).toBe("chainId");
    expect(broken("Nonce: abcdef0123456789", "Nonce: abc-ef0123456789")).toBe("nonce");
    expect(broken("2026-01-02T03", "2026-02-30T03")).toBe("issuedAt");
    expect(broken("2026-01-02T04", "2026-01-02 04")).toBe("expirationTime");
    // A second line of a kind, a line behind the last, another line break: no other text has the same meaning.
    expect(broken("Version: 1", "Version: 1\nVersion: 1")).toBe("message");
    expect(fault(() => parseSignIn(`${text()}\n`))).toBe("message");
    expect(fault(() => parseSignIn(` ${text()}`))).toBe("message");
    expect(broken(/\n/g, "\r\n")).toBe("message");
    expect(fault(() => parseSignIn(text({ statement: "x".repeat(MAX_SIGN_IN_CHARS) })))).toBe("message");
  });
});

it("is judged by site, resource, chain and time", () => {
  const now = new Date("2026-01-02T03:30:00Z");
  const about = {
    domains: ["other.example", MESSAGE.domain],
    uri: MESSAGE.uri,
    chainId: MESSAGE.chainId,
    now,
  };
  const judged = (more: Partial<SiweMessage>, at: Partial<typeof about> = {}) =>
    fault(() => checkSignIn(parseSignIn(text(more)), { ...about, ...at }));
  expect(judged({})).toBe("none");
  expect(judged({ domain: "evil.example" })).toBe("domain");
  expect(judged({ uri: "urn:weir:gateway:gateway-2" })).toBe("uri");
  expect(judged({ chainId: 1 })).toBe("chainId");
  expect(judged({}, { now: MESSAGE.expirationTime! })).toBe("expirationTime");
  expect(judged({ notBefore: new Date("2026-01-02T03:30:00.001Z") })).toBe("notBefore");
});
