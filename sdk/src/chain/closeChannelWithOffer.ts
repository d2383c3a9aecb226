import type { Address, Hex } from "viem";
import type { CloseOffer, Terms, Voucher } from "../core/index.ts";
import { channelsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type CloseChannelWithOfferParameters = {
  contracts: Contracts;
  /** What both sides accepted when the channel was opened. */
  terms: Terms;
  /** The list behind `terms.relaysHash`. */
  relays: readonly Address[];
  offer: CloseOffer;
  /** By payee or operator. */
  offerSignature: Hex;
  /** The best voucher of the channel. */
  voucher: Voucher;
  /** By `terms.signer`; 65 or 64 bytes. */
  voucherSignature: Hex;
};

export type CloseChannelWithOfferReturnType = Sent & {
  /** The channel's total afterwards. */
  claimed: bigint;
  /** What went back to the payer. */
  refund: bigint;
};

export type CloseChannelWithOfferErrorType = ContractError;

/**
 * Closes a channel at once at the total that its payee or operator signed. Anyone may send it.
 *
 * @throws ContractError named as in IChannels
 * @example
 * const { claimed, refund } = await closeChannelWithOffer(anyone, {
 *   contracts, terms, relays, offer, offerSignature, voucher, voucherSignature,
 * });
 */
export async function closeChannelWithOffer(
  client: WriteClient,
  parameters: CloseChannelWithOfferParameters,
): Promise<CloseChannelWithOfferReturnType> {
  const { contracts, terms, relays, offer, offerSignature, voucher, voucherSignature } = parameters;
  const { hash, receipt } = await write(client, {
    abi: channelsAbi,
    address: contracts.Channels,
    functionName: "closeWithOffer",
    args: [terms, relays, offer, offerSignature, voucher, voucherSignature],
  });
  const event = eventOf(receipt, contracts, "Channels", "ChannelClosed");
  return { hash, receipt, claimed: event.claimed, refund: event.refund };
}
