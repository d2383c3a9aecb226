// The SDK hashes what the chain hashes: every vector that Solidity, viem and ethers agree on (test/vectors/eip712-channels.json).
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import {
  channelId,
  closeNoticeDigest,
  closeOfferDigest,
  hashTerms,
  hex,
  receiptDigest,
  relaysHash,
  sessionDigest,
  tickVoucherDigest,
  voucherDigest,
} from "../src/core/index.ts";

type Vector = {
  domain: number;
  primaryType: string;
  message: Record<string, string>;
  structHash: string;
  digest: string;
  channelId?: string;
};
const file = JSON.parse(
  readFileSync(new URL("../../test/vectors/eip712-channels.json", import.meta.url), "utf8"),
) as {
  types: Record<string, { name: string; type: string }[]>;
  domains: { chainId: string | number; verifyingContract: `0x${string}` }[];
  relays: { list: `0x${string}`[]; relaysHash: string }[];
  vectors: Vector[];
};

const DIGESTS: Record<string, (delivery: never, message: never) => Uint8Array> = {
  Voucher: voucherDigest,
  TickVoucher: tickVoucherDigest,
  CloseOffer: closeOfferDigest,
  CloseNotice: closeNoticeDigest,
  Session: sessionDigest,
  Receipt: receiptDigest,
};

/** Small integers are numbers in the SDK, wide ones bigints. */
const typed = ({ primaryType, message }: Vector): Record<string, unknown> =>
  Object.fromEntries(
    file.types[primaryType]!.map(({ name, type }) => {
      const bits = Number(/^uint(\d+)$/.exec(type)?.[1] ?? 0);
      const value = message[name]!;
      return [name, bits === 0 ? value : bits > 48 ? BigInt(value) : Number(value)];
    }),
  );

it.each(file.vectors.map((vector, i) => [i, vector.primaryType, vector] as const))(
  "vector %i: %s",
  (_, primaryType, vector) => {
    const { chainId, verifyingContract } = file.domains[vector.domain]!;
    const delivery = { chainId: Number(chainId), channels: verifyingContract };
    const message = typed(vector);
    if (primaryType === "Terms") {
      expect(hashTerms(message as never)).toBe(vector.structHash);
      if (vector.channelId !== undefined)
        expect(channelId(delivery, message as never)).toBe(vector.channelId);
      return;
    }
    expect(hex(DIGESTS[primaryType]!(delivery as never, message as never))).toBe(vector.digest);
  },
);

it.each(file.relays.map(({ list, relaysHash }) => [list.length, list, relaysHash] as const))(
  "%i relays",
  (_, list, expected) => {
    expect(relaysHash(list)).toBe(expected);
  },
);
