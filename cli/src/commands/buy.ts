import { buy, type GetListingReturnType, getApproval, getListing } from "@weir/sdk/chain";
import { deliveryOf, type PrepareBuyParameters, prepareBuy } from "@weir/sdk/client";
import {
  FOREVER,
  isMetered,
  ListingFlag,
  type Plan,
  PlanKind,
  subscriptionAmount,
  unitPriceOf,
} from "@weir/sdk/core";
import { type Command, Option } from "commander";
import type { Address, Hex } from "viem";
import { siteOption, type WriteOptions, writeCommand } from "../command.ts";
import { FUNDINGS, type FundingWord, funded, fundingOf } from "../funding.ts";
import { accountSecret } from "../keys.ts";
import { print, RefusedByRule, UsageError } from "../output.ts";
import { address, amount, bytes32, id, seconds } from "../parse.ts";
import { openPlace, type Place, type Token, tokenOf } from "../place.ts";
import { duration, inUnits, kindOf, planIndex, planLine } from "../plans.ts";
import { openWallet } from "../wallet.ts";

type Options = WriteOptions & {
  plan?: string;
  deposit?: string;
  for?: number;
  funding: FundingWord;
  through?: Address;
  attestation?: Hex;
  site: string;
  dryRun?: boolean;
};

/** By how much a window is bought shorter than the longest: the clocks here and on chain need not agree. */
const CLOCK_SLACK_SECONDS = 60;

/** `weir buy 7 --plan message --deposit 0.01`, `weir buy 7 --plan period --for 30d` */
export const buyCommand = (): Command =>
  writeCommand("buy", "buy a plan of a listing in one transaction")
    .argument("<listing>", "its number", id)
    .option(
      "--plan <kind>",
      "message, byte, period, flat, free, or the plan's number (default: the only one)",
    )
    .option("--deposit <amount>", "of message and byte plans: what goes into escrow; the rest comes back")
    .option("--for <time>", "of period plans: how much time is paid for, such as 30d", seconds)
    .addOption(
      new Option(
        "--funding <way>",
        "how a token is paid; auto takes an allowance that is there, a permit, or allows first",
      )
        .choices(FUNDINGS)
        .default("auto"),
    )
    .option("--through <market>", "the market's fee address, where the listing names it", address)
    .option("--attestation <uid>", "the certificate that the listing demands", bytes32)
    .option("--dry-run", "say what it would cost; nothing is signed")
    .addOption(siteOption())
    .action(purchase);

async function purchase(listingId: bigint, options: Options): Promise<void> {
  const place = await openPlace(options);
  const { client, contracts, fromBlock } = place;
  const listing = await getListing(client, { contracts, listingId, fromBlock });
  const { terms, version } = listing;
  const index = planIndex(terms.plans, options.plan);
  const plan = terms.plans[index]!;
  const token = await tokenOf(place, terms.token, "token");
  const paid = amountOf(plan, token, options);
  const funding = fundingOf(options.funding, terms.token, paid);
  if (options.dryRun) {
    print(
      options.json,
      {
        dryRun: true,
        listing: listingId,
        version,
        plan: index,
        kind: kindOf(plan),
        amount: paid,
        symbol: token.symbol,
        entry: plan.entry,
      },
      `${inUnits(paid, token)} would be paid into escrow; ${planLine(plan, token)}`,
    );
    return;
  }
  const wallet = await openWallet(place, options);
  const buyer = wallet.account.address;
  const prepared = prepareBuy({
    delivery: deliveryOf(place.chain.id, contracts),
    subscriptions: contracts.Subscriptions,
    listingId,
    version,
    terms,
    planIndex: index,
    buyer,
    amount: paid,
    accountSecret: await accountSecret(place, wallet, options.site),
    ...(funding === undefined ? {} : { funding }),
    ...(options.through ? { market: options.through } : {}),
    ...(options.attestation ? { attestation: options.attestation } : {}),
    ...(await approved(place, listing, buyer)),
  });
  const sent = await buy(wallet, {
    contracts,
    purchase: await funded(place, wallet, prepared, options.funding),
  });
  const { grantId, paymentId, hash, receipt } = sent;
  print(
    options.json,
    {
      listing: listingId,
      version,
      plan: index,
      kind: kindOf(plan),
      buyer,
      amount: paid,
      symbol: token.symbol,
      grantId,
      paymentId,
      transactionHash: hash,
      gasUsed: receipt.gasUsed,
    },
    `bought for ${inUnits(paid, token)} as grant ${grantId}; \`weir watch ${listingId}\` opens it`,
  );
}

/** What the plan takes under these options. @throws UsageError naming the one that is missing or does not belong there */
export function amountOf(
  plan: Plan,
  token: Pick<Token, "decimals" | "symbol">,
  options: Pick<Options, "deposit" | "for">,
): bigint {
  const time = Math.floor(Date.now() / 1000);
  const deposit =
    options.deposit === undefined ? undefined : amount(options.deposit, token.decimals, "--deposit");
  const notFor = (option: string) => new UsageError(`--${option}: is not for plans of kind ${kindOf(plan)}`);
  if (options.for !== undefined && plan.kind !== PlanKind.period) throw notFor("for");
  if (isMetered(plan)) {
    if (deposit === undefined) throw new UsageError("--deposit: say how much goes into escrow");
    if (deposit < plan.entry)
      throw new RefusedByRule(
        `--deposit: is at least the plan's entry, ${inUnits(plan.entry, token as Token)}`,
      );
    return deposit;
  }
  if (plan.kind === PlanKind.period) {
    if ((deposit === undefined) === (options.for === undefined))
      throw new UsageError("--for: say how much time is paid for, or the amount with --deposit");
    if (deposit !== undefined) return deposit;
    const most = plan.maxWindow < FOREVER ? plan.maxWindow - CLOCK_SLACK_SECONDS : FOREVER;
    if (options.for! < 1 || options.for! > plan.maxWindow)
      throw new RefusedByRule(`--for: is from 1s to ${duration(plan.maxWindow)}`);
    return subscriptionAmount(plan, Math.min(options.for!, most), time);
  }
  if (deposit !== undefined) throw notFor("deposit");
  return plan.kind === PlanKind.flat ? unitPriceOf(plan, time) : 0n;
}

/** The seller's approval, where the listing is sold by approval only. */
async function approved(
  { client, contracts, fromBlock }: Place,
  { listingId, version, terms }: GetListingReturnType,
  buyer: Address,
): Promise<Pick<PrepareBuyParameters, "approval">> {
  if ((terms.flags & ListingFlag.restricted) === 0) return {};
  const approval = await getApproval(client, { contracts, listingId, buyer, version, fromBlock });
  if (approval === null)
    throw new RefusedByRule(
      `listing ${listingId} is sold by approval only: ask with \`weir request create ${listingId}\``,
    );
  return { approval };
}
