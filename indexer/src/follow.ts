/** One way to follow an event: change the tables, then write it into the activity of everybody it concerns. */
import { type Context, type Event, type EventNames, ponder } from "ponder:registry";
import { activity } from "ponder:schema";
import type { Hex } from "viem";

/** What an event's own arguments do not say about it. */
export type Facts = {
  accounts?: readonly Hex[];
  listingId?: bigint;
  hubId?: bigint;
  grantId?: Hex;
  amount?: bigint;
  token?: Hex;
};

/** Arguments of our events that are somebody's account. Tokens and registries are none. */
const PARTIES = [
  "account",
  "buyer",
  "by",
  "holder",
  "manager",
  "market",
  "operator",
  "owner",
  "payee",
  "payer",
  "payout",
  "pendingOwner",
  "previousOwner",
  "publisher",
  "to",
];
/** The first of these that an event carries is its amount. */
const AMOUNTS = ["amount", "refund", "stake", "settled"];
const NOBODY = /^0x0{40}$/;

type Logged = {
  id: string;
  args: Record<string, unknown>;
  block: { number: bigint; timestamp: bigint };
  transaction: { hash: Hex; from: Hex };
};

/**
 * Registers `apply` for an event. What `apply` returns goes before what the arguments say.
 *
 * @example follow("Hubs:PayoutSet", async (event, context) => { await context.db.update(…).set(…); });
 */
export function follow<const name extends EventNames>(
  name: name,
  // biome-ignore lint/suspicious/noConfusingVoidType: most events say everything themselves, their handlers return nothing
  apply: (event: Event<name>, context: Context) => Promise<Facts | void>,
): void {
  const handler = async ({ event, context }: { event: Event<name>; context: Context }) => {
    const facts = (await apply(event, context)) ?? {};
    await record(name, event as unknown as Logged, facts, context);
  };
  ponder.on(name, handler as unknown as Parameters<typeof ponder.on<name>>[1]);
}

/** Follows an event that changes no row of its own. */
export const note = (name: EventNames): void => follow(name, async () => undefined);

async function record(source: string, event: Logged, facts: Facts, context: Context): Promise<void> {
  const { args, block, transaction } = event;
  const [contract = "", name = ""] = source.split(":");
  const parties = PARTIES.map((key) => args[key]).filter((value) => typeof value === "string") as Hex[];
  const accounts = [...(facts.accounts ?? []), ...parties, transaction.from];
  const amount = AMOUNTS.map((key) => args[key]).find((value) => typeof value === "bigint");
  const row = {
    position: event.id,
    name,
    contract,
    listingId: facts.listingId ?? (args.listingId as bigint | undefined) ?? null,
    hubId: facts.hubId ?? (args.hubId as bigint | undefined) ?? null,
    grantId: facts.grantId ?? (args.grantId as Hex | undefined) ?? null,
    amount: facts.amount ?? (amount as bigint | undefined) ?? null,
    token: facts.token ?? (args.token as Hex | undefined) ?? null,
    transactionHash: transaction.hash,
    block: block.number,
    createdAt: Number(block.timestamp),
  };
  const own = new Set(accounts.map((account) => account.toLowerCase() as Hex));
  const rows = [...own].filter((account) => !NOBODY.test(account)).map((account) => ({ ...row, account }));
  await context.db.insert(activity).values(rows);
}
