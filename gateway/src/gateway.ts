// The gateway put together: what starts after what, and how it stops.
// Longer than its neighbours because every part is named here once, in the order in which it starts.
import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Libp2p } from "@libp2p/interface";
import { parseDeployment } from "@weir/sdk/chain";
import type { Crypto, Delivery, Hex, Plan } from "@weir/sdk/core";
import { isMetered } from "@weir/sdk/core";
import { lockFolder } from "@weir/sdk/disk";
import { nativeCrypto } from "@weir/sdk/native";
import { RefusedError } from "@weir/sdk/wire";
import { createNode } from "@weir/sdk/wire/node";
import type { Logger } from "pino";
import { createPublicClient, type PublicClient } from "viem";
import { createBook } from "./claims/book.ts";
import { createChannelClaims } from "./claims/channels.ts";
import { createCloser } from "./claims/close.ts";
import { createSender, type Sender } from "./claims/sender.ts";
import { createStatus } from "./claims/status.ts";
import { createSubscriptionClaims } from "./claims/subscriptions.ts";
import type { GatewayConfig } from "./config.ts";
import { DATABASE_FILE, Database, RESTORED } from "./database.ts";
import { createCommands } from "./devices/commands.ts";
import { createDemand } from "./devices/demand.ts";
import { createDirectory, type Directory, type ListingInfo } from "./directory.ts";
import { createHttp } from "./ingest/http.ts";
import { createIntake } from "./ingest/intake.ts";
import { createJournal } from "./ingest/journal.ts";
import { type Broker, createBroker } from "./ingest/mqtt.ts";
import { createPasswords } from "./ingest/passwords.ts";
import { createTokens } from "./ingest/tokens.ts";
import { createCovers } from "./keys/covers.ts";
import { createCuts } from "./keys/cuts.ts";
import { createLedger } from "./keys/ledger.ts";
import { createPurchases } from "./keys/purchases.ts";
import { createReceipts } from "./keys/receipts.ts";
import { createSessions } from "./keys/sessions.ts";
import {
  CARRY_BATCH,
  CUT_INTERVAL_MS,
  SEALED_RETENTION_MS,
  SETTLE_MS,
  UNLISTED_RETENTION_MS,
} from "./limits.ts";
import { createMetrics } from "./metrics.ts";
import { rpc } from "./rpc.ts";
import { type HubKeys, Pipeline } from "./seal/pipeline.ts";
import { createSegmentStore } from "./seal/store.ts";
import { openSecrets, type Secrets } from "./secrets.ts";
import { createSignIns } from "./sign-in.ts";
import { runCommand } from "./sources/command.ts";
import { runFile } from "./sources/file.ts";
import { nameOf } from "./sources/source.ts";
import { ListingStream } from "./stream.ts";

export type Gateway = {
  mqttPort: number;
  httpPort: number;
  /** Stops cleanly: nothing that was acknowledged is lost. */
  stop(): Promise<void>;
  /** Settles with the fault that makes going on impossible, if one comes. */
  failed: Promise<unknown>;
};

type Hub = HubKeys & { hubId: bigint; secrets: Secrets; sender: Sender };

