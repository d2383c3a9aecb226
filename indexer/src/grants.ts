import type { Context } from "ponder:registry";
import {
  buyerState,
  channel,
  earning,
  listing,
  payment,
  purchase,
  subscription,
  version,
} from "ponder:schema";
import { isMetered, isTimed, PlanKind, unitPriceOf } from "@weir/sdk/core";
import { type Hex, zeroAddress, zeroHash } from "viem";
import { settle } from "./earnings.ts";
import { type Facts, follow, note } from "./follow.ts";
import { readTermsPlan } from "./terms.ts";

follow("Grants:Purchased", async (event, context): Promise<Facts> => {
  const { args, block, transaction } = event;
  const { listingId, paymentId } = args;
  const { db } = context;
  const createdAt = Number(block.timestamp);
  // Grants reverts for a version that does not exist, and for a plan that its terms do not have.
  const { terms } = (await db.find(version, { listingId, version: args.version }))!;
  const plan = readTermsPlan(terms.plans[args.plan]!);
  const unitPrice = unitPriceOf(plan, createdAt);
  const isFlat = plan.kind === PlanKind.flat;
  await db.insert(purchase).values({
    ...args,
    position: event.id,
    kind: plan.kind,
    given: false,
    unitPrice: isFlat ? 0n : unitPrice,
    period: plan.period,
    upfront: isFlat ? unitPrice : plan.upfront,
    rotatedSigner: null,
    rotatedKey: null,
    revokedAt: null,
    transactionHash: transaction.hash,
    block: block.number,
    createdAt,
  });
  const sold = await db.update(listing, { id: listingId }).set((row) => ({ purchases: row.purchases + 1 }));
  const token = terms.token as Hex;
  await db
    .insert(earning)
    .values({ listingId, token, hubId: sold.hubId, settled: 0n, relayCuts: 0n, marketCuts: 0n, purchases: 1 })
    .onConflictDoUpdate((row) => ({ purchases: row.purchases + 1 }));
  if (isMetered(plan) || isTimed(plan)) {
    await db.insert(payment).values({
      id: paymentId,
      grantId: args.grantId,
      listingId,
      token,
      relays: terms.relays as Hex[],
      relayBps: Number(terms.relayBps),
      market: args.market,
      marketBps: args.market === zeroAddress ? 0 : Number(terms.marketBps),
    });
    // An escrow may have been funded, and claimed from, before its grant was made.
    const escrow = isMetered(plan)
      ? await db.find(channel, { id: paymentId })
      : await db.find(subscription, { id: paymentId });
    if (escrow && escrow.claimed > 0n) await settle(event, context, paymentId, 0n, escrow.claimed);
  }
  return { hubId: sold.hubId, token, accounts: [sellerOf(terms)] };
});

const sellerOf = (terms: { payee: unknown }): Hex => terms.payee as Hex;

follow("Grants:GrantGiven", async (event, context) => {
  const { args, block, transaction } = event;
  await context.db.insert(purchase).values({
    ...args,
    position: event.id,
    plan: null,
    kind: null,
    given: true,
    unitPrice: 0n,
    period: 0,
    upfront: 0n,
    signer: args.buyer,
    buyerSalt: zeroHash,
    market: zeroAddress,
    amount: 0n,
    rotatedSigner: null,
    rotatedKey: null,
    revokedAt: null,
    transactionHash: transaction.hash,
    block: block.number,
    createdAt: Number(block.timestamp),
  });
});

follow("Grants:GrantRevoked", async (event, context) => {
  const { grantId, listingId, revokedAt } = event.args;
  const { buyer } = await context.db.update(purchase, { grantId }).set({ revokedAt });
  await setBlocked(context, listingId, buyer, true);
  return { accounts: [buyer] };
});

follow("Grants:Unblocked", async (event, context) => {
  await setBlocked(context, event.args.listingId, event.args.buyer, false);
});

async function setBlocked(context: Context, listingId: bigint, buyer: Hex, blocked: boolean) {
  await context.db
    .insert(buyerState)
    .values({ listingId, buyer, requests: 0, blocked })
    .onConflictDoUpdate({ blocked });
}

// What comes back to the buyer is said by the subscription's own event.
follow("Grants:GrantSuspended", async (event, context) => {
  const { grantId } = event.args;
  const { buyer } = await context.db
    .update(purchase, { grantId })
    .set({ revokedAt: Number(event.block.timestamp) });
  return { accounts: [buyer] };
});

follow("Grants:GrantReplaced", async (event, context) => {
  const { grantId } = event.args;
  const { buyer, listingId } = await context.db
    .update(purchase, { grantId })
    .set((row) => ({ revokedAt: row.revokedAt ?? Number(event.block.timestamp) }));
  return { accounts: [buyer], listingId };
});

follow("Grants:KeysRotated", async (event, context) => {
  const { grantId, encryptionKey: rotatedKey, signer: rotatedSigner } = event.args;
  const { buyer } = await context.db.update(purchase, { grantId }).set({ rotatedKey, rotatedSigner });
  return { accounts: [buyer] };
});

note("Grants:PurchaseSkipped");
