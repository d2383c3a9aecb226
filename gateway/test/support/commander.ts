/** A buyer's commands as frames, and a device that carries them out; everything can be falsified. */
import { randomBytes } from "node:crypto";
import { x25519 } from "@noble/curves/ed25519.js";
import { giveGrant } from "@weir/sdk/chain";
import {
  type Bytes,
  commandDigestOf,
  commandSessionId,
  createUnsealer,
  type Delivery,
  decodeResult,
  FOREVER,
  type Hex,
  hex,
  type Seal,
  SealPurpose,
  sealCommand,
  utf8,
} from "@weir/sdk/core";
import { nativeCrypto } from "@weir/sdk/native";
import type { Fields, FrameOf } from "@weir/sdk/wire";
import mqtt, { type MqttClient } from "mqtt";
import { expect } from "vitest";
import { SELLER, SIGNER } from "../../../test/support/market.ts";
import type { Inbox } from "./relay.ts";
import type { Login, World } from "./world.ts";

export type Holder = {
  listingId: bigint;
  grantId: Hex;
  buyer: Hex;
  signerKey: Uint8Array;
  encryption: { privateKey: Uint8Array; publicKey: Hex };
};

/** The private key of a test account. */
export const keyOf = (world: World, account = SIGNER): Uint8Array =>
  new Uint8Array(world.chain.accounts[account]!.getHdKey().privateKey!);

/** The chain's clock may be a second ahead of ours, and a grant begins by the chain's. */
export async function untilChainTime({ chain }: World): Promise<void> {
  const { timestamp } = await chain.client.getBlock();
  await expect.poll(() => Date.now() / 1000, { timeout: 20_000 }).toBeGreaterThanOrEqual(Number(timestamp));
}

/** A gift of rights in a window, from now on unless told otherwise; its buyer's account signs. */
export async function giftOf(
  world: World,
  listingId: bigint,
  { rights, account, notBefore = 0, notAfter = FOREVER }: GiftParameters,
): Promise<Holder> {
  const privateKey = x25519.utils.randomSecretKey();
  const encryption = { privateKey, publicKey: hex(x25519.getPublicKey(privateKey)) };
  const buyer = world.chain.accounts[account]!.address;
  const { grantId } = await giveGrant(world.chain.wallet(SELLER), {
    contracts: world.chain.contracts,
    listingId,
    buyer,
    rights,
    notBefore,
    notAfter,
    nonce: hex(randomBytes(32)),
    encryptionKey: encryption.publicKey,
  });
  await untilChainTime(world);
  return { listingId, grantId, buyer, signerKey: keyOf(world, account), encryption };
}

type GiftParameters = {
  rights: number;
  /** Number of the test account that it is for. */
  account: number;
  notBefore?: number;
  notAfter?: number;
};

export const deliveryOf = ({ chain }: World): Delivery => ({
  chainId: chain.chainId,
  hubs: chain.contracts.Hubs,
  grants: chain.contracts.Grants,
  channels: chain.contracts.Channels,
});

let last = BigInt(Date.now());

type Falsified = Partial<Fields<"COMMAND">> & {
  /** Signed by this key. */
  signerKey?: Uint8Array;
  /** What is inside. */
  device?: string;
  payload?: string | Uint8Array;
  /** Sealed for another context than the one that is signed. */
  sealedFor?: Partial<Fields<"COMMAND">>;
  /** Changed after signing. */
  after?: Partial<Fields<"COMMAND">>;
};

export class Commander {
  readonly world: World;
  readonly holder: Holder;
  /** The key that the gateway announced. */
  readonly key: Fields<"COMMAND_KEY">;

  constructor(world: World, holder: Holder, key: Fields<"COMMAND_KEY">) {
    this.world = world;
    this.holder = holder;
    this.key = key;
  }