/** Starts everything; resolves when devices can connect. `crypto` is the filling of the primitives. */
export async function startGateway(
  config: GatewayConfig,
  log: Logger,
  crypto: Crypto = nativeCrypto,
): Promise<Gateway> {
  const { contracts, fromBlock } = parseDeployment(JSON.parse(await readFile(config.deployment, "utf8")));
  const delivery: Delivery = {
    chainId: config.chainId,
    hubs: contracts.Hubs.toLowerCase() as `0x${string}`,
    grants: contracts.Grants.toLowerCase() as `0x${string}`,
    channels: contracts.Channels,
  };
  const client = createPublicClient({ transport: rpc(config.rpcUrl), cacheTime: 0 }) as PublicClient;
  const secrets = await Promise.all(
    config.hubs.map((hub) => openSecrets({ path: hub.secrets, passphrase: config.passphrase })),
  );
  const ending = new AbortController();
  const failure = Promise.withResolvers<unknown>();
  const metrics = createMetrics();

  const directory = createDirectory({
    client,
    contracts,
    fromBlock,
    hubIds: config.hubs.map(({ hubId }) => hubId),
    listings: config.listings,
    onError: (error) => {
      metrics.count("chain_errors");
      log.warn(
        { event: "chain", reason: (error as Error).name },
        "the chain cannot be read now; it is tried again",
      );
    },
  });
  // What is heard before everything stands is told again below.
  const following = directory.run(ending.signal);
  following.catch(failure.resolve);
  await Promise.race([directory.ready, failure.promise.then((error) => Promise.reject(error))]);

  const unlock = lockFolder(config.dataDir, "gateway");
  const db = await openDatabase(config, directory, delivery, log).catch((error) => {
    unlock();
    throw error;
  });
  db.onFatal((error) => {
    log.fatal(
      { event: "disk", reason: (error as Error).name },
      "a commit failed; nobody knows what is on disk",
    );
    failure.resolve(error);
  });
  const restored = db.note(RESTORED);
  /** One for an account, however many hubs it works for. */
  const senders = new Map<string, Sender>();
  const senderFor = (operatorPrivateKey: Hex): Sender => {
    const known = senders.get(operatorPrivateKey);
    if (known) return known;
    const { rpcUrl, chainId } = config;
    const replaceAfterMs = config.claims.replaceSeconds * 1000;
    const sender = createSender({ db, operatorPrivateKey, rpcUrl, chainId, replaceAfterMs, metrics, log });
    senders.set(operatorPrivateKey, sender);
    return sender;
  };
  const hubs = config.hubs.map(({ hubId }, i): Hub => {
    const secret = secrets[i]!;
    const { masterSeed, publisherPrivateKey, publisherKey, operatorPrivateKey } = secret;
    return {
      hubId,
      secrets: secret,
      masterSeed,
      publisherPrivateKey,
      sender: senderFor(operatorPrivateKey),
      keyId: () => directory.publisherKey(hubId, publisherKey)?.keyId,
    };
  });
  const hubOf = (hubId: bigint): Hub => hubs.find((hub) => hub.hubId === hubId)!;

  // ---- parts

  const journal = createJournal({ db, listings: directory.listings });
  const store = createSegmentStore(db);
  const ledger = createLedger(db);
  const node: Libp2p = await createNode();
  const purchases = createPurchases({
    client,
    contracts,
    fromBlock,
    delivery,
    directory,
    confirmations: config.confirmations,
  });
  const senderOf = (listingId: bigint): Sender | undefined => {
    const listing = directory.listing(listingId);
    return listing && hubOf(listing.hubId).sender;
  };
  const closer = createCloser({
    db,
    ledger,
    client,
    contracts,
    crypto,
    delivery,
    metrics,
    log,
    sender: senderOf,
    onFrozen: (channelId) =>
      sessions.endChannel(channelId, new RefusedError("Closing", "the channel is being closed")),
    onFailed: (channelId) => channelClaims.hurry(channelId),
    async ready(listingId) {
      await opened.promise;
      await sessions.recall.settled(streams.get(listingId)?.connections ?? [], ending.signal);
    },
  });
  /** The listings that were known at the start are served. */
  const opened = Promise.withResolvers<void>();
  const receipts = createReceipts({ db, ledger, crypto, delivery, metrics });
  const sessions = createSessions({
    db,
    ledger,
    store,
    purchases,
    closer,
    receipts,
    crypto,
    delivery,
    metrics,
    log,
  });
  /** Devices connect last: until then nobody is told anything, and nothing reaches a device. */
  let broker: Broker | undefined;
  const demand = createDemand({
    db,
    client,
    contracts,
    directory,
    sessions: sessions.count,
    tell: async () => broker?.tellDemand(),
    log,
  });
  const onCovered = (listingId: bigint, until: number) => db.commit(() => demand.covered(listingId, until));
  const covers = createCovers({ directory, purchases, ledger, crypto, delivery, metrics, log, onCovered });
  const outlet = () => broker;
  const commands = createCommands({ db, directory, purchases, outlet, crypto, delivery, metrics, log });

  const claims = createSubscriptionClaims({
    client,
    contracts,
    chainId: config.chainId,
    directory,
    rules: config.claims,
    sender: (hubId) => hubs.find((hub) => hub.hubId === hubId)?.sender,
    metrics,
    log,
  });

  const book = createBook(db);
  const channelClaims = createChannelClaims({
    db,
    ledger,
    book,
    client,
    contracts,
    crypto,
    delivery,
    directory,
    rules: config.claims,
    sender: senderOf,
    metrics,
    log,
  });

  // ---- listings

  const streams = new Map<bigint, ListingStream>();
  const opening = new Map<bigint, Promise<void>>();

  /** Plans whose buyers must not be outrun: those on sale, and those of everybody who has an account. */
  const plansOf = (listingId: bigint): Plan[] => [
    ...(directory.listing(listingId)?.newest.terms.plans.filter(isMetered) ?? []),
    ...ledger.plans(listingId),
  ];

  async function openStream(listing: ListingInfo): Promise<void> {
    const { listingId } = listing;
    const hub = hubOf(listing.hubId);
    const pipeline = await Pipeline.open({
      listing,
      db,
      store,
      journal,
      crypto,
      delivery,
      hub,
      log,
      pad: config.padded.includes(listingId),
      plans: () => plansOf(listingId),
      onHopeless: (plan) => {
        log.warn(
          { event: "plan outgrown", listing: String(listingId) },
          "an old plan's entry no longer covers one message",
        );
        ledger.giveUp(listingId, plan);
      },
      onStored: (header) => ledger.stored(header),
      onAbandoned: () => ledger.recount(listingId),
      onSealed: (header) => {
        metrics.count("segments");
        streams.get(listingId)?.wake(header);
      },
      onGeneration: () => {
        metrics.count("generations");
        sessions.end(listingId, new RefusedError("StaleGeneration", "a new generation has begun"));
        commands.announce(listingId);
        streams.get(listingId)?.turned();
      },
    });
    // A copy may lack what was published after it was made: numbers that are gone are never used again. Once for each restore.
    const renewed = `renewed/${listingId}`;
    if (restored !== undefined && db.note(renewed) !== restored) {
      pipeline.renew(0, true);
      await pipeline.turn();
      await db.commit(() => db.setNote(renewed, restored));
    }
    const { relays } = config;
    streams.set(
      listingId,
      new ListingStream({
        listing,
        pipeline,
        hub,
        relays,
        node,
        db,
        store,
        sessions,
        covers,
        commands,
        crypto,
        delivery,
        log,
      }),
    );
    cuts.look(listingId); // somebody may have been shut out while we were away
    log.info(
      {
        event: "listing",
        listing: String(listingId),
        generation: pipeline.generation,
        seq: pipeline.nextSeq,
      },
      "a listing is served",
    );
  }

  function onListing(listing: ListingInfo): void {
    const { listingId } = listing;
    const known = streams.get(listingId);
    known?.update(listing);
    if (known || opening.has(listingId) || ending.signal.aborted) return;
    const work = openStream(listing)
      .then(() => streams.get(listingId)?.update(directory.listing(listingId) ?? listing))
      .catch(failure.resolve)
      .finally(() => opening.delete(listingId));
    opening.set(
      listingId,
      work.then(() => undefined),
    );
  }

  const cuts = createCuts({
    db,
    cutBlock: directory.cutBlock,
    async renew(listingId) {
      const stream = streams.get(listingId);
      await stream?.pipeline.turn();
      return stream !== undefined;
    },
    intervalMs: CUT_INTERVAL_MS,
    log,
  });

  directory.on("listing", onListing);
  directory.on("rotated", (grantId) =>
    sessions.endGrant(grantId, new RefusedError("KeysRotated", "the grant's keys were changed")),
  );
  directory.on("cut", (listingId, grantId) => {
    if (grantId) sessions.endGrant(grantId, new RefusedError("Revoked", "the seller revoked the grant"));
    else sessions.recheck({ listingId });
    cuts.look(listingId);
  });
  directory.on("block", (upTo) => {
    sessions.recheck({ upTo });
    sessions.retry();
    closer.passed(upTo);
  });
  directory.on("reorg", (fromBlock) => {
    sessions.recheck();
    cuts.undo(fromBlock);
    closer.resume();
  });
  directory.on("keys", (hubId) => {
    for (const stream of streams.values()) if (stream.hubId === hubId) stream.pipeline.kick();
  });
  directory.on("closing", (channelId) => closer.closing(channelId));
  directory.on("reset", (instanceId) =>
    failure.resolve(new Error(`the chain was started anew (${instanceId}); start the gateway again`)),
  );
  for (const listing of directory.listings()) onListing(listing);
  await Promise.all(opening.values());
  const claiming = Promise.all([claims.run(ending.signal), channelClaims.run(ending.signal)]);
  opened.resolve();
  closer.resume();
  const foreign = [...ledger.accounts()].filter(
    ({ closeHash, listingId, terms }) =>
      closeHash === null && senderOf(listingId)?.account.toLowerCase() !== terms.operator.toLowerCase(),
  );
  if (foreign.length > 0)
    log.warn(
      { event: "foreign operator", channels: foreign.length, first: foreign[0]!.channelId },
      "open channels name an operator account that this gateway does not hold: it claims, but only that account or the payee can close them",
    );

  // ---- devices

  const missing = (): string[] => {
    const names = hubs
      .filter((hub) => hub.keyId() === undefined)
      .map((hub) => `publisher key of hub ${hub.hubId}`);
    if (ending.signal.aborted) names.push("gateway");
    return names;
  };
  const passwords = createPasswords({
    db,
    client,
    contracts,
    chainId: config.chainId,
    gatewayId: config.id,
    hubIds: config.hubs.map(({ hubId }) => hubId),
    deviceActive: directory.deviceActive,
  });
  const tokens = createTokens({ crypto, gatewayId: config.id, deviceKey: directory.deviceKey });
  const intake = createIntake({ journal, metrics });
  const devices = createBroker({
    passwords,
    tokens,
    intake,
    metrics,
    log,
    ready: () => !ending.signal.aborted,
    onAnswer: commands.answer,
    demandOf: demand.of,
  });
  broker = devices;
  directory.on("deviceRevoked", (hubId, device) => devices.disconnect(hubId, device));
  directory.on("deviceRotated", (hubId, device) => devices.disconnectTokens(hubId, device));
  const status = createStatus({
    ledger,
    book,
    receipts,
    hubOf: (listingId) => directory.listing(listingId)?.hubId,
    dataDir: config.dataDir,
  });
  let ownAuthority: string | undefined;
  const signIns = createSignIns({
    client,
    contracts,
    chainId: config.chainId,
    gatewayId: config.id,
    hubIds: config.hubs.map(({ hubId }) => hubId),
    domains: () => [
      ...config.corsOrigins.map((origin) => new URL(origin).host),
      ...(ownAuthority === undefined ? [] : [ownAuthority]),
    ],
  });
  const api = createHttp({
    status,
    signIns,
    passwords,
    tokens,
    intake,
    metrics,
    log,
    corsOrigins: config.corsOrigins,
    missing,
    onPassword: (hubId, device) => devices.disconnect(hubId, device),
  });
  metrics.gauge("mqtt_connections", devices.connections);
  metrics.gauge("journal_bytes", journal.bytes);
  metrics.gauge("outbox_bytes", store.outboxBytes);
  metrics.gauge("live_sessions", () => sessions.count());
  const [mqttPort, httpPort] = await Promise.all([
    devices.start(config.host, config.mqttPort),
    api.start(config.host, config.httpPort),
  ]);

  const wanting = demand.run(ending.signal);
  ownAuthority = `${config.host}:${httpPort}`;
  status.open(`http://${ownAuthority}`);

  const feeding = Promise.all(
    config.sources.map(async (source) => {
      const init = { journal, directory, metrics, log, signal: ending.signal };
      try {
        await ("file" in source ? runFile(source, { ...init, db }) : runCommand(source, init));
      } catch (error) {
        // A file that breaks a rule ends alone: everything else goes on.
        const { name, message } = error as Error;
        metrics.count("failed_sources", { reason: name });
        log.error({ event: "source failed", source: nameOf(source), reason: name }, message);
      }
    }),
  );

  const settling = setInterval(() => {
    db.commit(settle).then(
      () => metrics.count("settle_rounds"),
      (error: Error) => log.error({ event: "settle", reason: error.name }, error.message),
    );
  }, SETTLE_MS);

  /** Drops what no listing needs any more. */
  function settle(): void {
    ledger.carry(Date.now() - SEALED_RETENTION_MS, CARRY_BATCH);
    for (const { hubId } of hubs) {
      const served = [...streams.values()].filter((stream) => stream.hubId === hubId);
      if (served.length > 0) journal.trim(hubId, Math.min(...served.map((stream) => stream.settle())));
      else if (!directory.listings().some((listing) => listing.hubId === hubId))
        journal.trimOlder([hubId], Date.now() - UNLISTED_RETENTION_MS);
    }
  }

  return {
    mqttPort,
    httpPort,
    failed: failure.promise,
    async stop() {
      ending.abort();
      clearInterval(settling);
      cuts.stop();
      status.close();
      await wanting;
      await demand.rest();
      await Promise.all([devices.stop(), api.stop(), feeding]);
      await Promise.all(opening.values());
      await Promise.all([...senders.values()].map((sender) => sender.stop()));
      await claiming;
      await closer.stop();
      await Promise.all([...streams.values()].map((stream) => stream.stop()));
      await node.stop();
      await following.catch(() => undefined);
      db.close();
      unlock();
    },
  };
}

/**
 * The data belongs to one deployment on one chain. Data of another one, such as a development chain that was started anew, is put aside
 * under another name, never mixed and never deleted.
 */
async function openDatabase(
  config: GatewayConfig,
  directory: Directory,
  delivery: Delivery,
  log: Logger,
): Promise<Database> {
  const path = join(config.dataDir, DATABASE_FILE);
  const identity = `${delivery.chainId}/${delivery.hubs}/${directory.instanceId() ?? "-"}`;
  const first = new Database(path);
  const found = first.note("chain");
  if (found === identity) return first;
  if (found === undefined) return remember(first, identity);
  first.close();
  const aside = join(config.dataDir, `gateway-${Date.now()}.db`);
  await rename(path, aside);
  log.warn({ event: "other chain", aside }, "the data file belongs to another chain and was put aside");
  return remember(new Database(path), identity);
}

async function remember(db: Database, identity: string): Promise<Database> {
  await db.commit(() => db.setNote("chain", identity));
  return db;
}
