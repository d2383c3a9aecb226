/** Puts one relay together and takes it apart again, in that order. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from "@libp2p/crypto/keys";
import type { PrivateKey } from "@libp2p/interface";
import type { Delivery } from "@weir/sdk/core";
import { lockFolder } from "@weir/sdk/disk";
import { nativeCrypto } from "@weir/sdk/native";
import { createNode } from "@weir/sdk/wire/node";
import type { Address } from "viem";
import { admission } from "./chain/admission.ts";
import type { RelayConfig } from "./config.ts";
import { httpService } from "./http/http.ts";
import { RETENTION_BYTES, RETENTION_MS, TRIM_INTERVAL_MS } from "./limits.ts";
import type { Log } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import { commandsService } from "./services/commands.ts";
import { feeds } from "./services/feeds.ts";
import { keysService } from "./services/keys.ts";
import { publishService } from "./services/publish.ts";
import { statements } from "./services/statements.ts";
import { strangers } from "./services/strangers.ts";
import { subscribeService } from "./services/subscribe.ts";
import { vouchersService } from "./services/vouchers.ts";
import { pause } from "./services/wait.ts";
import { coverStore } from "./store/covers.ts";
import { openDatabase } from "./store/database.ts";
import { ledgerStore } from "./store/ledger.ts";
import { SCHEMA } from "./store/schema.ts";
import { segmentStore } from "./store/segments.ts";

/** A running relay, as its ready line tells it. */
export type Relay = {
  peerId: string;
  /** TCP and WebSocket addresses with the peer id at the end. */
  multiaddrs: string[];
  http: string;
  operator: Address;
  stop(): Promise<void>;
};

export type RelayComponents = {
  log: Log;
  /** Called when nothing that was acknowledged can be trusted any more: the process has to end. */
  onFatal: (error: Error) => void;
};

/** Starts a relay; resolves when it takes connections. What was started is stopped again if a later part fails. @throws FolderInUse, DamagedLog */
export async function startRelay(config: RelayConfig, { log, onFatal }: RelayComponents): Promise<Relay> {
  const started: (() => Promise<void> | void)[] = [];
  const stop = async () => {
    for (const end of started.splice(0).reverse()) await end();
  };
  try {
    started.push(lockFolder(config.dataDir, "relay"));
    const metrics = createMetrics();
    const database = openDatabase({ file: join(config.dataDir, "relay.db"), schema: SCHEMA, onFatal });
    started.push(() => database.close());
    const segments = segmentStore(database, (place) => {
      metrics.add("corrupt_records_total");
      log.error({ ...place, seq: String(place.seq) }, "a stored segment is damaged; readers get a gap");
    });
    const ledger = ledgerStore(database);
    const covers = coverStore(database);

    const chain = admission({ config, onFatal })({ log, metrics });
    await chain.start();
    started.push(chain.stop);

    const { host, ports } = config;
    const ip = host.includes(":") ? `/ip6/${host}` : `/ip4/${host}`;
    const node = await createNode({
      privateKey: await peerKey(config.dataDir),
      listen: [`${ip}/tcp/${ports.tcp}`, `${ip}/tcp/${ports.ws}/ws`],
    });
    started.push(() => node.stop());
    const unknown = strangers()({ node, metrics });
    unknown.start();
    started.push(unknown.stop);

    const { contracts } = config.deployment;
    const delivery: Delivery = {
      chainId: config.chainId,
      hubs: contracts.Hubs,
      grants: contracts.Grants,
      channels: contracts.Channels,
    };
    const shared = {
      node,
      log,
      metrics,
      strangers: unknown,
      segments,
      ledger,
      covers,
      delivery,
      admission: chain,
      crypto: nativeCrypto,
      operator: config.operator,
      relayPeer: node.peerId.toMultihash().bytes,
      feeds: feeds()({ segments }),
    };
    const vouchers = vouchersService()(shared);
    const said = statements()(shared);
    const publish = publishService()({
      ...shared,
      statements: said,
      gatewayConnected: vouchers.connected,
    });
    const keys = keysService()(shared);
    const commands = commandsService()(shared);
    const subscribe = subscribeService()({ ...shared, vouchers });
    const web = httpService({ host, port: ports.http })({ ...shared, statements: said });
    metrics.gauge("publishers", "Gateways publishing now.", publish.count);
    metrics.gauge("gateways", "Gateways connected for vouchers now.", vouchers.count);
    metrics.gauge("readers", "Reading sessions now.", subscribe.count);
    metrics.gauge("connections", "Open libp2p connections.", () => node.getConnections().length);
    metrics.gauge("strangers", "Connections on which nobody is admitted.", unknown.count);
    for (const service of [vouchers, publish, keys, commands, subscribe, web]) {
      await service.start();
      started.push(service.stop);
    }
    started.push(keepTrimmed());
    return {
      peerId: node.peerId.toString(),
      multiaddrs: node.getMultiaddrs().map(String),
      http: web.url(),
      operator: config.operator,
      stop,
    };

    function keepTrimmed(): () => Promise<void> {
      const stopper = new AbortController();
      const loop = (async () => {
        while (!stopper.signal.aborted) {
          try {
            const dropped = await segments.trim({
              // The earlier of both: were our clock to jump ahead, a week's segments would go at once.
              beforeMs: Math.min(Date.now(), chain.blockTime() * 1000) - RETENTION_MS,
              maxBytes: RETENTION_BYTES,
            });
            if (dropped > 0) log.info({ dropped }, "old segments were dropped");
          } catch (error) {
            log.error({ err: error }, "old segments could not be dropped");
          }
          await pause(TRIM_INTERVAL_MS, stopper.signal);
        }
      })();
      return async () => {
        stopper.abort();
        await loop;
      };
    }
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The relay's libp2p identity: made once, kept beside the store, readable by its owner alone. */
async function peerKey(dataDir: string): Promise<PrivateKey> {
  const file = join(dataDir, "peer.key");
  if (existsSync(file)) {
    chmodSync(file, 0o600);
    return privateKeyFromProtobuf(readFileSync(file));
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const key = await generateKeyPair("Ed25519");
  writeFileSync(file, privateKeyToProtobuf(key), { mode: 0o600, flag: "wx" });
  return key;
}
