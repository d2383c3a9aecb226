import type { Hex } from "viem";
import { splitSignature, type Terms } from "../core/index.ts";
import { channelsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type FundChannelWithPermitParameters = {
  contracts: Contracts;
  /** What both sides accepted when the channel was opened. */
  terms: Terms;
  /** Smallest token unit. */
  amount: bigint;
  /** The least that must arrive; default `amount`. Lower it only for tokens that take a fee. */
  minCredited?: bigint | undefined;
  /** Unix seconds. */
  deadline: bigint;
  /** Of core's `permit` for Channels as spender; 65 bytes. */
  signature: Hex;
};

export type FundChannelWithPermitReturnType = Sent & {
  channelId: Hex;
  /** What was added to the deposit. */
  credited: bigint;
  /** The channel's total afterwards. */
  deposit: bigint;
};

export type FundChannelWithPermitErrorType = ContractError;

/**
 * Opens or tops up the client account's own channel after an EIP-2612 permit: no allowance is needed before. A pending close is
 * cancelled.
 *
 * @throws ContractError named as in IChannels
 * @example
 * const message = { owner: payer, spender: contracts.Channels, value: amount, nonce, deadline };
 * const signature = await signTypedData(wallet, permit(tokenDomain, message));
 * await fundChannelWithPermit(wallet, { contracts, terms, amount, deadline, signature });
 */
export async function fundChannelWithPermit(
  client: WriteClient,
  parameters: FundChannelWithPermitParameters,
): Promise<FundChannelWithPermitReturnType> {
  const { contracts, terms, amount, minCredited, deadline, signature } = parameters;
  const { v, r, s } = splitSignature(signature);
  const { hash, receipt } = await write(client, {
    abi: channelsAbi,
    address: contracts.Channels,
    functionName: "fundWithPermit",
    args: [terms, amount, minCredited ?? amount, deadline, v, r, s],
  });
  const event = eventOf(receipt, contracts, "Channels", "ChannelFunded");
  return { hash, receipt, channelId: event.channelId, credited: event.amount, deposit: event.deposit };
}
