import type { Address, Hex } from "viem";
import type { Terms, Voucher } from "../core/index.ts";
import { channelsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type CloseChannelParameters = {
  contracts: Contracts;
  /** What both sides accepted when the channel was opened. */
  terms: Terms;
  /** The list behind `terms.relaysHash`. */
  relays: readonly Address[];
  /** The best voucher of the channel. */
  voucher: Voucher;
  /** By `terms.signer`; 65 or 64 bytes. */
  voucherSignature: Hex;
  /** The new total claimed, at most the voucher's; less gives back what was prepaid beyond what is owed. */
  capture: bigint;
};

export type CloseChannelReturnType = Sent & {
  /** The channel's total afterwards. */
  claimed: bigint;
  /** What went back to the payer. */
  refund: bigint;
};

export type CloseChannelErrorType = ContractError;

/**
 * The payee's side takes its last claim and returns the rest to the payer at once.
 *
 * @throws ContractError named as in IChannels
 * @example
 * const { claimed, refund } = await closeChannel(operator, {
 *   contracts, terms, relays, voucher, voucherSignature, capture: voucher.cumulative,
 * });
 */
export async function closeChannel(
  client: WriteClient,
  parameters: CloseChannelParameters,
): Promise<CloseChannelReturnType> {
  const { contracts, terms, relays, voucher, voucherSignature, capture } = parameters;
  const { hash, receipt } = await write(client, {
    abi: channelsAbi,
    address: contracts.Channels,
    functionName: "close",
    args: [terms, relays, voucher, voucherSignature, capture],
  });
  const event = eventOf(receipt, contracts, "Channels", "ChannelClosed");
  return { hash, receipt, claimed: event.claimed, refund: event.refund };
}
