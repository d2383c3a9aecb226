import type { Hex } from "viem";
import type { Terms } from "../core/index.ts";
import { channelsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type FundChannelWith3009Parameters = {
  contracts: Contracts;
  /** What both sides accepted when the channel was opened. */
  terms: Terms;
  /** Smallest token unit. */
  amount: bigint;
  /** The least that must arrive; default `amount`. Lower it only for tokens that take a fee. */
  minCredited?: bigint | undefined;
  /** Unix seconds, exclusive. */
  validAfter: bigint;
  /** Unix seconds, exclusive. */
  validBefore: bigint;
  /** The payer's choice, 32 bytes. */
  fundSalt: Hex;
  /** Of core's `receiveWithAuthorization`, with `channelFundNonce` as its nonce. */
  signature: Hex;
};

export type FundChannelWith3009ReturnType = Sent & {
  channelId: Hex;
  /** What was added to the deposit. */
  credited: bigint;
  /** The channel's total afterwards. */
  deposit: bigint;
};

export type FundChannelWith3009ErrorType = ContractError;

/**
 * Puts the payer's tokens into his channel under his signed EIP-3009 authorisation. Anyone may send it.
 *
 * @throws ContractError named as in IChannels
 * @example
 * const nonce = channelFundNonce(channelId, amount, fundSalt);
 * const message = { from: payer, to: contracts.Channels, value: amount, validAfter, validBefore, nonce };
 * const signature = await signTypedData(wallet, receiveWithAuthorization(tokenDomain, message));
 * await fundChannelWith3009(anyone, { contracts, terms, amount, validAfter, validBefore, fundSalt, signature });
 */
export async function fundChannelWith3009(
  client: WriteClient,
  parameters: FundChannelWith3009Parameters,
): Promise<FundChannelWith3009ReturnType> {
  const { contracts, terms, amount, minCredited, validAfter, validBefore, fundSalt, signature } = parameters;
  const { hash, receipt } = await write(client, {
    abi: channelsAbi,
    address: contracts.Channels,
    functionName: "fundWith3009",
    args: [terms, amount, minCredited ?? amount, validAfter, validBefore, fundSalt, signature],
  });
  const event = eventOf(receipt, contracts, "Channels", "ChannelFunded");
  return { hash, receipt, channelId: event.channelId, credited: event.amount, deposit: event.deposit };
}
