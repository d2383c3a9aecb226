// Who looks in by wallet: an account signs a message (EIP-4361) for this gateway and holds a token for an hour. Nothing of it is on disk:
// after a restart one signs in again.
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { type Contracts, getRoles, ROLES } from "@weir/sdk/chain";
import { checkSignIn, parseSignIn, type SignIn, SignInError } from "@weir/sdk/core";
import { type Address, type Hex, isAddressEqual, type PublicClient, recoverMessageAddress } from "viem";
import { ask, GatewayRefusal } from "./errors.ts";
import { createRate } from "./ingest/rate.ts";
import { MAX_SIGNED_IN, SIGN_IN_NONCE_MS, SIGN_IN_SESSION_MS, SIGN_INS_PER_MINUTE } from "./limits.ts";

/** What a message has to say, and until when (unix milliseconds) this gateway takes it. */
export type SignInOffer = { nonce: string; uri: string; chainId: number; expiresAtMs: number };
/** `token` goes behind `Bearer`; `hubs` are those that the account has a part in, decimal. */
export type SignedIn = { token: string; account: Address; hubs: string[]; expiresAtMs: number };

export type SignIns = {
  /** A nonce for one message. Whoever asks leaves nothing behind here. */
  offer(): SignInOffer;
  /** @throws GatewayRefusal when the message breaks a rule, was not signed by its account, or the account has no part in a hub of this gateway */
  open(message: string, signature: Hex): Promise<SignedIn>;
  /** Hubs of this gateway in which the token's account has a part now; undefined if in none, or for an unknown or expired token. @throws GatewayRefusal */
  hubs(token: string): Promise<ReadonlySet<bigint> | undefined>;
  /** Ends what the token opened, if anything. */
  close(token: string): void;
};

export type SignInsInit = {
  client: PublicClient;
  contracts: Contracts;
  chainId: number;
  gatewayId: string;
  hubIds: readonly bigint[];
  /** Authorities that may ask a wallet for a message: never what a request itself says it is. */
  domains: () => readonly string[];
};

/** Who may see what a hub's channels are worth. */
const SEES_MONEY = ROLES.OWNER | ROLES.MANAGER | ROLES.TREASURER;

const TOKEN_BYTES = 32;
const digest = (token: string): string => createHash("sha256").update(token).digest("hex");
/** Unix milliseconds 6 ‖ random 10, and a tag of 16 over both: hexadecimal, as a nonce has letters and digits only. */
const NONCE = /^([0-9a-f]{12})[0-9a-f]{20}([0-9a-f]{32})$/;
const TAG_CHARS = 32;

export function createSignIns(init: SignInsInit): SignIns {
  const { client, contracts, chainId } = init;
  const uri = `urn:weir:gateway:${encodeURIComponent(init.gatewayId)}`;
  const rate = createRate(SIGN_INS_PER_MINUTE / 60, SIGN_INS_PER_MINUTE);
  const nonceKey = randomBytes(32);
  const tag = (text: string): string =>
    createHmac("sha256", nonceKey).update(text).digest("hex").slice(0, TAG_CHARS);
  /** Nonces that were used, until they expire. */
  const used = new Map<string, number>();
  /** By the token's digest, so that no comparison tells anything of a token. */
  const sessions = new Map<string, { account: Address; expiresAtMs: number }>();

  function forget(now: number): void {
    for (const [nonce, until] of used) if (until <= now) used.delete(nonce);
    for (const [key, { expiresAtMs }] of sessions) if (expiresAtMs <= now) sessions.delete(key);
  }

  /** @returns until when the nonce counts. @throws GatewayRefusal for one that does not */
  function requireNonce(nonce: string, now: number): number {
    const [, until = "", shown = ""] = NONCE.exec(nonce) ?? [];
    const expected = tag(nonce.slice(0, -TAG_CHARS));
    if (shown === "" || !timingSafeEqual(Buffer.from(shown), Buffer.from(expected)))
      throw new GatewayRefusal("BadRequest", "was not given out by this gateway since it started", "nonce");
    const expiresAtMs = Number.parseInt(until, 16);
    if (expiresAtMs <= now) throw new GatewayRefusal("Expired", "has expired", "nonce");
    if (used.has(nonce)) throw new GatewayRefusal("NonceUsed", "was used before", "nonce");
    return expiresAtMs;
  }

  function read(text: string, now: number): SignIn {
    try {
      const message = parseSignIn(text);
      checkSignIn(message, { domains: init.domains(), uri, chainId, now: new Date(now) });
      return message;
    } catch (error) {
      if (!(error instanceof SignInError)) throw error;
      const late = error.field === "expirationTime" || error.field === "notBefore";
      throw new GatewayRefusal(late ? "Expired" : "BadRequest", error.rule, error.field);
    }
  }

  async function hubsOf(account: Address): Promise<ReadonlySet<bigint>> {
    const roles = await ask(() =>
      Promise.all(init.hubIds.map((hubId) => getRoles(client, { contracts, hubId, account }))),
    );
    return new Set(init.hubIds.filter((_, i) => (roles[i]! & SEES_MONEY) !== 0));
  }

  return {
    offer() {
      const expiresAtMs = Date.now() + SIGN_IN_NONCE_MS;
      const text = expiresAtMs.toString(16).padStart(12, "0") + randomBytes(10).toString("hex");
      return { nonce: text + tag(text), uri, chainId, expiresAtMs };
    },

    async open(text, signature) {
      const now = Date.now();
      forget(now);
      const message = read(text, now);
      const nonceUntil = requireNonce(message.nonce, now);
      // What follows costs a recovery and reads of the chain.
      if (!rate.tryTake(1))
        throw new GatewayRefusal("TooFast", `at most ${SIGN_INS_PER_MINUTE} sign-ins a minute`);
      used.set(message.nonce, nonceUntil);
      if (!(await signed(client, message.address, text, signature)))
        throw new GatewayRefusal("WrongSigner", "is not by the account that the message names", "signature");
      const hubs = await hubsOf(message.address);
      if (hubs.size === 0)
        throw new GatewayRefusal(
          "RoleMissing",
          `${message.address} is neither owner, manager nor treasurer of a hub of this gateway`,
          "address",
        );
      if (sessions.size >= MAX_SIGNED_IN)
        throw new GatewayRefusal("TooMany", `${sessions.size} accounts are signed in`);
      const token = randomBytes(TOKEN_BYTES).toString("base64url");
      const expiresAtMs = Math.min(now + SIGN_IN_SESSION_MS, message.expirationTime?.getTime() ?? Infinity);
      sessions.set(digest(token), { account: message.address, expiresAtMs });
      return { token, account: message.address, hubs: [...hubs].map(String), expiresAtMs };
    },

    async hubs(token) {
      const session = sessions.get(digest(token));
      if (session === undefined || session.expiresAtMs <= Date.now()) return undefined;
      // Asked anew: a part that was taken away ends what it opened.
      const hubs = await hubsOf(session.account);
      return hubs.size === 0 ? undefined : hubs;
    },

    close: (token) => void sessions.delete(digest(token)),
  };
}

/** By the account's key, or as the contract at its address says (ERC-1271). */
async function signed(
  client: PublicClient,
  address: Address,
  message: string,
  signature: Hex,
): Promise<boolean> {
  const signer = await recoverMessageAddress({ message, signature }).catch(() => undefined);
  if (signer !== undefined && isAddressEqual(signer, address)) return true;
  return ask(async () => {
    if ((await client.getCode({ address })) === undefined) return false;
    return client.verifyMessage({ address, message, signature });
  });
}
