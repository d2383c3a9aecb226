// Mutated frames of every type through the decoder that every program uses, and then through the checks of what they claim. None is taken for
// an honest one, and none throws anything but a refusal. WEIR_MUTATED asks for another number, WEIR_SEED for the same run again.
import { expect, it } from "vitest";
import { attempt, claimsOf } from "../../test/support/claims.ts";
import { honestFrames } from "../../test/support/frames.ts";
import { mutate, randomFrom } from "../../test/support/mutate.ts";
import { decodeFrame, type Frame, frameDecoder } from "../src/wire/index.ts";

const COUNT = Number(process.env.WEIR_MUTATED ?? 100_000);
const SEED = Number(process.env.WEIR_SEED ?? Math.floor(Math.random() * 2 ** 31));
const { at, frames } = await honestFrames();

/** The frames in these bytes up to where they break off or break a rule. */
async function decode(bytes: Uint8Array): Promise<{ found: Frame[]; refusal: Error | undefined }> {
  const decoder = frameDecoder();
  const found: Frame[] = [];
  const refusal = await attempt(() => {
    for (const raw of decoder.decode(bytes)) found.push(decodeFrame(raw.subarray()));
  });
  return { found, refusal };
}

it("honest frames are taken, with everything that they claim", async () => {
  const claiming: string[] = [];
  for (const [name, bytes] of frames) {
    const { found, refusal } = await decode(bytes);
    expect([name, refusal, found.length]).toEqual([name, undefined, 1]);
    const claims = claimsOf(found[0]!, at);
    if (claims.length > 0) claiming.push(name);
    for (const { text, holds } of claims) expect([text, await holds()]).toEqual([text, true]);
  }
  expect(claiming.sort()).toEqual(
    // biome-ignore format: one list
    ["AUTH", "CLOSE", "COMMAND", "COMMAND_KEY", "HEAD", "NOTICE", "OPEN", "OPENED", "PAY", "RECALLED", "RECEIPT", "RECEIPTS", "SAMPLE", "SEGMENT", "SESSION", "SESSION_ACK", "SIGNED_HEAD", "TICK", "TICKS", "TICK_CHAIN", "VOUCHERS"],
  );
});

it(`of ${COUNT} mutated frames none is accepted, and none crashes`, { timeout: 3_600_000 }, async () => {
  console.log(`WEIR_SEED=${SEED}`);
  const random = randomFrom(SEED);
  const names = [...frames.keys()];
  const all = [...frames.values()];
  const honest = new Set<string>();
  for (const bytes of all)
    for (const frame of (await decode(bytes)).found)
      for (const { text } of claimsOf(frame, at)) honest.add(text);
  const tally = { refused: 0, cutShort: 0, forged: 0, harmless: 0 };
  for (let n = 0; tally.refused + tally.cutShort + tally.forged < COUNT; n += 1) {
    const bytes = mutate(random, frames.get(names[n % names.length]!)!, all);
    const { found, refusal } = await decode(bytes);
    const claims = found.flatMap((frame) => claimsOf(frame, at)).filter(({ text }) => !honest.has(text));
    for (const { text, holds } of claims)
      if (await attempt(holds).then(async (error) => error === undefined && (await holds())))
        throw new Error(`accepted: ${text}`);
    if (refusal !== undefined) tally.refused += 1;
    else if (claims.length > 0) tally.forged += 1;
    else if (found.length === 0) tally.cutShort += 1;
    else tally.harmless += 1; // nothing that anybody signs was changed
  }
  console.log(JSON.stringify(tally));
  // Each way of being wrong was tried often; without the signatures the forged ones would pass.
  expect(tally.forged).toBeGreaterThan(COUNT / 50);
  expect(tally.refused).toBeGreaterThan(COUNT / 4);
});
