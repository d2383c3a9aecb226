// A copy of all that a gateway must not lose, and the way back. The secrets are one backup for ever; the data (vouchers, passwords, what
// waits for relays) is as old as the copy, so a restored gateway begins a new generation of every stream.
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { chmod, copyFile, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { FolderInUse, lockFolder } from "@weir/sdk/disk";
import { ConfigError, type GatewayConfig } from "../config.ts";
import { DATABASE_FILE, Database, RESTORED } from "../database.ts";

const MANIFEST = "manifest.json";
const FORMAT = "weir-gateway-backup/1";

/** Files by their names in the copy. `secrets` is the order of the configuration's hubs. */
type Manifest = {
  format: typeof FORMAT;
  chainId: number;
  hubs: { hubId: string; secrets: string }[];
  sha256: Record<string, string>;
};

/** The copy is not what it says it is. */
export class BackupError extends Error {
  override readonly name = "BackupError";
}

/**
 * Copies secrets and data into a new folder.
 *
 * @throws ConfigError when the folder exists, BackupError while the gateway runs
 */
export async function backup(config: GatewayConfig, folder: string): Promise<Manifest> {
  if (existsSync(folder)) throw new ConfigError("folder", `is a new one: there is something at ${folder}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const hubs = [];
    for (const { hubId, secrets } of config.hubs) {
      const name = `hub-${hubId}.secrets.json`;
      await copy(secrets, join(folder, name));
      hubs.push({ hubId: String(hubId), secrets: name });
    }
    const names = hubs.map(({ secrets }) => secrets);
    const data = join(config.dataDir, DATABASE_FILE);
    if (existsSync(data)) {
      copyDatabase(data, join(folder, DATABASE_FILE));
      names.push(DATABASE_FILE);
    }
    const sha256: Record<string, string> = {};
    for (const name of names) sha256[name] = await hashOf(join(folder, name));
    const manifest: Manifest = { format: FORMAT, chainId: config.chainId, hubs, sha256 };
    await writeDurably(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
    return manifest;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Puts a backup back where the configuration says. Nothing is written over; the copy is checked before anything is written.
 *
 * @throws BackupError for a damaged or foreign copy, ConfigError for a place that is taken
 */
export async function restore(config: GatewayConfig, folder: string): Promise<Manifest> {
  const manifest = await readManifest(folder);
  if (manifest.chainId !== config.chainId)
    throw new BackupError(
      `the backup is of chain ${manifest.chainId}, the settings are for ${config.chainId}`,
    );
  for (const [name, hash] of Object.entries(manifest.sha256))
    if (!existsSync(join(folder, name)) || (await hashOf(join(folder, name))) !== hash)
      throw new BackupError(`${name} in ${folder} is not the file that was backed up`);
  const data = join(config.dataDir, DATABASE_FILE);
  if (existsSync(data)) throw new ConfigError("WEIR_DATA_DIR", `is empty before a restore: there is ${data}`);
  const places = config.hubs.map(({ hubId, secrets }) => {
    const kept = manifest.hubs.find((hub) => hub.hubId === String(hubId));
    if (!kept) throw new BackupError(`the backup has no secrets of hub ${hubId}`);
    return { from: join(folder, kept.secrets), to: secrets };
  });
  for (const { from, to } of places) {
    // The same file still in its place is no conflict.
    if (existsSync(to) && (await hashOf(to)) !== (await hashOf(from)))
      throw new ConfigError("secrets", `are other ones at ${to}; move them away first`);
  }
  for (const { from, to } of places) if (!existsSync(to)) await copy(from, to);
  if (Object.hasOwn(manifest.sha256, DATABASE_FILE)) {
    await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
    const incoming = `${data}.restoring`;
    await rm(incoming, { force: true });
    await copy(join(folder, DATABASE_FILE), incoming);
    const db = new Database(incoming);
    await markRestored(db);
    db.close();
    await rename(incoming, data);
  }
  return manifest;
}

/** Each restore by its own name: what was done after an earlier one is done again (gateway.ts, keys/recall.ts). */
export const markRestored = (db: Database): Promise<unknown> =>
  db.commit(() => db.setNote(RESTORED, randomUUID()));

/** One consistent file, its write-ahead log included. A running gateway has locked the folder. */
function copyDatabase(from: string, to: string): void {
  const unlock = lockIdle(dirname(from));
  try {
    const db = new Database(from);
    try {
      db.copyTo(to);
    } finally {
      db.close();
    }
  } finally {
    unlock();
  }
}

/** @throws BackupError while the gateway runs */
function lockIdle(folder: string): () => void {
  try {
    return lockFolder(folder, "gateway");
  } catch (error) {
    if (!(error instanceof FolderInUse)) throw error;
    throw new BackupError("the gateway is running: stop it, back up, and start it again");
  }
}

async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await copyFile(from, to).catch((error: NodeJS.ErrnoException) => {
    throw new BackupError(`${basename(from)} cannot be copied (${error.code})`);
  });
  await chmod(to, 0o600);
  const file = await open(to, "r+");
  await file.sync();
  await file.close();
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  await file.writeFile(text);
  await file.sync();
  await file.close();
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

async function readManifest(folder: string): Promise<Manifest> {
  let manifest: Partial<Manifest>;
  try {
    manifest = JSON.parse(await readFile(join(folder, MANIFEST), "utf8"));
  } catch (error) {
    throw new BackupError(`${folder} holds no backup (${(error as Error).message})`);
  }
  const { format, chainId, hubs, sha256 } = manifest;
  const plain = (name: unknown): boolean => typeof name === "string" && basename(name) === name;
  const whole =
    format === FORMAT &&
    typeof chainId === "number" &&
    Array.isArray(hubs) &&
    hubs.every((hub) => plain(hub?.secrets)) &&
    typeof sha256 === "object" &&
    sha256 !== null &&
    Object.keys(sha256).every(plain);
  if (!whole) throw new BackupError(`${join(folder, MANIFEST)} is not ${FORMAT}`);
  return manifest as Manifest;
}
