/** The relay's publishing part alone, put together as `startRelay` does it, with its disk and its primitives in the test's hands. */
import { join } from "node:path";
import type { Crypto } from "@weir/sdk/core";
import { createNode } from "@weir/sdk/wire/node";
import { admission } from "../../src/chain/admission.ts";
import { createLog } from "../../src/log.ts";
import { createMetrics } from "../../src/metrics.ts";
import { feeds } from "../../src/services/feeds.ts";
import { publishService } from "../../src/services/publish.ts";
import { statements } from "../../src/services/statements.ts";
import { strangers } from "../../src/services/strangers.ts";
import { openDatabase } from "../../src/store/database.ts";
import { SCHEMA } from "../../src/store/schema.ts";
import { segmentStore } from "../../src/store/segments.ts";
import type { World } from "./world.ts";

export async function startPublishing(world: World, crypto: Crypto) {
  const config = world.config(world.folder());
  const { delivery, relayOperator: operator } = world;
  const onFatal = (error: Error): never => {
    throw error;
  };
  const log = createLog(config.logLevel);
  const metrics = createMetrics();
  const database = openDatabase({ file: join(config.dataDir, "relay.db"), schema: SCHEMA, onFatal });
  const segments = segmentStore(database, () => undefined);
  const chain = admission({ config, onFatal })({ log, metrics });
  await chain.start();
  const node = await createNode({ listen: ["/ip4/127.0.0.1/tcp/0"] });
  const unknown = strangers()({ node, metrics });
  const shared = {
    ...{ node, log, metrics, segments, delivery, operator, crypto, strangers: unknown, admission: chain },
    ...{ feeds: feeds()({ segments }), relayPeer: node.peerId.toMultihash().bytes },
  };
  const publish = publishService()({
    ...shared,
    statements: statements()(shared),
    gatewayConnected: () => false,
  });
  await publish.start();
  return {
    peerId: node.peerId.toString(),
    multiaddrs: node.getMultiaddrs().map(String),
    database,
    /** Publishers connected now. */
    publishers: publish.count,
    async stop() {
      await publish.stop();
      await node.stop();
      await chain.stop();
      database.close();
    },
  };
}
