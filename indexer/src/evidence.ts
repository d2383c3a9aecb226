// Anchors, and the consents of data subjects: what others prove with. GraphQL serves them.
import type { Context } from "ponder:registry";
import { anchor, consent, consentOperator, consentRound } from "ponder:schema";
import type { Hex } from "viem";
import { follow } from "./follow.ts";

follow("Anchors:Anchored", async (event, context) => {
  await context.db.insert(anchor).values({
    ...event.args,
    transactionHash: event.transaction.hash,
    createdAt: Number(event.block.timestamp),
  });
});

follow("Consents:ConsentOperatorSet", async (event, context) => {
  const { listingId, operator, ownerEpoch } = event.args;
  await context.db
    .insert(consentOperator)
    .values({ listingId, operator, ownerEpoch })
    .onConflictDoUpdate({ operator, ownerEpoch });
});

follow("Consents:RoundOpened", async (event, context) => {
  const { by, ...round } = event.args;
  await context.db.insert(consentRound).values({ ...round, openedBy: by, withdrawnAt: null });
});

follow("Consents:SubjectsNamed", async (event, context) => {
  const state = event.args.given ? "given" : "named";
  await setState(context, event.args, state);
});

follow("Consents:ConsentsGiven", (event, context) => setState(context, event.args, "given"));
follow("Consents:ConsentsWithdrawn", (event, context) => setState(context, event.args, "withdrawn"));

follow("Consents:RoundWithdrawn", async (event, context) => {
  const { listingId, round } = event.args;
  const withdrawnAt = Number(event.block.timestamp);
  await context.db.update(consentRound, { listingId, round }).set({ withdrawnAt });
});

type Subjects = { listingId: bigint; round: number; subjects: readonly Hex[] };

async function setState(context: Context, { listingId, round, subjects }: Subjects, state: State) {
  for (const subject of subjects)
    await context.db
      .insert(consent)
      .values({ listingId, round, subject, state })
      .onConflictDoUpdate({ state });
}

type State = "named" | "given" | "withdrawn";
