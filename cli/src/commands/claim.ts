import {
  claimSubscriptions,
  getHub,
  getListing,
  getListingIds,
  getOwed,
  getPurchases,
  pull,
  type WriteClient,
} from "@weir/sdk/chain";
import { type Payment, paymentOf } from "@weir/sdk/client";
import { vested } from "@weir/sdk/core";
import type { Command } from "commander";
import type { Address, Hex } from "viem";
import { type WriteOptions, writeCommand } from "../command.ts";
import { line, print } from "../output.ts";
import { id } from "../parse.ts";
import { openPlace, type Place, type Token, tokenOf } from "../place.ts";
import { inUnits } from "../plans.ts";
import { openWallet } from "../wallet.ts";

type Options = WriteOptions & { hub: bigint };
type Paid = Payment & { id: Hex };
type Subscription = Extract<Paid, { kind: "subscription" }>;
type Row = {
  act: "claimed" | "sent";
  escrow: string;
  to: Address;
  amount: bigint;
  token: Address;
  transactionHash: Hex;
};

/** Rows of one transaction: well below what a block takes. */
const MAX_ROWS = 64;
const ESCROWS = ["Channels", "Subscriptions"] as const;

/** `weir claim --hub 1` */
export const claimCommand = (): Command =>
  writeCommand(
    "claim",
    "turn what a hub's subscriptions have earned into money, and send what is owed to its payout account",
  )
    .requiredOption("--hub <hub>", "its number", id)
    .action(claim);

/** Vouchers of channels are in the gateway, which claims them by itself; what it claimed is sent on here. */
async function claim(options: Options): Promise<void> {
  const place = await openPlace(options);
  const wallet = await openWallet(place, options);
  const { client, contracts, fromBlock } = place;
  const { payout } = await getHub(client, { contracts, hubId: options.hub, fromBlock });
  const payments = await paymentsOf(place, options.hub);
  const subscriptions = payments.filter((payment) => payment.kind === "subscription");
  const time = Math.floor(Date.now() / 1000);
  const due = subscriptions.filter(({ terms, slot }) => vested(terms, slot, time) > slot.claimed);
  let shown = 0;
  // At once: a later transaction may fail, and this one is mined.
  const show = async (row: Row): Promise<void> => {
    shown += 1;
    const token = await named(place, row.token);
    const words = `${row.act} ${inUnits(row.amount, token)} to ${row.to}: transaction ${row.transactionHash}`;
    print(options.json, { ...row, symbol: token.symbol }, words);
  };
  for (const group of Map.groupBy(due, commonKey).values())
    for (let at = 0; at < group.length; at += MAX_ROWS)
      await show(await claimGroup(place, wallet, group.slice(at, at + MAX_ROWS)));
  for (const token of await tokensOf(place, options.hub, payments))
    for (const escrow of ESCROWS) {
      if ((await getOwed(client, { contracts, escrow, holder: payout, token })) === 0n) continue;
      const { amount, hash } = await pull(wallet, { contracts, escrow, holder: payout, token });
      await show({ act: "sent", escrow, to: payout, amount, token, transactionHash: hash });
    }
  if (shown === 0 && !options.json) console.log("nothing is due now");
}

/** What was sent is told even if its token does not say its name: by its address, in its smallest unit. */
const named = (place: Place, address: Address): Promise<Token> =>
  tokenOf(place, address, "token").catch(() => ({ address, symbol: address, decimals: 0 }));

async function paymentsOf({ client, contracts, fromBlock }: Place, hubId: bigint): Promise<Paid[]> {
  const found: Paid[] = [];
  for (const listingId of await getListingIds(client, { contracts, hubId, fromBlock }))
    for (const purchase of await getPurchases(client, { contracts, listingId, fromBlock })) {
      const payment = await paymentOf(client, { contracts, purchase, fromBlock });
      found.push({ ...payment, id: purchase.paymentId });
    }
  return found;
}

/** What the rows of one call share: the seller's side of the terms. */
const commonOf = ({ terms, listing }: Subscription) => {
  const { payee, operator, token, stopper, listingId, relayBps, market, marketBps } = terms;
  return { payee, operator, token, stopper, listingId, relays: listing.relays, relayBps, market, marketBps };
};
const commonKey = (subscription: Subscription): string => line(commonOf(subscription));

async function claimGroup(
  { contracts }: Place,
  wallet: WriteClient,
  group: readonly Subscription[],
): Promise<Row> {
  const common = commonOf(group[0]!);
  const rows = group.map(({ terms: { payer, signer, price, period, upfront, notice, salt } }) => ({
    payer,
    signer,
    price,
    period,
    upfront,
    notice,
    salt,
  }));
  const { hash, claimed } = await claimSubscriptions(wallet, { contracts, common, rows });
  const before = new Map(group.map(({ id, slot }) => [id.toLowerCase(), slot.claimed]));
  const amount = claimed.reduce(
    (sum, row) => sum + row.claimed - (before.get(row.subscriptionId.toLowerCase()) ?? 0n),
    0n,
  );
  return {
    act: "claimed",
    escrow: "Subscriptions",
    to: common.payee,
    amount,
    token: common.token,
    transactionHash: hash,
  };
}

/** The tokens that any of the hub's listings is sold in now, and those that earlier versions of them were bought in. */
async function tokensOf(
  { client, contracts, fromBlock }: Place,
  hubId: bigint,
  payments: readonly Payment[],
): Promise<Set<Address>> {
  const tokens = new Set(payments.map(({ listing }) => listing.token));
  for (const listingId of await getListingIds(client, { contracts, hubId, fromBlock }))
    tokens.add((await getListing(client, { contracts, listingId, fromBlock })).terms.token);
  return tokens;
}
