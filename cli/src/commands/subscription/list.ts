import { getPurchases } from "@weir/sdk/chain";
import { paymentOf } from "@weir/sdk/client";
import { ENDLESS, isRunning, vested } from "@weir/sdk/core";
import type { Command } from "commander";
import { type WriteOptions, writeCommand } from "../../command.ts";
import { printRows } from "../../output.ts";
import { openPlace, tokenOf } from "../../place.ts";
import { inUnits } from "../../plans.ts";
import { readKeystore } from "../../wallet.ts";

/** `weir subscription list`: no passphrase is needed. */
export const subscriptionList = (): Command =>
  writeCommand("list", "the account's subscriptions: paid, vested, until when").action(list);

async function list(options: WriteOptions): Promise<void> {
  const { address } = readKeystore(options);
  const place = await openPlace(options);
  const { client, contracts, fromBlock } = place;
  const time = Math.floor(Date.now() / 1000);
  const rows = [];
  for (const purchase of await getPurchases(client, { contracts, buyer: address, fromBlock })) {
    const payment = await paymentOf(client, { contracts, purchase, fromBlock });
    if (payment.kind !== "subscription") continue;
    const { terms, slot } = payment;
    const token = await tokenOf(place, terms.token, "token");
    const due = vested(terms, slot, time);
    rows.push({
      listing: purchase.listingId,
      state: isRunning(slot, time) ? "running" : "ended",
      deposit: options.json ? slot.deposit : inUnits(slot.deposit, token),
      vested: options.json ? due : inUnits(due, token),
      until: options.json
        ? slot.stop
        : slot.stop === ENDLESS
          ? "for ever"
          : new Date(slot.stop * 1000).toISOString(),
      start: slot.start,
      symbol: token.symbol,
      grant: purchase.grantId,
      subscription: purchase.paymentId,
    });
  }
  printRows(
    options.json,
    rows,
    ["listing", "state", "deposit", "vested", "until", "grant"],
    "no subscription",
  );
}
