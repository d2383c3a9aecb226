import type { Fields } from "@weir/sdk/wire";
import { type MoreOfChain, type SignedChain, signTicks } from "../../../test/support/ticks.ts";
import type { ScriptedBuyer } from "./buyer.ts";
import { PRICE } from "./world.ts";

/** A chain of twenty on top of `base`, a tick a message. */
export const ticksOn = (
  { channelId, key, world }: ScriptedBuyer,
  base: bigint,
  more?: MoreOfChain,
  sent?: Partial<Fields<"TICK_CHAIN">>,
): SignedChain =>
  signTicks(
    { channelId, key, relay: world.relayOperator, delivery: world.delivery },
    { base, tickValue: PRICE },
    more,
    sent,
  );
