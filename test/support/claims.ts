/**
 * What a frame of the wire protocols claims under a signature, and whether that signature holds: with the same functions that relay, gateway and
 * buyer check it. A frame that carries no claim moves neither data nor money.
 */
import {
  type Address,
  type Bytes,
  checkSegment,
  closeNoticeDigest,
  commandDigestOf,
  commandKeyMessage,
  connectMessage,
  type Delivery,
  HEADER_BYTES,
  type Hex,
  headMessage,
  hex,
  MAX_TICKS,
  type PublicKey,
  parseSegment,
  receiptDigest,
  type SignedTicks,
  sampleMessage,
  segmentMessage,
  sessionAckMessage,
  sessionDigest,
  type TickProof,
  tickVoucherDigest,
  verifyTick,
  voucherDigest,
} from "@weir/sdk/core";
import { nativeCrypto } from "@weir/sdk/native";
import type { Fields, Frame } from "@weir/sdk/wire";

/** Everything that signatures cover beside the frame itself: the stream, the grant, the session that the two sides know. */
export type Situation = {
  delivery: Delivery;
  signer: Address;
  publisher: PublicKey;
  relay: Address;
  relayPeer: Uint8Array;
  ownPeer: Uint8Array;
  relayNonce: Uint8Array;
  listingId: bigint;
  channelId: Hex;
  sessionDigest: Uint8Array;
  /** What an acceptance of the session says beside its signature, where one is looked for. */
  opened?: Pick<Fields<"OPENED">, "generation" | "fromSeq" | "baseAccrued">;
  /** What is left out here, where anything is. */
  gap?: Fields<"GAP">;
  /** Of the running chain of ticks, where there is one. */
  tip?: Hex;
  /** Whether a seal is the publisher's for the reader of this stream, where there is one. */
  opens?: (seal: Fields<"KEYS">["seal"]) => Promise<boolean>;
};

type SignedReceipt = { channelId: Hex; segmentId: Hex; cumulative: bigint; signature: Uint8Array };

/** `text` tells claims apart; `holds` is true when the one who may say so has signed it. */
export type Claim = { text: string; holds: () => Promise<boolean> };

