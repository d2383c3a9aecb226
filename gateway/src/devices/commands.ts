// Commands of grants with WRITE, from a relay to a device: opened, judged by the chain as it is now, its number on disk, then handed over
// at most once. What the device answers goes back sealed to the grant's key.
// Longer than its neighbours because the order of these steps is the promise: each is here, in its place.
import {
  COMMAND_OUTCOMES,
  type Command,
  CommandError,
  type CommandOutcome,
  type Crypto,
  commandDigestOf,
  commandKeyMessage,
  commandSessionId,
  createSealer,
  type Delivery,
  deriveCommandKey,
  encodeResult,
  type Hex,
  hex,
  MAX_COMMAND_SECONDS,
  MAX_RESULT_BYTES,
  MAX_SEALED_COMMAND_BYTES,
  openCommand,
  Rights,
  type Seal,
  SealError,
  SealPurpose,
} from "@weir/sdk/core";
import { type Fields, type FrameStream, RefusedError } from "@weir/sdk/wire";
import type { Logger } from "pino";
import type { Database } from "../database.ts";
import type { Directory } from "../directory.ts";
import { feedsDevice } from "../feed.ts";
import type { Speaker } from "../ingest/authorize.ts";
import { createRate, type Rate } from "../ingest/rate.ts";
import { listingOf, type Purchases } from "../keys/purchases.ts";
import {
  ANSWER_TIMEOUT_MS,
  COMMANDS_BURST,
  COMMANDS_PER_MINUTE,
  MAX_COMMAND_RATES,
  MAX_COMMANDS_PER_DEVICE,
  MAX_PENDING_COMMANDS,
} from "../limits.ts";
import type { Identity } from "../link.ts";
import type { Metrics } from "../metrics.ts";
import type { HubKeys, Pipeline } from "../seal/pipeline.ts";
import { messageFor } from "./envelope.ts";

export type Commands = {
  /** Serves one relay connection of one listing until it ends. */
  attend(link: { frames: FrameStream; pipeline: Pipeline; hub: HubKeys; identity: Identity }): Promise<void>;
  /** A device answers. What nobody waits for is dropped. */
  answer(speaker: Speaker, id: string, payload: Uint8Array): void;
  /** A new generation has another key: relays are told. */
  announce(listingId: bigint): void;
};

type Link = Parameters<Commands["attend"]>[0];
type Request = Fields<"COMMAND">;
type Outlet = {
  listens(hubId: bigint, device: string): boolean;
  command(hubId: bigint, device: string, payload: Uint8Array): Promise<void> | undefined;
};
type Waiting = { user: string; resolve: (payload: Uint8Array | undefined) => void };

const NOTHING = new Uint8Array(0);
const away = (): RefusedError =>
  new RefusedError("DeviceAway", "the device does not listen to its commands now: nothing was handed over");

