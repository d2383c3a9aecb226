/** What the relay reads of a grant: how it came to be, whose keys hold now, and whether the people behind the data consent. */
import {
  type Contracts,
  eventsOf,
  getGrant,
  getPurchase,
  getRotations,
  getRound,
  getRoundNumber,
} from "@weir/sdk/chain";
import type { Address, Hex } from "@weir/sdk/core";
import type { PublicClient } from "viem";

/** A grant with what only its events tell. */
export type Grant = {
  grantId: Hex;
  listingId: bigint;
  buyer: Address;
  /** Opens connections and signs sessions: the last one that the buyer named. */
  signer: Address;
  /** Signs vouchers, close notices and receipts: as the channel's terms say, for ever. */
  voucherSigner: Address;
  /** The last one that the buyer named: seals to another are of no use to him. */
  encryptionKey: Hex;
  paymentId: Hex;
  version: number;
  plan: number;
  kind: number;
  rights: number;
  notBefore: number;
  notAfter: number;
  revokedAt: number;
  /** Lives and dies with the consent of the listing's data subjects. */
  personal: boolean;
  /** Of the purchase or gift. */
  block: bigint;
};

/** Unix seconds from … to (exclusive) in which every data subject's consent stands; empty when one was withdrawn or is still asked. */
export type Consent = { from: number; to: number };

type Reader = { client: PublicClient; contracts: Contracts; fromBlock: bigint };

/** Solidity `GIVEN`. */
export const GIVEN_KIND = 255;

/** Undefined if there is none. */
export async function loadGrant(reader: Reader, grantId: Hex): Promise<Grant | undefined> {
  const { client, contracts } = reader;
  const state = await getGrant(client, { contracts, grantId });
  if (state.rights === 0) return undefined;
  const origin = state.kind === GIVEN_KIND ? await gift(reader, grantId) : await purchase(reader, grantId);
  if (!origin) return undefined;
  const { rights, kind, version, plan, notBefore, notAfter, revokedAt, personal, paymentId } = state;
  const { listingId, buyer, block } = origin;
  const rotations = await getRotations(client, { contracts, grantId, fromBlock: block });
  const { signer, encryptionKey } = rotations.at(-1) ?? origin;
  const now = { signer, encryptionKey, voucherSigner: origin.signer };
  const held = { rights, kind, version, plan, notBefore, notAfter, revokedAt, personal, paymentId };
  return { grantId, listingId, buyer, block, ...now, ...held };
}

const purchase = ({ client, contracts, fromBlock }: Reader, grantId: Hex) =>
  getPurchase(client, { contracts, grantId, fromBlock });

/** A gift has no session key of its own: the buyer's account signs. */
async function gift({ client, contracts, fromBlock }: Reader, grantId: Hex) {
  const query = { contracts, contract: "Grants", eventName: "GrantGiven", args: { grantId } } as const;
  const [event] = await eventsOf(client, { ...query, fromBlock });
  return event && { ...event.args, signer: event.args.buyer, block: event.blockNumber };
}

export async function loadConsent({ client, contracts }: Reader, listingId: bigint): Promise<Consent> {
  const round = await getRoundNumber(client, { contracts, listingId });
  if (round === 0) return { from: 0, to: 0 };
  const newest = await getRound(client, { contracts, listingId, round });
  const stands = newest.withdrawnAt === 0 && newest.given === newest.subjectCount;
  return stands ? { from: newest.notBefore, to: newest.notAfter } : { from: 0, to: 0 };
}
