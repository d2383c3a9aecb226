// A stream that the relay has done with, whose other side does not close it.
//
// - refused: the refusal arrives, and the stream is gone on both sides
// - served: the last frame and the end arrive, and the stream is gone on both sides
import { multiaddr } from "@multiformats/multiaddr";
import { controlFrame, FrameStream, PROTOCOLS, RefusedError } from "@weir/sdk/wire";
import { createNode } from "@weir/sdk/wire/node";
import { pino } from "pino";
import { afterEach, expect, test } from "vitest";
import { MAX_STREAMS_PER_PEER } from "../src/limits.ts";
import { createMetrics } from "../src/metrics.ts";
import { firstFrame, serve } from "../src/services/serve.ts";
import { strangers } from "../src/services/strangers.ts";

const ZERO = `0x${"0".repeat(40)}` as const;
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A stream to a node of the relay's kind that does so with the first frame, and what that node has of it. */
async function stream(act: (frames: FrameStream) => void) {
  const node = await createNode({ listen: ["/ip4/127.0.0.1/tcp/0"] });
  ends.push(() => node.stop());
  const metrics = createMetrics();
  const delivery = { chainId: 1, hubs: ZERO, grants: ZERO, channels: ZERO };
  const service = serve(
    { node, metrics, strangers: strangers({})({ node, metrics }), log: pino({ level: "silent" }) },
    PROTOCOLS.subscribe,
    { delivery, operator: ZERO, maxFrameBytes: 1 << 14, maxStreams: MAX_STREAMS_PER_PEER },
    async (frames) => {
      await firstFrame(frames);
      act(frames);
    },
  );
  await service.start();
  ends.push(service.stop);
  const client = await createNode();
  ends.push(() => client.stop());
  const connection = await client.dial(multiaddr(String(node.getMultiaddrs()[0])));
  const frames = new FrameStream(await connection.newStream(PROTOCOLS.subscribe));
  await frames.expect("HELLO");
  frames.send("CREDIT", { bytes: 1 });
  const held = () =>
    node.getConnections().flatMap(({ streams }) => streams.filter((s) => s.protocol === PROTOCOLS.subscribe));
  return { frames, held };
}

const gone = async ({ frames, held }: Awaited<ReturnType<typeof stream>>) => {
  frames.write(controlFrame("CREDIT", { bytes: 1 }));
  await expect.poll(() => held().length).toBe(0);
  await expect.poll(() => frames.stream.status).not.toBe("open");
};

test("a refused one is gone when the refusal has arrived", async () => {
  const one = await stream(() => {
    throw new RefusedError("NoGrant", "There is none.");
  });
  expect(await one.frames.read()).toMatchObject({ type: "REFUSED", name: "NoGrant" });
  await gone(one);
});

test("a served one is gone when its last frame and its end have arrived", async () => {
  const one = await stream((frames) => void frames.send("BALANCE", { total: 0n, due: 0n, needed: 0n }));
  expect(await one.frames.read()).toMatchObject({ type: "BALANCE" });
  expect(await one.frames.read()).toBeNull();
  await gone(one);
});
