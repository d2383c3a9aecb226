import { approveToken, fundChannel, getAllowance } from "@weir/sdk/chain";
import { ZERO_ADDRESS } from "@weir/sdk/core";
import type { Command } from "commander";
import { type Hex, isAddressEqual } from "viem";
import { type WriteOptions, writeCommand } from "../../command.ts";
import { print, UsageError } from "../../output.ts";
import { amount, bytes32 } from "../../parse.ts";
import { inUnits } from "../../plans.ts";
import { ownPayment } from "./own.ts";

/** `weir channel top-up 0x… --amount 0.01`; of a token it is allowed first, in a transaction of its own. */
export const channelTopUp = (): Command =>
  writeCommand("top-up", "put more money into a channel; a pending close is cancelled by it")
    .argument("<grant>", "the purchase's id", bytes32)
    .requiredOption("--amount <amount>", "in the listing's token")
    .action(topUp);

async function topUp(grantId: Hex, options: WriteOptions & { amount: string }): Promise<void> {
  const { place, wallet, payment, token } = await ownPayment("channel", grantId, options);
  const { contracts, client } = place;
  const more = amount(options.amount, token.decimals, "--amount");
  if (more === 0n) throw new UsageError("--amount: is above zero");
  const owner = wallet.account.address;
  if (!isAddressEqual(token.address, ZERO_ADDRESS)) {
    const call = { token: token.address, spender: contracts.Channels } as const;
    if ((await getAllowance(client, { ...call, owner })) < more)
      await approveToken(wallet, { ...call, amount: more });
  }
  const { hash, deposit } = await fundChannel(wallet, { contracts, terms: payment.terms, amount: more });
  print(
    options.json,
    { grantId, added: more, deposit, symbol: token.symbol, transactionHash: hash },
    `${inUnits(more, token)} more: the deposit is ${inUnits(deposit, token)}`,
  );
}
