// The chain as the money path sees it: channels' slots, and the rules of Channels.close. The contract itself is tested in test/contracts.
import {
  createPublicClient,
  createWalletClient,
  custom,
  decodeFunctionData,
  encodeAbiParameters,
  encodeEventTopics,
  encodeFunctionResult,
  toHex,
} from "viem";
import { hardhat } from "viem/chains";
import type { Purchased } from "../../../gateway/src/keys/account.ts";
import type { Purchases } from "../../../gateway/src/keys/purchases.ts";
import type { Admission, Grant } from "../../../relay/src/chain/admission.ts";
import type { ChannelState, Contracts, TickRow, WriteClient } from "../../../sdk/src/chain/index.ts";
import {
  type Address,
  type Bytes,
  concat,
  type Delivery,
  FOREVER,
  type Hex,
  type ListingTerms,
  type PublicKey,
  tickVoucherDigest,
  unhex,
  verifyTick,
  voucherDigest,
  ZERO_HASH,
} from "../../../sdk/src/core/index.ts";
import { channelsAbi } from "../../../sdk/src/generated/index.ts";
import { RefusedError } from "../../../sdk/src/wire/index.ts";
import { cheapCrypto } from "./primitives.ts";

type Slot = { claimed: bigint; deposit: bigint; closeAt: number; epoch: number };
/** A purchase and the secret behind its signer. */
export type Bought = { grant: Grant; purchased: Purchased; secret: Bytes; slot: Slot };

export class Chain {
  readonly delivery: Delivery;
  readonly listing: { listingId: bigint; hubId: bigint; terms: ListingTerms };
  readonly publisherKey: PublicKey;
  readonly bought = new Map<Hex, Bought>();
  /** What every close captured. */
  readonly closes: { channelId: Hex; capture: bigint }[] = [];
  readonly #listeners = new Set<Parameters<Admission["watch"]>[0]>();
  readonly #receipts = new Map<Hex, unknown>();
  #mined = 0;

  constructor(delivery: Delivery, listing: Chain["listing"], publisherKey: PublicKey) {
    this.delivery = delivery;
    this.listing = listing;
    this.publisherKey = publisherKey;
  }

  buy(purchased: Purchased, secret: Bytes, deposit: bigint): Bought {
    const { grantId, channelId, listingId, planIndex, plan, terms, encryptionKey, version } = purchased;
    const grant: Grant = {
      grantId,
      listingId,
      buyer: terms.payer,
      signer: terms.signer,
      encryptionKey,
      paymentId: channelId,
      version,
      plan: planIndex,
      kind: plan.kind,
      rights: plan.rights,
      notBefore: 0,
      notAfter: FOREVER,
      revokedAt: 0,
      voucherSigner: terms.signer,
      personal: false,
      block: 1n,
    };
    const bought = { grant, purchased, secret, slot: { claimed: 0n, deposit, closeAt: 0, epoch: 0 } };
    this.bought.set(channelId, bought);
    return bought;
  }

  slot(channelId: Hex): ChannelState {
    return { ...this.bought.get(channelId)!.slot } as ChannelState;
  }

  topUp(channelId: Hex, amount: bigint): void {
    this.bought.get(channelId)!.slot.deposit += amount;
    this.#changed();
  }

  #changed(): void {
    const none = new Set<never>();
    for (const listener of this.#listeners)
      listener({ all: true, grants: none, payments: none, listings: none, hubs: none, consents: none });
  }

  /** What a relay reads. */
  admission(): Admission {
    const { listing } = this;
    const byGrant = (grantId: Hex) =>
      [...this.bought.values()].find(({ grant }) => grant.grantId === grantId);
    return {
      start: async () => undefined,
      stop: async () => undefined,
      ping: async () => undefined,
      now: () => Math.floor(Date.now() / 1000),
      blockTime: () => Math.floor(Date.now() / 1000),
      listing: async () => ({ ...listing, version: 1, revisedAt: 0, bond: 0n }),
      terms: async () => listing.terms,
      publisherKey: async () => this.publisherKey,
      gatewayKey: async () => this.publisherKey,
      async grant(grantId) {
        const found = byGrant(grantId);
        if (!found) throw new RefusedError("NoGrant", "there is no such grant");
        return found.grant;
      },
      channel: async (channelId) => this.slot(channelId),
      payment: async ({ paymentId }) => ({
        channel: this.slot(paymentId),
        subscription: null,
        consent: null,
      }),
      requireConfirmed: async () => undefined,
      watch: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
      admitted: (act) => act(),
      recheck: (_, look) => void look(),
    };
  }

  /** What a gateway reads. */
  purchases(): Purchases {
    const of = (grantId: Hex): Bought => {
      const found = [...this.bought.values()].find(({ grant }) => grant.grantId === grantId);
      if (!found) throw new RefusedError("NoGrant", "there is no such grant");
      return found;
    };
    return {
      keysOf: (_grantId, { encryptionKey, signer }) => ({ encryptionKey, signer }),
      caughtUp: async () => undefined,
      unseenBlock: async () => undefined,
      acquired: () => Promise.reject(new Error("metered purchases only")),
      metered: async (grantId) => of(grantId).purchased,
      async requireActive(grantId) {
        const { grant, slot } = of(grantId);
        if (slot.closeAt !== 0) throw new RefusedError("Closing", "the channel is closing");
        if (slot.deposit <= slot.claimed) throw new RefusedError("OutOfMoney", "the channel is empty");
        return { grant: grant as never, channel: { ...slot } as ChannelState, subscription: undefined };
      },
      channel: async (channelId) => this.slot(channelId),
    };
  }

