/** What a relay that was killed has on its disk, opened with the hub's own secret. */

import { openDatabase } from "../../relay/src/store/database.ts";
import { SCHEMA } from "../../relay/src/store/schema.ts";
import { segmentStore } from "../../relay/src/store/segments.ts";
import { nativeCrypto } from "../../sdk/src/client/node.ts";
import { epochKey, openSegment, parseSegment } from "../../sdk/src/core/index.ts";
import { Digest } from "./payloads.ts";

const READ_BYTES = 8 << 20;

/** SHA-256 over all payloads of one generation, in order. @throws Error for a damaged record */
export async function storedDigest(
  file: string,
  { listingId, generation, secret }: { listingId: bigint; generation: number; secret: Uint8Array },
): Promise<{ digest: string; count: number }> {
  const fail = (error: Error): never => {
    throw error;
  };
  const database = openDatabase({ file, schema: SCHEMA, onFatal: fail });
  const store = segmentStore(database, ({ seq }) => fail(new Error(`the stored segment ${seq} is damaged`)));
  const digest = new Digest();
  try {
    for (let seq = 0n; ; ) {
      const run = await store.read({ listingId, generation, seq }, READ_BYTES);
      if (run.length === 0) break;
      for (const { header, bytes } of run) {
        const key = epochKey(nativeCrypto, secret, header.epoch);
        const { messages } = await openSegment(nativeCrypto, parseSegment(bytes), { epochKey: key });
        for (const { payload } of messages) digest.add(payload);
        seq = header.seq + 1n;
      }
    }
    const { count } = digest;
    return { count, digest: digest.take() };
  } finally {
    database.close();
  }
}
