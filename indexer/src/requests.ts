import type { Context } from "ponder:registry";
import { buyerState, listing, request } from "ponder:schema";
import type { Hex } from "viem";
import { follow } from "./follow.ts";
import { storable } from "./metadata.ts";

type Asked = {
  id: string;
  args: { listingId: bigint; buyer: Hex };
  block: { timestamp: bigint };
  transaction: { hash: Hex };
};

follow("Grants:GrantRequested", async (event, context) => {
  const { hubId } = await add(event, context, event.args);
  return { hubId };
});

follow("Grants:RequestApproved", async (event, context) => {
  const { version, termsHash, manager, deadline, signature } = event.args;
  const decision = { state: "approved", reason: null, manager, deadline, termsHash, signature } as const;
  return { hubId: await decide(event, context, version, decision) };
});

follow("Grants:RequestDeclined", async (event, context) => {
  const { manager, reason } = event.args;
  const nothing = { deadline: null, termsHash: null, signature: null };
  const decision = { state: "declined", reason: storable(reason), manager, ...nothing } as const;
  return { hubId: await decide(event, context, 0, decision) };
});

async function add(event: Asked, context: Context, asked: { version: number; note: Hex }) {
  const { listingId, buyer } = event.args;
  const { requests } = await context.db
    .insert(buyerState)
    .values({ listingId, buyer, requests: 1, blocked: false })
    .onConflictDoUpdate((row) => ({ requests: row.requests + 1 }));
  const { hubId } = (await context.db.find(listing, { id: listingId }))!;
  return context.db.insert(request).values({
    listingId,
    buyer,
    number: requests,
    position: event.id,
    hubId,
    version: asked.version,
    note: asked.note,
    state: "open",
    reason: null,
    manager: null,
    deadline: null,
    termsHash: null,
    signature: null,
    transactionHash: event.transaction.hash,
    createdAt: Number(event.block.timestamp),
    decidedAt: null,
  });
}

type Decision = Partial<typeof request.$inferInsert>;

/** A decision is about the buyer's newest request. One that nobody asked for on chain gets a row of its own. */
async function decide(event: Asked, context: Context, version: number, decision: Decision): Promise<bigint> {
  const { listingId, buyer } = event.args;
  const state = await context.db.find(buyerState, { listingId, buyer });
  const number = state?.requests || (await add(event, context, { version, note: "0x" })).number;
  const decidedAt = Number(event.block.timestamp);
  const { hubId } = await context.db
    .update(request, { listingId, buyer, number })
    .set({ ...decision, decidedAt });
  return hubId;
}
