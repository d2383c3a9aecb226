/** How soon somebody is cut off, by the machine's own pace: looks at the chain, ten a second where nothing else runs. */
import { setTimeout as pause } from "node:timers/promises";
import type { FrameStream } from "@weir/sdk/wire";
import { untilRefused } from "./buyer.ts";
import type { World } from "./world.ts";

const LOOK_MS = 100;
/** A second, and two more for a program that waits for its turn: a chain that is looked at every ten seconds is found out. */
export const MOST_LOOKS = 30;

/** Does what cuts this reader off, and gives its refusal with the looks from the block on that did it. */
export async function cutBy(
  { chain: { client } }: World,
  frames: FrameStream,
  act: () => Promise<{ receipt: { blockNumber: bigint } }>,
) {
  const seen: bigint[] = [];
  let over = false;
  const cut = untilRefused(frames).finally(() => {
    over = true;
  });
  cut.catch(() => undefined); // awaited below
  const look = async () => {
    for (; !over; await pause(LOOK_MS)) seen.push(await client.getBlockNumber({ cacheTime: 0 }));
  };
  const [{ receipt }] = await Promise.all([act(), look()]);
  const refused = await cut;
  return { ...refused, receipt, looks: seen.filter((number) => number >= receipt.blockNumber).length };
}
