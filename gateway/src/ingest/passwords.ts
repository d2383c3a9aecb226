// Device passwords: set by a manager's signed message, shown once, stored as scrypt, checked at every login.
import { createHmac, scrypt as nodeScrypt, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { type Contracts, getRoles, ROLES } from "@weir/sdk/chain";
import { type DevicePassword, gatewayDomain, type Hex, TYPES } from "@weir/sdk/core";
import { hubsAbi } from "@weir/sdk/generated";
import { networkOf } from "@weir/sdk/wire";
import {
  type Address,
  isAddressEqual,
  keccak256,
  type PublicClient,
  recoverTypedDataAddress,
  toHex,
} from "viem";
import type { Database } from "../database.ts";
import { ask, GatewayRefusal } from "../errors.ts";
import {
  LOGIN_LOCK_MS,
  MAX_FAILED_LOGINS,
  MAX_PASSWORD_CHECKS,
  MAX_PASSWORD_DEADLINE_SECONDS,
  MAX_TRACKED_LOGINS,
  SCRYPT,
} from "../limits.ts";
import { parseUser, type Speaker } from "./authorize.ts";

/** A manager's signed order for a new password. `account` is given by contract accounts, which cannot be recovered. */
export type PasswordRequest = Omit<DevicePassword, "hubId" | "device"> & {
  signature: Hex;
  account?: Address | undefined;
};

export type Passwords = {
  /** @throws GatewayRefusal; on success the only time that the password is seen */
  set(hubId: bigint, device: string, request: PasswordRequest): Promise<{ user: string; password: string }>;
  /**
   * The speaker, if the password is the device's and the device is registered; undefined otherwise. `from` is the address it comes from: whoever
   * tries wrong ones is refused there, and keeps out nobody elsewhere. @throws GatewayRefusal on a limit
   */
  check(
    user: string | undefined,
    password: Uint8Array | undefined,
    from: string | undefined,
  ): Promise<Speaker | undefined>;
};

export type PasswordsInit = {
  db: Database;
  client: PublicClient;
  contracts: Contracts;
  chainId: number;
  gatewayId: string;
  hubIds: readonly bigint[];
  deviceActive: (hubId: bigint, device: string) => boolean;
};

const derive = promisify<Uint8Array, Uint8Array, number, object, Buffer>(nodeScrypt);
const hash = (password: Uint8Array, salt: Uint8Array): Promise<Buffer> =>
  derive(password, salt, SCRYPT.keyBytes, { N: SCRYPT.N, r: SCRYPT.r, p: SCRYPT.p });

/** 24 random bytes: nothing to guess, and 32 characters to type. */
const PASSWORD_BYTES = 24;
/** Compared with when a user is unknown, so that the answer takes as long. */
const NOBODY = { salt: Buffer.alloc(SCRYPT.saltBytes), hash: Buffer.alloc(SCRYPT.keyBytes) };

export function createPasswords(init: PasswordsInit): Passwords {
  const { db, client, contracts, chainId } = init;
  // What was checked once is recognised by a keyed hash in memory: HTTP sends the password with every request.
  const cacheKey = randomBytes(32);
  const recognised = new Map<string, Buffer>();
  /** By user and where the wrong passwords come from: names are public, and a stranger must not lock a device out. */
  const failures = new Map<string, { count: number; until: number }>();
  let checking = 0;
  const tag = (password: Uint8Array): Buffer => createHmac("sha256", cacheKey).update(password).digest();

  async function requireManager(hubId: bigint, device: string, request: PasswordRequest): Promise<void> {
    const message = {
      hubId,
      device,
      gatewayId: request.gatewayId,
      nonce: request.nonce,
      deadline: request.deadline,
    };
    const typed = {
      domain: gatewayDomain(chainId),
      types: { DevicePassword: TYPES.DevicePassword },
      primaryType: "DevicePassword",
      message,
    } as const;
    let account: Address;
    try {
      account = await recoverTypedDataAddress({ ...typed, signature: request.signature });
    } catch (error) {
      throw new GatewayRefusal(
        "WrongSigner",
        `the signature is malformed (${(error as Error).name})`,
        "signature",
      );
    }
    if (request.account !== undefined && !isAddressEqual(request.account, account)) {
      const valid = await ask(() =>
        client.verifyTypedData({ ...typed, address: request.account!, signature: request.signature }),
      );
      if (!valid)
        throw new GatewayRefusal(
          "WrongSigner",
          "the message was not signed by this account for this gateway and chain",
          "signature",
        );
      account = request.account;
    }
    const roles = await ask(() => getRoles(client, { contracts, hubId, account }));
    if ((roles & (ROLES.MANAGER | ROLES.OWNER)) === 0)
      throw new GatewayRefusal(
        "RoleMissing",
        `${account} is neither manager nor owner of hub ${hubId}`,
        "signature",
      );
  }

  async function requireDevice(hubId: bigint, device: string): Promise<void> {
    // Asked directly: the device may have been registered a moment ago.
    const args = [hubId, keccak256(toHex(device))] as const;
    const call = { abi: hubsAbi, address: contracts.Hubs, functionName: "device", args } as const;
    const state = await client.readContract(call).catch((error: Error) => {
      if (error.message.includes("DeviceUnknown")) return undefined;
      throw new GatewayRefusal("ChainUnreachable", `the chain cannot be asked now (${error.name})`);
    });
    if (!state || state.registeredAt === 0 || state.revokedAt !== 0)
      throw new GatewayRefusal("UnknownDevice", `hub ${hubId} has no device "${device}"`, "device");
  }

  return {
    async set(hubId, device, request) {
      const user = `${hubId}/${device}`;
      if (!init.hubIds.includes(hubId))
        throw new GatewayRefusal("UnknownHub", `this gateway does not serve hub ${hubId}`, "hubId");
      if (!parseUser(user)) throw new GatewayRefusal("UnknownDevice", "this is no device name", "device");
      if (request.gatewayId !== init.gatewayId)
        throw new GatewayRefusal(
          "WrongGateway",
          `the message is for "${request.gatewayId}", this is "${init.gatewayId}"`,
          "gatewayId",
        );
      const now = Math.floor(Date.now() / 1000);
      if (request.deadline <= now) throw new GatewayRefusal("Expired", "the deadline has passed", "deadline");
      if (request.deadline > now + MAX_PASSWORD_DEADLINE_SECONDS)
        throw new GatewayRefusal(
          "BadRequest",
          `the deadline is at most ${MAX_PASSWORD_DEADLINE_SECONDS} s ahead`,
          "deadline",
        );
      await requireManager(hubId, device, request);
      await requireDevice(hubId, device);
      const password = randomBytes(PASSWORD_BYTES).toString("base64url");
      const salt = randomBytes(SCRYPT.saltBytes);
      const hashed = await hash(Buffer.from(password), salt);
      await db.commit(() => {
        db.run("DELETE FROM nonces WHERE deadline < ?", now);
        if (db.get("SELECT 1 FROM nonces WHERE nonce = ?", request.nonce))
          throw new GatewayRefusal("NonceUsed", "this message was used before", "nonce");
        db.run("INSERT INTO nonces (nonce, deadline) VALUES (?, ?)", request.nonce, request.deadline);
        db.run(
          "INSERT OR REPLACE INTO passwords (user, salt, hash, setAt) VALUES (?, ?, ?, ?)",
          user,
          salt,
          hashed,
          now,
        );
      });
      recognised.delete(user);
      for (const login of failures.keys()) if (login.startsWith(`${user} `)) failures.delete(login);
      return { user, password };
    },

    async check(user, password, from) {
      const speaker = parseUser(user);
      if (!speaker || user === undefined || password === undefined) return undefined;
      if (!init.deviceActive(speaker.hubId, speaker.device)) return undefined;
      const known = recognised.get(user);
      if (known && timingSafeEqual(known, tag(password))) return speaker;
      const login = `${user} ${networkOf(from ?? "")}`;
      const failed = failures.get(login);
      if (failed && failed.count >= MAX_FAILED_LOGINS && Date.now() < failed.until)
        throw new GatewayRefusal(
          "TooFast",
          `too many wrong passwords; try again in ${LOGIN_LOCK_MS / 1000} s`,
        );
      if (checking >= MAX_PASSWORD_CHECKS)
        throw new GatewayRefusal("TooMany", `${checking} logins are being checked`);
      checking += 1;
      try {
        const stored = db.get<{ salt: Uint8Array; hash: Uint8Array }>(
          "SELECT salt, hash FROM passwords WHERE user = ?",
          user,
        );
        const { salt, hash: expected } = stored ?? NOBODY;
        const same = timingSafeEqual(await hash(password, salt), expected);
        if (same && stored) {
          failures.delete(login);
          recognised.set(user, tag(password));
          return speaker;
        }
      } finally {
        checking -= 1;
      }
      if (failures.size >= MAX_TRACKED_LOGINS) failures.clear();
      const count = (failures.get(login)?.count ?? 0) + 1;
      failures.set(login, { count, until: Date.now() + LOGIN_LOCK_MS });
      return undefined;
    },
  };
}
