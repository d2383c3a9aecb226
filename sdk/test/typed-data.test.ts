// The SDK hashes what the chain hashes: every vector that Solidity, viem and ethers agree on (test/vectors/eip712-*.json).
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import {
  cancelNoticeDigest,
  channelId,
  closeNoticeDigest,
  closeOfferDigest,
  hashSubscriptionTerms,
  hashTerms,
  hex,
  receiptDigest,
  relaysHash,
  sessionDigest,
  subscriptionFundNonce,
  subscriptionId,
  tickVoucherDigest,
  voucherDigest,
} from "../src/core/index.ts";
import { nativeCrypto } from "../src/core/native.ts";
import type { Keccak } from "../src/core/struct-hash.ts";

type Vector = {
  domain: number;
  primaryType: string;
  message: Record<string, string>;
  structHash: string;
  digest: string;
  channelId?: string;
  subscriptionId?: string;
};
type File = {
  types: Record<string, { name: string; type: string }[]>;
  domains: { chainId: string | number; verifyingContract: `0x${string}` }[];
  relays: { list: `0x${string}`[]; relaysHash: string }[];
  vectors: Vector[];
  fundNonces?: { message: Record<string, string>; nonce: string }[];
};

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../test/vectors/${name}`, import.meta.url), "utf8")) as File;
const files = [read("eip712-channels.json"), read("eip712-subscriptions.json")];

const DIGESTS: Record<string, (delivery: never, message: never, keccak?: Keccak) => Uint8Array> = {
  Voucher: voucherDigest,
  TickVoucher: tickVoucherDigest,
  CloseOffer: closeOfferDigest,
  CloseNotice: closeNoticeDigest,
  Session: sessionDigest,
  Receipt: receiptDigest,
  CancelNotice: cancelNoticeDigest,
};

/** Hash and id of terms, by type. */
const TERMS: Record<string, [hash: (terms: never) => string, id: (delivery: never, terms: never) => string]> =
  {
    Terms: [hashTerms, channelId],
    SubscriptionTerms: [hashSubscriptionTerms, subscriptionId],
  };

/** Small integers are numbers in the SDK, wide ones bigints. */
const typed = (file: File, { primaryType, message }: Vector): Record<string, unknown> =>
  Object.fromEntries(
    file.types[primaryType]!.map(({ name, type }) => {
      const bits = Number(/^uint(\d+)$/.exec(type)?.[1] ?? 0);
      const value = message[name]!;
      return [name, bits === 0 ? value : bits > 48 ? BigInt(value) : Number(value)];
    }),
  );

const vectors = files.flatMap((file) => file.vectors.map((vector) => ({ file, vector })));

it.each(vectors.map((entry, i) => [i, entry.vector.primaryType, entry] as const))(
  "vector %i: %s",
  (_, primaryType, { file, vector }) => {
    const { chainId, verifyingContract } = file.domains[vector.domain]!;
    const delivery = {
      chainId: Number(chainId),
      channels: verifyingContract,
      subscriptions: verifyingContract,
    };
    const message = typed(file, vector);
    const terms = TERMS[primaryType];
    if (terms) {
      const [hash, idOf] = terms;
      expect(hash(message as never)).toBe(vector.structHash);
      const id = vector.channelId ?? vector.subscriptionId;
      if (id !== undefined) expect(idOf(delivery as never, message as never)).toBe(id);
      return;
    }
    const digest = DIGESTS[primaryType]!;
    expect(hex(digest(delivery as never, message as never))).toBe(vector.digest);
    expect(hex(digest(delivery as never, message as never, nativeCrypto.keccak256))).toBe(vector.digest);
  },
);

it.each(files[1]!.fundNonces!)("nonce of a signed funding, $nonce", ({ message, nonce }) => {
  const { subscriptionId, amount, stop, fundSalt } = message as Record<string, `0x${string}`>;
  expect(subscriptionFundNonce(subscriptionId!, BigInt(amount!), Number(stop), fundSalt!)).toBe(nonce);
});

it.each(
  files.flatMap((file) =>
    file.relays.map(({ list, relaysHash }) => [list.length, list, relaysHash] as const),
  ),
)("%i relays", (_, list, expected) => {
  expect(relaysHash(list)).toBe(expected);
});