  /** A client of the gateway's operator: reads slots and sends closes. */
  client(operator: Address): { reads: ReturnType<typeof createPublicClient>; writes: WriteClient } {
    const transport = custom({
      request: async ({ method, params }: { method: string; params?: [{ data: Hex } | Hex] }) =>
        this.#answer(method, params?.[0]),
    });
    const client = { chain: hardhat, transport, pollingInterval: 1, cacheTime: 0 } as const;
    return {
      reads: createPublicClient(client),
      writes: createWalletClient({ ...client, account: operator }) as unknown as WriteClient,
    };
  }

  #answer(method: string, first: { data: Hex } | Hex | undefined): unknown {
    if (method === "eth_chainId") return toHex(hardhat.id);
    if (method === "eth_estimateGas") return toHex(100_000);
    if (method === "eth_blockNumber") return toHex(1);
    if (method === "eth_getTransactionReceipt") return this.#receipts.get(first as Hex) ?? null;
    if (method === "eth_getTransactionByHash") return null;
    const { functionName, args } = decodeFunctionData({
      abi: channelsAbi,
      data: (first as { data: Hex }).data,
    });
    if (functionName === "channels")
      return encodeFunctionResult({ abi: channelsAbi, functionName, result: this.slot(args[0]) });
    if (functionName === "claimTicks") {
      const paid = this.#claimTicks(args, method === "eth_sendTransaction");
      if (method === "eth_call")
        return encodeFunctionResult({ abi: channelsAbi, functionName, result: paid });
      return this.#hash();
    }
    if (functionName !== "close") throw new Error(`${functionName} is not a call of the money path`);
    const refund = this.#close(args, method === "eth_sendTransaction");
    if (method === "eth_call")
      return encodeFunctionResult({ abi: channelsAbi, functionName, result: refund });
    return this.#hash();
  }

  /** Of the transaction that was mined last. */
  #hash = (): Hex => toHex(this.#mined, { size: 32 });

  /** Channels.claimTicks, for the channel of this signer. */
  #claimTicks([, row, ticks]: readonly [unknown, TickRow, number, Address], lasting: boolean): bigint {
    const bought = [...this.bought.values()].find(
      ({ purchased }) => purchased.terms.signer === row.signer.toLowerCase(),
    )!;
    const { slot, purchased } = bought;
    const { channelId } = purchased;
    const { r, vs, preimage, tip, base, tickValue, maxTicks, relay } = row;
    const signature = concat(unhex(r), unhex(vs));
    const voucher = { channelId, base, tip, tickValue, maxTicks, relay: relay.toLowerCase() as Address };
    if (cheapCrypto.recover(tickVoucherDigest(this.delivery, voucher), signature) !== purchased.terms.signer)
      throw new Error("WrongSignature");
    if (!verifyTick(cheapCrypto, voucher, unhex(preimage), ticks)) throw new Error("TickMismatch");
    const made = base + BigInt(ticks) * tickValue;
    const total = made < slot.deposit ? made : slot.deposit;
    if (total <= slot.claimed) throw new Error("NothingToClaim");
    if (!lasting) return total - slot.claimed;
    slot.claimed = total;
    this.#mine("ChannelClaimed", channelId, encodeAbiParameters([{ type: "uint96" }], [total]));
    return total;
  }

  #mine(eventName: "ChannelClosed" | "ChannelClaimed", channelId: Hex, data: Hex): void {
    this.#mined += 1;
    const hash = this.#hash();
    const log = {
      address: this.delivery.channels,
      topics: encodeEventTopics({ abi: channelsAbi, eventName, args: { channelId } }),
      ...{ data, blockNumber: toHex(1), transactionHash: hash, transactionIndex: toHex(0) },
      ...{ blockHash: ZERO_HASH, logIndex: toHex(0), removed: false },
    };
    this.#receipts.set(hash, {
      ...{ transactionHash: hash, blockHash: ZERO_HASH, blockNumber: toHex(1), transactionIndex: toHex(0) },
      ...{ status: "0x1", type: "0x2", gasUsed: toHex(1), cumulativeGasUsed: toHex(1), logs: [log] },
      ...{ from: this.delivery.channels, to: this.delivery.channels, contractAddress: null, logsBloom: "0x" },
    });
  }

  /** Channels.close: at most the voucher, never below what is claimed, never above the deposit. */
  #close(
    [, , voucher, signature, capture]: readonly [
      unknown,
      unknown,
      { channelId: Hex; cumulative: bigint; relay: Address },
      Hex,
      bigint,
    ],
    lasting: boolean,
  ): bigint {
    const { channelId } = voucher;
    const bought = this.bought.get(channelId)!;
    const { slot, purchased } = bought;
    if (capture > slot.claimed) {
      const signer = cheapCrypto.recover(voucherDigest(this.delivery, voucher), unhex(signature));
      if (signer !== purchased.terms.signer) throw new Error("WrongSignature");
      if (capture > voucher.cumulative) throw new Error("CaptureAboveVoucher");
    }
    const kept = capture < slot.claimed ? slot.claimed : capture > slot.deposit ? slot.deposit : capture;
    const refund = slot.deposit - kept;
    if (!lasting) return refund;
    Object.assign(slot, { claimed: kept, deposit: kept, closeAt: 0, epoch: slot.epoch + 1 });
    this.closes.push({ channelId, capture: kept });
    const data = encodeAbiParameters(
      [{ type: "uint96" }, { type: "uint96" }, { type: "uint24" }],
      [kept, refund, slot.epoch],
    );
    this.#mine("ChannelClosed", channelId, data);
    this.#changed();
    return refund;
  }
}

/** The addresses that the sdk's actions look at. */
export const contractsOf = (delivery: Delivery): Contracts =>
  ({ Hubs: delivery.hubs, Grants: delivery.grants, Channels: delivery.channels }) as unknown as Contracts;
