// Frames cross a real TCP connection unchanged; malformed ones are refused by name; a reader that does not read bounds
// the writer; a stream that ends is told from one that is cut.
import type { Stream } from "@libp2p/interface";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { hex } from "../src/core/index.ts";
import {
  controlFrame,
  decodeFrame,
  encodeFrame,
  type Fields,
  FrameStream,
  frameDecoder,
  MAX_SEGMENT_BYTES,
  RefusedError,
  segmentFrame,
} from "../src/wire/index.ts";
import { createNode } from "../src/wire/node.ts";

const PROTOCOL = "/weir/test/1";
type Node = Awaited<ReturnType<typeof createNode>>;
let server: Node;
let client: Node;
let accept: (frames: FrameStream) => void;
beforeAll(async () => {
  server = await createNode({ listen: ["/ip4/127.0.0.1/tcp/0"] });
  client = await createNode();
  await server.handle(PROTOCOL, (stream: Stream) => accept(new FrameStream(stream)));
});
afterAll(async () => {
  await client.stop();
  await server.stop();
});

async function pair(): Promise<[FrameStream, FrameStream]> {
  const accepted = new Promise<FrameStream>((resolve) => {
    accept = resolve;
  });
  const stream = await client.dialProtocol(server.getMultiaddrs(), PROTOCOL);
  return [new FrameStream(stream), await accepted];
}

const open: Fields<"OPEN"> = {
  listingId: 7n,
  version: 1,
  plan: 0,
  grantId: hex(new Uint8Array(32).fill(1)),
  paymentId: hex(new Uint8Array(32).fill(2)),
  expiry: 1_800_000_000,
  signature: new Uint8Array(64).fill(3),
  position: null,
  fromStart: false,
  credit: 1 << 20,
  transactionHash: null,
  session: {
    sessionNo: 2n ** 63n,
    generation: 4,
    fromSeq: 9n,
    baseTotal: 2n ** 95n,
    expiry: 1_800_000_000,
    signature: new Uint8Array(64).fill(5),
  },
  voucher: { cumulative: 2n ** 96n - 1n, signature: new Uint8Array(64) },
};

it("control frames and segments arrive as they were sent", async () => {
  const [out, back] = await pair();
  out.send("OPEN", open);
  const segment = new Uint8Array(300_000).fill(7);
  out.write(segmentFrame(segment));
  expect(await back.expect("OPEN")).toEqual({ type: "OPEN", ...open });
  const got = await back.expect("SEGMENT");
  expect(Buffer.from(got.bytes).equals(Buffer.from(segment))).toBe(true);
  await out.close();
  expect(await back.read()).toBeNull();
});

it("a refusal is thrown with its name and detail", async () => {
  const [out, back] = await pair();
  void back.refuse(new RefusedError("WrongBase", "starts elsewhere", { fromSeq: "12" }));
  const error = await out.expect("OPENED").catch((e: unknown) => e);
  expect(error).toMatchObject({ name: "WrongBase", detail: { fromSeq: "12" } });
});

it("a frame of no known type, shape or size is refused by name", async () => {
  const pay = encodeFrame("PAY", { cumulative: 1n, signature: new Uint8Array(64) });
  expect(() => decodeFrame(Uint8Array.of(0xee))).toThrow("no frame has type 238");
  expect(() => decodeFrame(pay.subarray(0, pay.length - 1))).toThrow("PAY");
  expect(() => decodeFrame(new Uint8Array([0x22, ...new Uint8Array(20_000).fill(0x81)]))).toThrow("PAY");
  expect(() => decodeFrame(new Uint8Array([0x22, ...new Uint8Array(16_000).fill(0x81)]))).toThrow(
    RefusedError,
  );
  const [out, back] = await pair();
  out.write(Uint8Array.of(1, 0xee));
  await expect(back.read()).rejects.toMatchObject({ name: "BadFrame" });
});

it.each([
  [[0], "at least 1"],
  [[0x81, 0x00, 0x02], "shortest form"],
  [[0x80, 0x00], "at least 1"],
  [[0xff, 0xff, 0xff, 0x01], "at most 1048852"],
  [[0x80, 0x80, 0x80], "at most 3 bytes"],
  [[0x95, 0x82, 0x40], "at most 1048852"], // one more
])("a frame's length of %j is refused: %s", async (bytes, rule) => {
  const [out, back] = await pair();
  out.write(Uint8Array.from(bytes));
  await expect(back.read()).rejects.toMatchObject({
    name: "BadFrame",
    message: expect.stringContaining(rule),
  });
});

it("the largest frame there is passes, its length a byte at a time", () => {
  const decoder = frameDecoder();
  const largest = 1 + MAX_SEGMENT_BYTES;
  const found = [0x94, 0x82, 0x40].flatMap((byte) => [...decoder.decode(Uint8Array.of(byte))]);
  expect(found).toEqual([]);
  expect([...decoder.decode(new Uint8Array(largest))].map(({ byteLength }) => byteLength)).toEqual([largest]);
});

it("a number that its signature or layout has no room for is refused by field", () => {
  const session = (more: object) => encodeFrame("OPEN", { ...open, session: { ...open.session!, ...more } });
  expect(() => decodeFrame(session({ generation: 2 ** 32 }))).toThrow(
    "OPEN: session generation is a whole number below 2^32",
  );
  expect(() => decodeFrame(session({ expiry: 2 ** 40 }))).toThrow("expiry is a whole number below 2^40");
  const notice = { epoch: 2 ** 24, deadline: 1, signature: new Uint8Array(64) };
  expect(() => decodeFrame(encodeFrame("CLOSE", notice))).toThrow("epoch is a whole number below 2^24");
  expect(decodeFrame(encodeFrame("CLOSE", { ...notice, epoch: 2 ** 24 - 1 }))).toMatchObject({
    type: "CLOSE",
  });
});

it("random bytes never pass for a frame and never crash the decoder", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decodeFrame(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(RefusedError);
      }
    }),
    { numRuns: 5000 },
  );
});

it("a reader that takes nothing is cut at the queue's bound instead of filling memory", async () => {
  const [out, back] = await pair();
  const frame = segmentFrame(new Uint8Array(1 << 20));
  let sent = 0;
  while (sent < 64 && !out.closed) {
    out.write(frame);
    sent++;
    await out.drained();
  }
  expect(back.closed).toBe(true);
  expect(sent).toBeLessThan(40);
});

it("control frames that nobody reads are bounded by their bytes, too", async () => {
  const [out, back] = await pair();
  const detail = Object.fromEntries(Array.from({ length: 16 }, (_, n) => [String(n), "x".repeat(256)]));
  const frame = controlFrame("REFUSED", { name: "Limit", message: "x".repeat(1024), detail });
  const most = Math.ceil((16 << 20) / frame.length);
  expect(most).toBeLessThan(4096); // the bound on their number would come later
  let sent = 0;
  while (sent < 4096 && !out.closed) {
    out.write(frame);
    sent++;
    await out.drained();
  }
  expect(back.closed).toBe(true);
  expect(await countUnread(back)).toBeLessThanOrEqual(most + 1);
});

async function countUnread(frames: FrameStream): Promise<number> {
  for (let count = 0; ; count += 1)
    try {
      if ((await frames.read()) === null) return count;
    } catch {
      return count; // the error that ended it
    }
}
