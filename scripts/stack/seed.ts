// What the local market begins with: three hubs, their gateway's keys, devices and ten listings. Every write is an
// ordinary transaction of the seller's account; nothing here is privileged.
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { x25519 } from "@noble/curves/ed25519.js";
import { type Address, createWalletClient, type Hex, http } from "viem";
import { hardhat } from "viem/chains";
import { createSecrets } from "../../gateway/src/secrets.ts";
import {
  type Contracts,
  createHub,
  createListing,
  type ListingTerms,
  registerDevice,
  registerPublisherKey,
  type WriteClient,
} from "../../sdk/src/chain/index.ts";
import {
  agreementHash,
  agreementText,
  gatewayDomain,
  hex,
  hubMetadata,
  isMetered,
  licenceBit,
  listingMetadata,
  metadataHash,
  TYPES,
  ZERO_ADDRESS,
  ZERO_HASH,
} from "../../sdk/src/core/index.ts";
import { accountOf, type Role, type StackAccount } from "./accounts.ts";
import { SEED_LISTINGS, type SeedListing } from "./listings.ts";

export type SeededHub = { hubId: bigint; seller: StackAccount; operator: StackAccount; secrets: string };
export type SeededListing = SeedListing & { listingId: bigint; hub: SeededHub };

const HUBS = [
  { name: "Estuary Instruments", description: "Measurements of machines and the ground they stand on." },
  { name: "Harbour Weather", description: "Air, rain and climate of the Pacific Northwest and beyond." },
  { name: "Open Ledger Data", description: "Public records of transport, energy and markets." },
] as const;

/** Shared by all local secrets files: the chain's keys are public anyway. A low cost keeps the start quick. */
export const LOCAL_PASSPHRASE = "weir-local";
const LOCAL_SCRYPT_N = 1 << 12;

const SEED_CHALLENGE_SECONDS = 3600;
export const RELAY_CUT_BPS = 500;

/** A client of one role's account, quick to see receipts. */
export const walletOf = (rpc: string, { account }: StackAccount): WriteClient =>
  createWalletClient({ account, chain: hardhat, transport: http(rpc), pollingInterval: 50, cacheTime: 0 });

/** `token`: what listings outside the chain's coin are sold in. */
type Place = { rpc: string; contracts: Contracts; folder: string; token: Address };

/** The hub of one seller. Its gateway's keys are registered by `equipHub`. */
async function seedHub({ rpc, contracts, folder }: Place, number: 1 | 2 | 3): Promise<SeededHub> {
  const seller = accountOf(`seller${number}` as Role);
  const notesKey = randomBytes(32);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, `hub-${number}.notes-key`), notesKey.toString("hex"), { mode: 0o600 });
  const { hubId } = await createHub(walletOf(rpc, seller), {
    contracts,
    metadata: hubMetadata(HUBS[number - 1]!),
    payout: seller.account.address,
    encryptionKey: hex(x25519.getPublicKey(notesKey)),
  });
  const operator = accountOf(`operator${number}` as Role);
  return { hubId, seller, operator, secrets: join(folder, `hub-${number}.secrets.json`) };
}

/** Fresh gateway secrets, the publisher key, and the devices of the hub's listings. */
async function equipHub(
  { rpc, contracts }: Place,
  hub: SeededHub,
  devices: readonly string[],
): Promise<void> {
  const wallet = walletOf(rpc, hub.seller);
  const { publisherKey } = await createSecrets({
    path: hub.secrets,
    passphrase: LOCAL_PASSPHRASE,
    operatorPrivateKey: hub.operator.privateKey,
    scryptN: LOCAL_SCRYPT_N,
  });
  const { hubId } = hub;
  const account = hub.operator.account.address;
  await registerPublisherKey(wallet, { contracts, hubId, account, publicKey: publisherKey });
  for (const name of devices) await registerDevice(wallet, { contracts, hubId, name });
}

/** What the market reads. The one device of a listing feeds it. */
const describe = (listing: SeedListing): string =>
  listingMetadata({ ...listing, feed: { devices: [listing.device] }, agreement: TERMS_TEXT });

/** Read it, compute with it, show what you found; do not pass on the readings themselves. */
const FLAGS = (["store", "copy", "process", "analyse", "combine", "publishResults", "keep"] as const)
  .map(licenceBit)
  .reduce((flags, bit) => flags | bit);