export function createCommands(init: {
  db: Database;
  directory: Directory;
  purchases: Purchases;
  /** The broker, once there is one. */
  outlet: () => Outlet | undefined;
  crypto: Crypto;
  delivery: Delivery;
  metrics: Metrics;
  log: Logger;
}): Commands {
  const { db, directory, purchases, outlet, crypto, delivery, metrics, log } = init;
  const rates = new Map<Hex, Rate>();
  const links = new Set<Link>();
  /** By command id. */
  const waiting = new Map<string, Waiting>();

  function limit(grantId: Hex): void {
    let rate = rates.get(grantId);
    if (!rate) {
      if (rates.size >= MAX_COMMAND_RATES) rates.clear();
      rate = createRate(COMMANDS_PER_MINUTE / 60, COMMANDS_BURST);
      rates.set(grantId, rate);
    }
    if (!rate.tryTake(1))
      throw new RefusedError("Limit", `a grant sends ${COMMANDS_PER_MINUTE} commands a minute`, {
        limit: "commands",
      });
  }

  // ---- judging

  const keyOf = ({ pipeline, hub }: Link, generation = pipeline.generation) =>
    deriveCommandKey(hub.masterSeed, delivery, { listingId: pipeline.listingId, generation });

  function checkClock({ expiry }: Request): void {
    const now = Math.floor(Date.now() / 1000);
    if (expiry <= now || expiry > now + MAX_COMMAND_SECONDS)
      throw new RefusedError(
        "Expired",
        `a command ends within ${MAX_COMMAND_SECONDS} s; this one at ${expiry}, now is ${now}`,
      );
  }

  const highest = (grantId: Hex): bigint =>
    BigInt(
      db.get<{ counter: string }>("SELECT counter FROM commands WHERE grantId = ?", grantId)?.counter ?? -1,
    );

  function checkCounter({ grantId, counter }: Request): void {
    const last = highest(grantId);
    if (counter <= last)
      throw new RefusedError("Replayed", `the grant's last command has number ${last}, this one ${counter}`);
  }

  /** From cheap to dear: what a stranger made up costs no chain read. Nothing is stored here. */
  async function judge(link: Link, request: Request): Promise<{ digest: Uint8Array; command: Command }> {
    const { pipeline } = link;
    const { grantId } = request;
    if (request.ct.length > MAX_SEALED_COMMAND_BYTES)
      throw new RefusedError("TooLarge", `a sealed command has at most ${MAX_SEALED_COMMAND_BYTES} bytes`);
    checkClock(request);
    if (request.listingId !== pipeline.listingId)
      throw new RefusedError("UnknownListing", "this connection is for another listing");
    if (request.generation !== pipeline.generation)
      throw new RefusedError("StaleGeneration", `commands are sealed for generation ${pipeline.generation}`);
    const acquired = await purchases.acquired(grantId, null);
    if (acquired.listingId !== pipeline.listingId)
      throw new RefusedError("NoGrant", "the grant is for another listing");
    const digest = commandDigestOf(crypto, delivery, request, request);
    if (
      crypto.recover(digest, request.signature)?.toLowerCase() !==
      purchases.keysOf(grantId, acquired).signer.toLowerCase()
    )
      throw new RefusedError("BadSignature", "the command is not signed by the grant's signer");
    limit(grantId);
    checkCounter(request);
    await purchases.requireActive(grantId, { right: Rights.write });
    const { privateKey } = keyOf(link, request.generation);
    return { digest, command: await unseal(request, privateKey) };
  }

  async function unseal(request: Request, privateKey: Uint8Array): Promise<Command> {
    try {
      return await openCommand(delivery, request, privateKey, request);
    } catch (error) {
      if (error instanceof CommandError) throw new RefusedError("BadFrame", error.message);
      throw error;
    }
  }

  /** The device is the listing's: of its hub, registered now, and one of those that feed it. @throws RefusedError */
  function checkDevice(link: Link, device: string): bigint {
    const { hubId, newest } = listingOf(directory, link.pipeline.listingId);
    if (!directory.deviceActive(hubId, device) || !feedsDevice(newest.feed, device))
      throw new RefusedError("UnknownDevice", "the listing has no such device");
    const user = `${hubId}/${device}`;
    if ([...waiting.values()].filter((other) => other.user === user).length >= MAX_COMMANDS_PER_DEVICE)
      throw new RefusedError("Limit", `a device has at most ${MAX_COMMANDS_PER_DEVICE} open commands`, {
        limit: "commands of a device",
      });
    if (!outlet()?.listens(hubId, device)) throw away();
    return hubId;
  }

  // ---- handing over

  async function carryOut(link: Link, request: Request): Promise<Seal> {
    const { digest, command } = await judge(link, request);
    const { device } = command;
    const hubId = checkDevice(link, device);
    const { grantId, counter } = request;
    // On disk before the device hears of it: whatever happens from here on, this number is never handed over again.
    await db.commit(() => {
      checkClock(request);
      checkCounter(request);
      db.run("INSERT OR REPLACE INTO commands (grantId, counter) VALUES (?, ?)", grantId, String(counter));
    });
    const id = hex(digest).slice(2, 34);
    const handed = outlet()?.command(hubId, device, messageFor(id, request.expiry, command));
    if (!handed) throw away();
    metrics.count("commands");
    const payload = await answerTo(id, `${hubId}/${device}`);
    return sealResult(link, request, digest, payload);
  }

  /** What the device says to it in time. */
  async function answerTo(id: string, user: string): Promise<Uint8Array | undefined> {
    const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
    const late = setTimeout(() => resolve(undefined), ANSWER_TIMEOUT_MS);
    waiting.set(id, { user, resolve });
    try {
      return await promise;
    } finally {
      clearTimeout(late);
      waiting.delete(id);
    }
  }

  async function sealResult(
    { pipeline, identity }: Link,
    { generation, grantId, counter }: Request,
    digest: Uint8Array,
    said: Uint8Array | undefined,
  ): Promise<Seal> {
    const [answered, unanswered, oversized] = COMMAND_OUTCOMES;
    let outcome: CommandOutcome = answered;
    if (said === undefined) outcome = unanswered;
    else if (said.length > MAX_RESULT_BYTES) outcome = oversized;
    const payload = outcome === answered ? new Uint8Array(said!) : NOTHING;
    const acquired = await purchases.acquired(grantId, null);
    const { encryptionKey } = purchases.keysOf(grantId, acquired);
    const sealer = await createSealer(crypto, {
      delivery,
      listingId: pipeline.listingId,
      generation,
      buyer: acquired.buyer,
      encryptionKey,
      purpose: SealPurpose.command,
      sessionId: commandSessionId(counter),
      publisherKeyId: identity.keyId,
      publisherPrivateKey: identity.publisherPrivateKey,
    });
    return sealer.seal(0, 0, encodeResult(digest, { outcome, payload }));
  }

  // ---- one connection

  function sayKey(link: Link): void {
    const { frames, pipeline, identity } = link;
    const { listingId, generation } = pipeline;
    const { key } = keyOf(link);
    const message = commandKeyMessage(delivery, { listingId, generation, key });
    const signature = crypto.es256Sign(identity.publisherPrivateKey, message);
    frames.send("COMMAND_KEY", { listingId, generation, key, keyId: identity.keyId, signature });
  }

  function refusalOf(error: unknown): RefusedError {
    if (error instanceof RefusedError) return error;
    if (error instanceof SealError)
      return new RefusedError("NoGrant", `nothing can be sealed to this grant: ${error.message}`);
    const { name, message } = error as Error;
    log.error({ event: "command", reason: name }, message);
    return new RefusedError("NoAnswer", "the gateway failed; the command may have been handed over");
  }

  return {
    async attend(link) {
      const { frames } = link;
      let pending = 0;
      const reply = async (request: Request): Promise<void> => {
        const { requestId } = request;
        pending += 1;
        try {
          if (pending > MAX_PENDING_COMMANDS)
            throw new RefusedError("Limit", "too many commands are open", { limit: "pending commands" });
          const seal = await carryOut(link, request);
          frames.send("COMMAND_RESULT", { requestId, seal, error: null });
        } catch (error) {
          const { name, message } = refusalOf(error);
          metrics.count("refused_commands", { reason: name });
          frames.send("COMMAND_RESULT", { requestId, seal: null, error: { name, message } });
        } finally {
          pending -= 1;
        }
      };
      links.add(link);
      try {
        sayKey(link);
        for (;;) {
          const frame = await frames.read();
          if (frame === null) return;
          if (frame.type === "REFUSED") throw new RefusedError("Superseded", frame.message);
          if (frame.type !== "COMMAND")
            throw new RefusedError("BadFrame", `${frame.type} came in place of COMMAND`);
          void reply(frame);
        }
      } finally {
        links.delete(link);
      }
    },
    answer({ hubId, device }, id, payload) {
      const found = waiting.get(id);
      if (found?.user === `${hubId}/${device}`) found.resolve(payload);
      else metrics.count("late_answers");
    },
    announce(listingId) {
      for (const link of links) if (link.pipeline.listingId === listingId) sayKey(link);
    },
  };
}
