import type { Hex } from "viem";
import type { Terms } from "../core/index.ts";
import { channelsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import { requirePermit2 } from "./requirePermit2.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type FundChannelWithPermit2Parameters = {
  contracts: Contracts;
  /** What both sides accepted when the channel was opened. */
  terms: Terms;
  /** Smallest token unit. */
  amount: bigint;
  /** The least that must arrive; default `amount`. Lower it only for tokens that take a fee. */
  minCredited?: bigint | undefined;
  /** The payer's choice, 32 bytes. */
  fundSalt: Hex;
  /** Unix seconds. */
  deadline: bigint;
  /** Of core's `permit2Transfer`, with `channelFundNonce` as its nonce. */
  signature: Hex;
};

export type FundChannelWithPermit2ReturnType = Sent & {
  channelId: Hex;
  /** What was added to the deposit. */
  credited: bigint;
  /** The channel's total afterwards. */
  deposit: bigint;
};

export type FundChannelWithPermit2ErrorType = ContractError;

/**
 * Puts the payer's tokens into his channel under his signed Permit2 transfer. Anyone may send it; the payer has allowed Permit2
 * to move the token.
 *
 * @throws ContractError named as in IChannels; `Permit2Missing` on a chain without Permit2
 * @example
 * const nonce = channelFundNonce(channelId, amount, fundSalt);
 * const transfer = permit2Transfer({ chainId, escrow: contracts.Channels, terms, amount, nonce, deadline });
 * const signature = await signTypedData(wallet, transfer);
 * await fundChannelWithPermit2(anyone, { contracts, terms, amount, fundSalt, deadline, signature });
 */
export async function fundChannelWithPermit2(
  client: WriteClient,
  parameters: FundChannelWithPermit2Parameters,
): Promise<FundChannelWithPermit2ReturnType> {
  const { contracts, terms, amount, minCredited, fundSalt, deadline, signature } = parameters;
  await requirePermit2(client);
  const { hash, receipt } = await write(client, {
    abi: channelsAbi,
    address: contracts.Channels,
    functionName: "fundWithPermit2",
    args: [terms, amount, minCredited ?? amount, fundSalt, deadline, signature],
  });
  const event = eventOf(receipt, contracts, "Channels", "ChannelFunded");
  return { hash, receipt, channelId: event.channelId, credited: event.amount, deposit: event.deposit };
}
