import type { Context } from "ponder:registry";
import { owed } from "ponder:schema";
import { type Hex, zeroAddress } from "viem";
import { settleCut } from "./earnings.ts";
import { follow } from "./follow.ts";

// What waits in a contract for its holder: cuts, accrued payouts, payments that could not be delivered, drawn bonds.

follow("Channels:OwedCredited", async (event, context) => {
  const { holder, token, amount } = event.args;
  await credit(context, { escrow: "Channels", holder, token }, amount, event.block.timestamp);
  await settleCut(event, context, holder, amount);
});

follow("Subscriptions:OwedCredited", async (event, context) => {
  const { holder, token, amount } = event.args;
  await credit(context, { escrow: "Subscriptions", holder, token }, amount, event.block.timestamp);
  await settleCut(event, context, holder, amount);
});

follow("Listings:OwedCredited", async (event, context) => {
  const { holder, amount } = event.args;
  const bond = { escrow: "Listings", holder, token: zeroAddress } as const;
  await credit(context, bond, amount, event.block.timestamp);
  return { token: zeroAddress };
});

follow("Channels:OwedPulled", async (event, context) => {
  const { holder, token } = event.args;
  await context.db.update(owed, { escrow: "Channels", holder, token }).set({ amount: 0n });
});

follow("Subscriptions:OwedPulled", async (event, context) => {
  const { holder, token } = event.args;
  await context.db.update(owed, { escrow: "Subscriptions", holder, token }).set({ amount: 0n });
});

follow("Listings:OwedPulled", async (event, context) => {
  const { holder } = event.args;
  await context.db.update(owed, { escrow: "Listings", holder, token: zeroAddress }).set({ amount: 0n });
  return { token: zeroAddress };
});

type Balance = { escrow: "Channels" | "Subscriptions" | "Listings"; holder: Hex; token: Hex };

async function credit(context: Context, balance: Balance, amount: bigint, timestamp: bigint) {
  const creditedAt = Number(timestamp);
  await context.db
    .insert(owed)
    .values({ ...balance, amount, earned: amount, creditedAt })
    .onConflictDoUpdate((row) => ({
      amount: row.amount + amount,
      earned: row.earned + amount,
      creditedAt,
    }));
}
