// What create and revise share: the file, the hub's side of the terms, and the preview.
import { getHub, getPublisherKeys } from "@weir/sdk/chain";
import type { ListingTerms } from "@weir/sdk/core";
import type { Address } from "viem";
import { parseListing, tokenIn } from "../../listing-file.ts";
import { line, RefusedByRule } from "../../output.ts";
import { type Place, readJson, type Token, tokenOf } from "../../place.ts";
import { duration, planLine, termsRow } from "../../plans.ts";

export type Offer = { terms: ListingTerms; metadata: string; token: Token };

/** The file under the hub's present payout and publisher. @throws UsageError naming the field */
export async function offerOf(
  place: Place,
  hubId: bigint,
  path: string,
  operator: Address | undefined,
): Promise<Offer> {
  const { client, contracts, fromBlock, market } = place;
  const file = readJson(path, "file");
  const token = await tokenOf(place, tokenIn(file), "token");
  const { payout } = await getHub(client, { contracts, hubId, fromBlock });
  const context = {
    hubId,
    payee: payout,
    operator: operator ?? (await publisherOf(place, hubId)),
    token,
    relays: market.relays.map((relay) => relay.operator).slice(0, 4),
  };
  return { ...parseListing(file, context), token };
}

/** The account of the hub's newest key: the gateway that publishes. */
async function publisherOf({ client, contracts }: Place, hubId: bigint): Promise<Address> {
  const keys = await getPublisherKeys(client, { contracts, hubId });
  const key = keys.findLast(({ revokedAt }) => revokedAt === 0);
  if (!key)
    throw new RefusedByRule(`hub ${hubId} has no gateway yet: run \`weir gateway init ${hubId}\` first`);
  return key.account;
}

/** What would be sent, without sending it. */
export function preview(json: boolean | undefined, { terms, metadata, token }: Offer): void {
  if (json) {
    console.log(line({ dryRun: true, terms: termsRow(terms, token), metadata: JSON.parse(metadata) }));
    return;
  }
  console.log(JSON.stringify(JSON.parse(metadata), null, 2));
  for (const [i, plan] of terms.plans.entries()) console.log(`plan ${i}  ${planLine(plan, token)}`);
  const { relays, relayBps, segment, epochLength, challenge } = terms;
  console.log(`relays  ${relays.join(", ")}, ${relayBps / 100} % of what is paid`);
  console.log(
    `segment ${segment.maxMessages} messages, ${segment.maxBytes} bytes or ${segment.flushMs} ms; epoch ${duration(epochLength)}; challenge ${duration(challenge)}`,
  );
  console.log("nothing was sent: this was a dry run");
}
