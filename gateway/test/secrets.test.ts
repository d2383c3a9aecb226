// One file holds what a hub must not lose.
//
// created: readable by its owner only, never over another · opened: with the passphrase, whole · refused: wrong passphrase, changed file, foreign file
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hex } from "@weir/sdk/core";
import { nativeCrypto } from "@weir/sdk/native";
import { Wallet } from "ethers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSecrets, openSecrets } from "../src/secrets.ts";

const passphrase = "correct horse, Ünïcode";
const scryptN = 1 << 10;
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-secrets-"));
  path = join(folder, "hub.json");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("what was created is opened again, and any wallet reads the operator account", async () => {
  const made = await createSecrets({ path, passphrase, scryptN });
  const opened = await openSecrets({ path, passphrase });
  expect(opened).toMatchObject(made);
  expect(opened.masterSeed).toHaveLength(32);
  const message = new TextEncoder().encode("signed");
  const signature = nativeCrypto.es256Sign(opened.publisherPrivateKey, message);
  expect(await nativeCrypto.es256Verify(made.publisherKey, message, signature)).toBe(true);
  const { operator } = JSON.parse(await readFile(path, "utf8"));
  const wallet = await Wallet.fromEncryptedJson(JSON.stringify(operator), passphrase);
  expect(wallet.address).toBe(made.operator);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("an account that exists is kept, two files share nothing, and none is written over", async () => {
  const operatorPrivateKey = hex(new Uint8Array(32).fill(1));
  const first = await createSecrets({ path, passphrase, operatorPrivateKey, scryptN });
  const second = await createSecrets({ path: `${path}2`, passphrase, operatorPrivateKey, scryptN });
  expect(second.operator).toBe(first.operator);
  expect(second.publisherKey).not.toEqual(first.publisherKey);
  const before = await readFile(path);
  await expect(createSecrets({ path, passphrase, scryptN })).rejects.toMatchObject({
    name: "SecretsError",
    reason: "exists",
  });
  expect(await readFile(path)).toEqual(before);
});

test("no secret stands in the file, and neither a wrong passphrase nor a changed file opens", async () => {
  await createSecrets({ path, passphrase, scryptN });
  const opened = await openSecrets({ path, passphrase });
  const text = await readFile(path, "utf8");
  for (const secret of [
    opened.operatorPrivateKey.slice(2),
    hex(opened.masterSeed).slice(2),
    hex(opened.publisherPrivateKey).slice(2),
  ])
    expect(text).not.toContain(secret);
  await expect(openSecrets({ path, passphrase: "wrong" })).rejects.toMatchObject({ reason: "passphrase" });
  const file = JSON.parse(text);
  const last = file.sealed.ciphertext.at(-1);
  const changes = [
    {
      ...file,
      sealed: {
        ...file.sealed,
        ciphertext: file.sealed.ciphertext.slice(0, -1) + (last === "0" ? "1" : "0"),
      },
    },
    { ...file, sealed: { ...file.sealed, n: 1 << 22 } },
    { ...file, sealed: { ...file.sealed, salt: "0x" } },
    { ...file, version: 2 },
    { ...file, operator: {} },
  ];
  for (const changed of changes) {
    await writeFile(path, JSON.stringify(changed));
    await expect(openSecrets({ path, passphrase })).rejects.toMatchObject({ name: "SecretsError" });
  }
});
