// A development chain takes its clock from when it was asked for, not from when it was ready: on a busy machine it lags by seconds, and
// whoever pays by the second would be cut off early.
import { createTestClient, http, publicActions } from "viem";
import { hardhat } from "viem/chains";

/** Moves the clock of a development chain forward to ours. Mines nothing. */
export async function alignClock(rpc: string): Promise<void> {
  const client = createTestClient({ mode: "hardhat", chain: hardhat, transport: http(rpc) }).extend(
    publicActions,
  );
  const { timestamp } = await client.getBlock({ blockTag: "pending" });
  const seconds = Math.floor(Date.now() / 1000) - Number(timestamp);
  if (seconds > 0) await client.increaseTime({ seconds });
}
