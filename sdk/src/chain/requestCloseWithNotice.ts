import type { Hex } from "viem";
import type { CloseNotice, Terms } from "../core/index.ts";
import { channelsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type RequestCloseWithNoticeParameters = {
  contracts: Contracts;
  /** What both sides accepted when the channel was opened. */
  terms: Terms;
  notice: CloseNotice;
  /** By the payer or `terms.signer`. */
  signature: Hex;
};

export type RequestCloseWithNoticeReturnType = Sent & {
  /** Unix seconds from which `withdraw` works. */
  closeAt: number;
};

export type RequestCloseWithNoticeErrorType = ContractError;

/**
 * Begins the challenge for a payer who signed a notice. Anyone may send it.
 *
 * @throws ContractError named as in IChannels
 * @example
 * const { closeAt } = await requestCloseWithNotice(anyone, { contracts, terms, notice, signature });
 */
export async function requestCloseWithNotice(
  client: WriteClient,
  parameters: RequestCloseWithNoticeParameters,
): Promise<RequestCloseWithNoticeReturnType> {
  const { contracts, terms, notice, signature } = parameters;
  const { hash, receipt } = await write(client, {
    abi: channelsAbi,
    address: contracts.Channels,
    functionName: "requestCloseWithNotice",
    args: [terms, notice, signature],
  });
  const event = eventOf(receipt, contracts, "Channels", "ChannelClosing");
  return { hash, receipt, closeAt: event.closeAt };
}
