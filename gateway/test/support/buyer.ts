/** What a buyer signs and opens, one step at a time; everything can be falsified. */
import { x25519 } from "@noble/curves/ed25519.js";
import { buy } from "@weir/sdk/chain";
import {
  type Bytes,
  closeNoticeDigest,
  createUnsealer,
  type Delivery,
  deriveTerms,
  type Hex,
  hex,
  KeyRing,
  receiptDigest,
  type Seal,
  type Session,
  sessionDigest,
  type Terms,
  type Unsealer,
  voucherDigest,
} from "@weir/sdk/core";
import { nativeCrypto } from "@weir/sdk/native";
import type { Fields } from "@weir/sdk/wire";
import type { TestWallet } from "../../../test/support/chain.ts";
import { makePurchase, SIGNER, type TestListing } from "../../../test/support/market.ts";
import type { World } from "./world.ts";

/** A buyer has at most four grants of a listing: each purchase is another account's. */
const FIRST_ACCOUNT = 8;
const LAST_ACCOUNT = 19;
let account = FIRST_ACCOUNT;
const nextAccount = (): number => {
  if (account > LAST_ACCOUNT) account = FIRST_ACCOUNT;
  return account++;
};

export class Buyer {
  readonly wallet!: TestWallet;
  readonly world!: World;
  readonly listing!: TestListing;
  readonly terms!: Terms;
  readonly grantId!: Hex;
  readonly paymentId!: Hex;
  readonly hash!: Hex;
  readonly account!: Hex;
  readonly encryption!: { privateKey: Uint8Array; publicKey: Hex };
  readonly key!: Bytes;
  readonly ring = new KeyRing(nativeCrypto);

  private constructor(
    init: Pick<
      Buyer,
      "wallet" | "world" | "listing" | "terms" | "grantId" | "paymentId" | "hash" | "account" | "encryption"
    >,
  ) {
    Object.assign(this, init);
    Object.assign(this, { key: new Uint8Array(init.world.chain.accounts[SIGNER]!.getHdKey().privateKey!) });
  }

  static async buy(
    world: World,
    listing: TestListing,
    options: Parameters<typeof makePurchase>[2] = {},
  ): Promise<Buyer> {
    const privateKey = x25519.utils.randomSecretKey();
    const encryption = { privateKey, publicKey: hex(x25519.getPublicKey(privateKey)) };
    const wallet = world.chain.wallet(options.buyer ?? nextAccount());
    const purchase = {
      ...makePurchase(world.chain, listing, options),
      buyer: wallet.account.address,
      encryptionKey: encryption.publicKey,
    };
    const { grantId, paymentId, hash } = await buy(wallet, { contracts: world.chain.contracts, purchase });
    return new Buyer({
      wallet,
      world,
      listing,
      terms: deriveTerms(listing.terms, purchase),
      grantId,
      paymentId,
      hash,
      account: purchase.buyer,
      encryption,
    });
  }

  get delivery(): Delivery {
    const { contracts, chainId } = this.world.chain;
    return { chainId, hubs: contracts.Hubs, grants: contracts.Grants, channels: contracts.Channels };
  }

  voucher(
    cumulative: bigint,
    relay: Hex,
    key = this.key,
  ): { channelId: Hex; cumulative: bigint; signature: Bytes } {
    const channelId = this.paymentId;
    return {
      channelId,
      cumulative,
      signature: nativeCrypto.signSecp(key, voucherDigest(this.delivery, { channelId, cumulative, relay })),
    };
  }

  /** A SESSION as an honest relay forwards it; `more` overrides fields after or before signing. */
  session(
    p: {
      relay: Hex;
      sessionNo?: bigint;
      generation: number;
      fromSeq?: bigint;
      baseTotal?: bigint;
      expiry?: number;
      total: bigint;
    },
    falsified: Partial<Fields<"SESSION">> & { key?: Bytes; voucherRelay?: Hex } = {},
  ): Fields<"SESSION"> {
    const { key = this.key, voucherRelay = p.relay, ...after } = falsified;
    const session: Session = {
      channelId: this.paymentId,
      sessionNo: p.sessionNo ?? 1n,
      relay: p.relay,
      generation: p.generation,
      fromSeq: p.fromSeq ?? 0n,
      baseTotal: p.baseTotal ?? 0n,
      expiry: p.expiry ?? Math.floor(Date.now() / 1000) + 600,
    };
    const { cumulative, signature: voucherSignature } = this.voucher(p.total, voucherRelay, key);
    return {
      ...session,
      grantId: this.grantId,
      signature: nativeCrypto.signSecp(key, sessionDigest(this.delivery, session)),
      cumulative,
      voucherSignature,
      transactionHash: this.hash,
      ...after,
    };
  }

  receipt(segmentId: Hex, cumulative: bigint, key = this.key): Fields<"RECEIPTS">["items"][number] {
    const message = { channelId: this.paymentId, segmentId, cumulative };
    return { ...message, signature: nativeCrypto.signSecp(key, receiptDigest(this.delivery, message)) };
  }

  notice(epoch = 0, deadline = Math.floor(Date.now() / 1000) + 600, key = this.key): Fields<"NOTICE"> {
    const digest = closeNoticeDigest(this.delivery, { channelId: this.paymentId, epoch, deadline });
    return { channelId: this.paymentId, epoch, deadline, signature: nativeCrypto.signSecp(key, digest) };
  }

  /** Opens seals of one context into `ring`. */
  unsealer(generation: number, purpose: number, session?: Session): Unsealer {
    const sessionId = session ? sessionDigest(this.delivery, session).slice(0, 16) : new Uint8Array(16);
    return createUnsealer(nativeCrypto, {
      delivery: this.delivery,
      listingId: this.listing.listingId,
      generation,
      buyer: this.account,
      encryptionKey: this.encryption.publicKey,
      purpose,
      sessionId,
      privateKey: this.encryption.privateKey,
    });
  }

  async unseal(unsealer: Unsealer, seal: Fields<"RELEASE">["seal"]): Promise<void> {
    const keys = await unsealer.unseal(seal as Seal, this.world.secrets.publisherKey);
    this.ring.addCover(seal.epochFrom, seal.epochTo, keys);
  }
}
