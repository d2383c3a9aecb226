/**
 * What one more grant costs when a segment is published: `npm run bench -- publish-cost`. The gateway's own journal, ledger, pipeline and store
 * seal the same messages for a listing with one account and with 100,000, in turn, in one process; a store and a file each. CPU time
 * of a whole segment: journal, deflate, seal, signature, commit. Grants that are not metered leave nothing at the gateway at all, so those
 * counted here are the dear kind: open metered channels.
 */
import { LISTING, listingOf, Parts, plan, purchased } from "../gateway/test/support/parts.ts";
import { hex, uint } from "../sdk/src/core/index.ts";
import { runBench } from "./support/bench.ts";
import type { Measured, Sample } from "./support/row.ts";

const GRANTS = 100_000;
const PER_SEGMENT = 64;
/** Of a round and side. */
const SEGMENTS = 40;
/** Of one commit while accounts are made. */
const BATCH = 5_000;
const PLAN = plan({ price: 1n, entry: 1_000_000n });
const SEGMENT = { flushMs: 50, maxMessages: PER_SEGMENT, maxBytes: 64 * 1024 };

async function sellerWith(grants: number): Promise<Parts> {
  const parts = await Parts.open(listingOf([PLAN], { segment: SEGMENT, epochLength: 60 }));
  for (let at = 0; at < grants; at += BATCH)
    await parts.db.commit(() => {
      for (let i = at; i < Math.min(at + BATCH, grants); i++)
        parts.ledger.admit({
          ...purchased(0, PLAN),
          channelId: hex(uint(i + 1, 32)),
          grantId: hex(uint(GRANTS + i + 1, 32)),
        });
    });
  return parts;
}

/** CPU-microseconds a segment. */
async function publish(parts: Parts): Promise<number> {
  const before = process.cpuUsage();
  const sealed = parts.sealed.length;
  for (let i = 0; i < SEGMENTS; i++) {
    await parts.publish(Array.from({ length: PER_SEGMENT }, () => 256));
    await parts.pass(1);
  }
  const { user, system } = process.cpuUsage(before);
  if (parts.sealed.length - sealed !== SEGMENTS) throw new Error("other segments were sealed than asked for");
  return (user + system) / SEGMENTS;
}

async function measure(rounds: number, say: (line: string) => void): Promise<Measured[]> {
  const one = await sellerWith(1);
  const many = await sellerWith(GRANTS);
  try {
    if ([...many.ledger.accounts()].filter(({ listingId }) => listingId === LISTING).length !== GRANTS)
      throw new Error("not every account is there");
    const samples: Sample[] = [];
    for (let turn = 0; turn <= rounds; turn++) {
      const first = await publish(turn % 2 === 0 ? one : many);
      const second = await publish(turn % 2 === 0 ? many : one);
      if (turn === 0) continue; // warms up
      const [value, peerValue] = turn % 2 === 0 ? [second, first] : [first, second];
      samples.push({ value, peerValue });
      say(
        `${turn}/${rounds}: ${value.toFixed(0)} µs with ${GRANTS} grants, ${peerValue.toFixed(0)} µs with 1`,
      );
    }
    return [
      {
        name: "publish cost with 100,000 metered grants",
        unit: "µs of the gateway's CPU a segment",
        peer: "itself with 1 grant",
        target: [{ of: "ratio", atMost: 1.05 }],
        samples,
      },
    ];
  } finally {
    await one.stop();
    await many.stop();
  }
}

export const main = (args: string[]): Promise<number> =>
  runBench({ name: "publish-cost", rounds: 15, measure }, args);