const TERMS_TEXT = agreementText(FLAGS);

/** The terms of a seed listing, and the metadata that they name by hash. */
export function termsOf(
  listing: SeedListing,
  hub: SeededHub,
  relays: readonly Address[],
  token: Address,
): { terms: ListingTerms; metadata: string } {
  const metadata = describe(listing);
  const terms: ListingTerms = {
    hubId: hub.hubId,
    payee: hub.seller.account.address,
    operator: hub.operator.account.address,
    token: listing.inToken ? token : ZERO_ADDRESS,
    plans: [listing.plan],
    relays: [...relays],
    relayBps: RELAY_CUT_BPS,
    markets: [],
    marketBps: 0,
    challenge: SEED_CHALLENGE_SECONDS,
    epochLength: listing.epochLength ?? (isMetered(listing.plan) ? 1 : 60),
    segment: listing.segment,
    historyDepth: listing.historyDepth ?? 0,
    saleUntil: 0,
    termsHash: agreementHash(TERMS_TEXT),
    flags: FLAGS,
    attestationSchema: ZERO_HASH,
    attester: ZERO_ADDRESS,
    arbiter: ZERO_ADDRESS,
    metadataHash: metadataHash(metadata),
  };
  return { terms, metadata };
}

/** Offers one listing; its device is registered already. */
async function offer(
  p: Place & { relays: readonly Address[] },
  hub: SeededHub,
  listing: SeedListing,
): Promise<SeededListing> {
  const { contracts } = p;
  const { listingId } = await createListing(walletOf(p.rpc, hub.seller), {
    contracts,
    hubId: hub.hubId,
    ...termsOf(listing, hub, p.relays, p.token),
  });
  return { ...listing, listingId, hub };
}

/** One more listing with a device of its own. */
export async function seedListing(
  p: Place & { relays: readonly Address[]; hub: SeededHub; listing: SeedListing },
): Promise<SeededListing> {
  const { contracts, hub, listing } = p;
  await registerDevice(walletOf(p.rpc, hub.seller), { contracts, hubId: hub.hubId, name: listing.device });
  return offer(p, hub, listing);
}

/** The whole seed. Hubs and listings come in a fixed order, so that their numbers are the same at every start. */
export async function seed(
  p: Place & { relays: readonly Address[]; listings?: readonly SeedListing[] },
): Promise<{ hubs: SeededHub[]; listings: SeededListing[] }> {
  const listings = p.listings ?? SEED_LISTINGS;
  const hubs: SeededHub[] = [];
  for (const number of [1, 2, 3] as const) hubs.push(await seedHub(p, number));
  const of = (seller: number) => listings.filter((listing) => listing.seller === seller);
  await Promise.all(
    hubs.map((hub, i) =>
      equipHub(
        p,
        hub,
        [...new Set(of(i + 1).map(({ device }) => device))], // listings may share one
      ),
    ),
  );
  const seeded: SeededListing[] = [];
  for (const listing of listings) seeded.push(await offer(p, hubs[listing.seller - 1]!, listing));
  return { hubs, listings: seeded };
}

/** A device's password from the gateway, ordered by the seller's signed message. */
export async function devicePassword(p: {
  gateway: { id: string; http: string };
  chainId: number;
  hub: Pick<SeededHub, "hubId" | "seller">;
  device: string;
}): Promise<{ user: string; password: string }> {
  const message = {
    hubId: p.hub.hubId,
    device: p.device,
    gatewayId: p.gateway.id,
    nonce: hex(randomBytes(32)) as Hex,
    deadline: Math.floor(Date.now() / 1000) + 600,
  };
  const signature = await p.hub.seller.account.signTypedData({
    domain: gatewayDomain(p.chainId),
    types: { DevicePassword: TYPES.DevicePassword },
    primaryType: "DevicePassword",
    message,
  });
  const { gatewayId, nonce, deadline } = message;
  const response = await fetch(`${p.gateway.http}/v1/devices/${p.hub.hubId}/${p.device}/password`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ gatewayId, nonce, deadline, signature }),
  });
  const answer = await response.json();
  if (!response.ok)
    throw new Error(`the gateway gives no password to ${p.device}: ${JSON.stringify(answer)}`);
  return answer as { user: string; password: string };
}
