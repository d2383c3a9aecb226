import { getPurchases } from "@weir/sdk/chain";
import { type Payment, paymentOf } from "@weir/sdk/client";
import type { Command } from "commander";
import { type WriteOptions, writeCommand } from "../../command.ts";
import { printRows } from "../../output.ts";
import { openPlace, tokenOf } from "../../place.ts";
import { inUnits } from "../../plans.ts";
import { readKeystore } from "../../wallet.ts";

/** `weir channel list`: no passphrase is needed. */
export const channelList = (): Command =>
  writeCommand("list", "the account's channels: deposited, claimed, what is left").action(list);

async function list(options: WriteOptions): Promise<void> {
  const { address } = readKeystore(options);
  const place = await openPlace(options);
  const { client, contracts, fromBlock } = place;
  const rows = [];
  for (const purchase of await getPurchases(client, { contracts, buyer: address, fromBlock })) {
    const payment = await paymentOf(client, { contracts, purchase, fromBlock });
    if (payment.kind !== "channel") continue;
    const { claimed, deposit, closeAt, epoch } = payment.slot;
    const token = await tokenOf(place, payment.terms.token, "token");
    const { listingId, grantId, paymentId } = purchase;
    rows.push({
      listing: listingId,
      state: stateOf(payment.slot),
      left: options.json ? deposit - claimed : inUnits(deposit - claimed, token),
      deposit: options.json ? deposit : inUnits(deposit, token),
      claimed: options.json ? claimed : inUnits(claimed, token),
      closeAt,
      epoch,
      symbol: token.symbol,
      grant: grantId,
      channel: paymentId,
    });
  }
  printRows(options.json, rows, ["listing", "state", "deposit", "claimed", "left", "grant"], "no channel");
}

/**
 * A closed channel has nothing left and a later epoch: one of the first epoch that was claimed whole waits for more money. One whose close was
 * cancelled before it was claimed whole has the same slot as a closed one.
 */
export const stateOf = ({
  claimed,
  deposit,
  closeAt,
  epoch,
}: Extract<Payment, { kind: "channel" }>["slot"]): string =>
  closeAt !== 0 ? "closing" : claimed === deposit && epoch > 0 ? "closed" : "open";