  async frame(falsified: Falsified = {}): Promise<Fields<"COMMAND">> {
    const {
      signerKey = this.holder.signerKey,
      device = "valve",
      payload = '{"open":true}',
      sealedFor = {},
      after = {},
      ...before
    } = falsified;
    const delivery = deliveryOf(this.world);
    const context = {
      listingId: this.holder.listingId,
      grantId: this.holder.grantId,
      generation: this.key.generation,
      counter: ++last,
      expiry: Math.floor(Date.now() / 1000) + 25,
      ...before,
    };
    const sealed = await sealCommand(delivery, { ...context, ...sealedFor }, this.key.key, {
      device,
      payload: typeof payload === "string" ? utf8(payload) : payload,
    });
    const { enc = sealed.enc, ct = sealed.ct } = before;
    const digest = commandDigestOf(nativeCrypto, delivery, context, { enc, ct });
    const signature = nativeCrypto.signSecp(signerKey, digest);
    return { requestId: Number(context.counter % 1_000_000n), ...context, enc, ct, signature, ...after };
  }

  async send(inbox: Inbox, frame: Fields<"COMMAND">): Promise<FrameOf<"COMMAND_RESULT">> {
    inbox.frames.send("COMMAND", frame);
    return inbox.next("COMMAND_RESULT", ({ requestId }) => requestId === frame.requestId);
  }

  /** The name of the refusal, or what the device said. */
  async outcome(inbox: Inbox, frame: Fields<"COMMAND">): Promise<string> {
    const { seal, error } = await this.send(inbox, frame);
    if (error) return error.name;
    const { outcome, payload } = await this.open(frame, seal as Seal);
    return `${outcome} ${Buffer.from(payload).toString()}`.trim();
  }

  async open(frame: Fields<"COMMAND">, seal: Seal): Promise<ReturnType<typeof decodeResult>> {
    const delivery = deliveryOf(this.world);
    const unsealer = createUnsealer(nativeCrypto, {
      delivery,
      listingId: frame.listingId,
      generation: frame.generation,
      buyer: this.holder.buyer,
      encryptionKey: this.holder.encryption.publicKey,
      purpose: SealPurpose.command,
      sessionId: commandSessionId(frame.counter),
      privateKey: this.holder.encryption.privateKey,
    });
    const plain = await unsealer.unseal(seal, this.world.secrets.publisherKey);
    return decodeResult(plain, commandDigestOf(nativeCrypto, delivery, frame, frame));
  }
}

export type Heard = {
  id: string;
  answer: string;
  expires: number;
  payload?: unknown;
  payloadBase64?: string;
};

/** A device that listens to its commands and answers each with what `reply` says; undefined = it says nothing. */
export class Actuator {
  readonly client: MqttClient;
  readonly heard: Heard[] = [];
  /** Payloads of `<device>/demand` in order, retained ones marked. */
  readonly demand: string[] = [];
  reply: (command: Heard) => string | Uint8Array | undefined = () => '"done"';

  private constructor(client: MqttClient) {
    this.client = client;
  }

  static async connect(url: string, login: Login, options: mqtt.IClientOptions = {}): Promise<Actuator> {
    const client = await mqtt.connectAsync(url, {
      protocolVersion: 4,
      username: login.user,
      password: login.password,
      reconnectPeriod: 0,
      ...options,
    });
    client.on("error", () => undefined); // a gateway that is killed is part of the test
    const device = login.user.split("/")[1]!;
    const actuator = new Actuator(client);
    client.on("message", (topic, payload, { retain }) => {
      if (topic === `${device}/demand`) actuator.demand.push(`${payload}${retain ? " retained" : ""}`);
      if (topic !== `${device}/command`) return;
      const command = JSON.parse(payload.toString()) as Heard;
      actuator.heard.push(command);
      const said = actuator.reply(command);
      if (said !== undefined)
        client.publish(command.answer, typeof said === "string" ? said : Buffer.from(said), { qos: 1 });
    });
    await client.subscribeAsync([`${device}/command`, `${device}/demand`], { qos: 1 });
    return actuator;
  }

  stop = (): Promise<void> => this.client.endAsync(true);
}

export const textOf = (bytes: Bytes): string => Buffer.from(bytes).toString();
export const idOf = (world: World, frame: Fields<"COMMAND">): string =>
  hex(commandDigestOf(nativeCrypto, deliveryOf(world), frame, frame)).slice(2, 34);
