/**
 * The backup file of random keys
 *   opens with its password, for its account on its chain, to the same secret
 *   a wrong password, another account, another chain, another change of keys, an edited or foreign file are each refused by reason
 *   the secret is not in the file
 */
import { bytesToHex } from "viem";
import { beforeAll, describe, expect, it } from "vitest";
import { BackupNotReadable, decryptBackup, encryptBackup, MAX_BACKUP_BYTES } from "../src/lib/keyBackup.ts";

const owner = { chainId: 31337, account: `0x${"aB".repeat(20)}` } as const;
const secret = Uint8Array.from({ length: 32 }, (_, i) => i * 7);
let file: string;
beforeAll(async () => {
  file = await encryptBackup(secret, "correct horse battery", owner);
});

const reasonOf = async (
  text: string,
  password: string,
  of: { chainId: number; account: `0x${string}`; rotation?: number } = owner,
) => {
  const refused = await decryptBackup(text, password, of).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(BackupNotReadable);
  return (refused as BackupNotReadable).reason;
};

describe("the backup file", () => {
  it("opens to the same secret, whatever the case of the account", async () => {
    const lower = { ...owner, account: owner.account.toLowerCase() as `0x${string}` };
    expect(await decryptBackup(file, "correct horse battery", owner)).toEqual(secret);
    expect(await decryptBackup(file, "correct horse battery", lower)).toEqual(secret);
  });

  it("does not hold the secret", () => expect(file).not.toContain(bytesToHex(secret).slice(2)));

  it("refuses a wrong password", async () =>
    expect(await reasonOf(file, "wrong horse battery")).toBe("password"));

  it("refuses another account and another chain, also when the file claims to be theirs", async () => {
    const other = { ...owner, account: `0x${"cd".repeat(20)}` as const };
    expect(await reasonOf(file, "correct horse battery", other)).toBe("account");
    expect(await reasonOf(file, "correct horse battery", { ...owner, chainId: 1 })).toBe("account");
    const claimed = JSON.stringify({ ...JSON.parse(file), account: other.account });
    expect(await reasonOf(claimed, "correct horse battery", other)).toBe("password");
  });

  it("refuses the keys before and after a change, also when the file claims to be for it", async () => {
    const changed = { ...owner, rotation: 1 };
    const after = await encryptBackup(secret, "correct horse battery", changed);
    expect(await decryptBackup(after, "correct horse battery", changed)).toEqual(secret);
    expect(await reasonOf(after, "correct horse battery")).toBe("account");
    expect(await reasonOf(file, "correct horse battery", changed)).toBe("account");
    const claimed = JSON.stringify({ ...JSON.parse(file), rotation: 1 });
    expect(await reasonOf(claimed, "correct horse battery", changed)).toBe("password");
  });

  it("refuses an edited file", async () => {
    const parsed = JSON.parse(file) as { data: string };
    const last = parsed.data.endsWith("0") ? "1" : "0";
    const edited = JSON.stringify({ ...parsed, data: parsed.data.slice(0, -1) + last });
    expect(await reasonOf(edited, "correct horse battery")).toBe("password");
  });

  it.each(["", "{", "[]", "null", '{"format":"other"}', " ".repeat(MAX_BACKUP_BYTES + 1)])(
    "refuses what is no backup (%#)",
    async (text) => expect(await reasonOf(text, "x")).toBe("format"),
  );
});