/** Every claim of a frame that came on the stream of this situation. */
export function claimsOf(frame: Frame, at: Situation): Claim[] {
  const { delivery, relay, listingId } = at;
  const claim = (values: unknown[], holds: () => boolean | Promise<boolean>): Claim => ({
    text: JSON.stringify([frame.type, ...values], (_, value) =>
      typeof value === "bigint" ? String(value) : value instanceof Uint8Array ? hex(value) : value,
    ),
    holds: async () => holds(),
  });
  const bySigner = (digest: () => Bytes, signature: Uint8Array, ...values: unknown[]) =>
    claim(
      [...values, signature],
      () => nativeCrypto.recover(digest(), signature)?.toLowerCase() === at.signer.toLowerCase(),
    );
  const byPublisher = (message: () => Bytes, signature: Uint8Array, ...values: unknown[]) =>
    claim([...values, signature], () => nativeCrypto.es256Verify(at.publisher, message(), signature));
  const connect = (contract: Address, listing: bigint, paymentId: Hex, expiry: number) =>
    connectMessage({
      chainId: delivery.chainId,
      contract,
      relayPeer: at.relayPeer,
      ownPeer: at.ownPeer,
      relayNonce: at.relayNonce,
      listingId: listing,
      paymentId,
      expiry,
    });
  const voucher = (channelId: Hex, cumulative: bigint, signature: Uint8Array) =>
    bySigner(
      () => voucherDigest(delivery, { channelId, cumulative, relay }),
      signature,
      channelId,
      cumulative,
    );
  const receipt = ({ channelId, segmentId, cumulative, signature }: SignedReceipt) =>
    bySigner(
      () => receiptDigest(delivery, { channelId, segmentId, cumulative }),
      signature,
      channelId,
      segmentId,
      cumulative,
    );

  const chain = (channelId: Hex, { base, tip, tickValue, maxTicks, signature }: SignedTicks) =>
    bySigner(
      () => tickVoucherDigest(delivery, { channelId, base, tip, tickValue, maxTicks, relay }),
      signature,
      ...[channelId, base, tip, tickValue, maxTicks],
    );
  const tick = (
    channelId: Hex,
    tip: Hex | undefined,
    { ticks, preimage }: Pick<TickProof, "ticks" | "preimage">,
  ) =>
    claim(
      [channelId, tip, ticks, preimage],
      () =>
        tip !== undefined &&
        verifyTick(nativeCrypto, { channelId, tip, maxTicks: MAX_TICKS }, preimage, ticks),
    );

  /** Nobody's signature, and yet not the relay's to choose. */
  const said = <T extends object>(frame: T, honest: T) => {
    const names = Object.keys(honest) as (keyof T)[];
    return claim(
      names.map((name) => frame[name]),
      () => names.every((name) => frame[name] === honest[name]),
    );
  };

  switch (frame.type) {
    case "SEGMENT":
      return [
        claim([frame.bytes], async () => {
          const error = await attempt(async () =>
            checkSegment(nativeCrypto, delivery, parseSegment(frame.bytes), at.publisher),
          );
          return error === undefined;
        }),
      ];
    case "HEAD": {
      if (frame.head === null) return [];
      const header = frame.head.subarray(0, HEADER_BYTES);
      return [byPublisher(() => segmentMessage(delivery, header), frame.head.subarray(HEADER_BYTES), header)];
    }
    case "AUTH": {
      const { listingId: listing, expiry, signature } = frame;
      const zero: Hex = `0x${"00".repeat(32)}`;
      return [byPublisher(() => connect(delivery.hubs, listing, zero, expiry), signature, listing, expiry)];
    }
    case "SIGNED_HEAD": {
      const { generation, nextSeq, segmentId, atMs, signature } = frame;
      const said = { listingId, generation, nextSeq, segmentId, atMs };
      return [byPublisher(() => headMessage(delivery, said), signature, said)];
    }
    case "SAMPLE": {
      const { generation, fromSeq, keys, atMs, signature } = frame;
      const said = { listingId, generation, fromSeq, keys, atMs };
      return [byPublisher(() => sampleMessage(nativeCrypto, delivery, said), signature, said)];
    }
    case "OPEN": {
      const { listingId: listing, paymentId, expiry, signature, session, voucher: paid } = frame;
      return [
        bySigner(
          () => nativeCrypto.sha256(connect(delivery.grants, listing, paymentId, expiry)),
          signature,
          listing,
          paymentId,
          expiry,
        ),
        ...(session
          ? [
              bySigner(
                () => sessionDigest(delivery, { channelId: paymentId, relay, ...session }),
                session.signature,
                paymentId,
                session,
              ),
            ]
          : []),
        ...(paid ? [voucher(paymentId, paid.cumulative, paid.signature)] : []),
      ];
    }
    case "OPENED": {
      const { opened } = at;
      if (frame.sessionAck === null) return [];
      return [
        byPublisher(() => sessionAckMessage(at.sessionDigest), frame.sessionAck),
        ...(opened ? [said(frame, opened)] : []),
      ];
    }
    case "GAP":
      return at.gap ? [said(frame, at.gap)] : [];
    case "KEYS":
    case "KEY_REPLY": {
      const { seal } = frame;
      const { opens } = at;
      return seal && opens ? [claim([seal], () => opens(seal))] : [];
    }
    case "SESSION_ACK":
      return [byPublisher(() => sessionAckMessage(at.sessionDigest), frame.signature)];
    case "PAY":
      return [voucher(at.channelId, frame.cumulative, frame.signature)];
    case "VOUCHERS":
      return frame.items.map((item) => voucher(item.channelId, item.cumulative, item.signature));
    case "SESSION": {
      const {
        type: _,
        voucherSignature,
        cumulative,
        signature,
        grantId: _grant,
        transactionHash: _hash,
        ...session
      } = frame;
      return [
        bySigner(() => sessionDigest(delivery, session), signature, session),
        voucher(frame.channelId, cumulative, voucherSignature),
      ];
    }
    case "CLOSE":
    case "NOTICE": {
      const channelId = frame.type === "CLOSE" ? at.channelId : frame.channelId;
      const { epoch, deadline, signature } = frame;
      const notice = { channelId, epoch, deadline };
      return [bySigner(() => closeNoticeDigest(delivery, notice), signature, notice)];
    }
    case "TICK_CHAIN":
      return [chain(at.channelId, frame)];
    case "TICK":
      return [tick(at.channelId, at.tip, frame)];
    case "TICKS":
      return frame.items.flatMap((item) => [
        chain(item.channelId, item),
        tick(item.channelId, item.tip, item),
      ]);
    case "RECEIPT":
      return [receipt({ channelId: at.channelId, ...frame })];
    case "RECEIPTS":
      return frame.items.map(receipt);
    case "RECALLED":
      return frame.items.flatMap(({ channelId, cumulative, signature, ticks, receipt: received }) => [
        voucher(channelId, cumulative, signature),
        ...(ticks ? [chain(channelId, ticks), tick(channelId, ticks.tip, ticks)] : []),
        ...(received ? [receipt({ channelId, ...received })] : []),
      ]);
    case "COMMAND_KEY": {
      const { type: _, keyId: _key, signature, ...said } = frame;
      return [byPublisher(() => commandKeyMessage(delivery, said), signature, said)];
    }
    case "COMMAND": {
      const { type: _, requestId: _id, signature, enc, ct, ...said } = frame;
      const digest = () => commandDigestOf(nativeCrypto, delivery, said, { enc, ct });
      return [bySigner(digest, signature, said, enc, ct)];
    }
    default:
      return [];
  }
}

/** What `act` throws for a thing that is refused; anything that is no refusal is thrown on: it would be a crash. */
export async function attempt(act: () => unknown): Promise<Error | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (error instanceof Error && ["RefusedError", "SegmentError", "RangeError"].includes(kindOf(error)))
      return error;
    throw error;
  }
}

const kindOf = (error: Error): string => error.constructor.name;
