import { getListing } from "@weir/sdk/chain";
import { type DecodedMessage, type Feed, openPurchase } from "@weir/sdk/client";
import { type ExportVoucher, isMetered } from "@weir/sdk/core";
import type { Command } from "commander";
import type { Hex } from "viem";
import { siteOption, type WriteOptions, writeCommand } from "../command.ts";
import { line, print, progress, progressDone, RefusedByRule } from "../output.ts";
import { whole } from "../parse.ts";
import { openPlace, type Token, tokenOf } from "../place.ts";
import { inUnits } from "../plans.ts";
import { openSink } from "../sinks.ts";
import { listingOrGrant, marketOf, purchaseOf } from "../trade.ts";
import { openWallet } from "../wallet.ts";

type Options = WriteOptions & {
  out?: string;
  messages?: number;
  stop?: boolean;
  fromStart?: boolean;
  site: string;
};

/** `weir watch 7 --out data.jsonl` */
export const watchCommand = (): Command =>
  writeCommand(
    "watch",
    "receive what was bought, pay as it arrives, and write it down; Ctrl-C ends the connection, not the purchase",
  )
    .argument("<listing>", "its number, or a grant's id", listingOrGrant)
    .option(
      "--out <place>",
      "data.jsonl (an export with its proofs), data.csv, or mqtt://host:port/prefix (default: standard output)",
    )
    .option("--messages <count>", "end after so many", whole(1, 1e12))
    .option(
      "--from-start",
      "of a plan that is not metered: from where the purchase begins, its history included",
    )
    .option("--stop", "at the end close the channel, so that the rest of the deposit comes back")
    .addOption(siteOption())
    .action(watch);

async function watch(meant: bigint | Hex, options: Options): Promise<void> {
  const { json, out, site } = options;
  const place = await openPlace(options);
  const { client, contracts, fromBlock } = place;
  const wallet = await openWallet(place, options);
  const purchase = await purchaseOf(place, wallet.account.address, meant);
  const { listingId, version, grantId, transactionHash } = purchase;
  const { terms, metadata } = await getListing(client, { contracts, listingId, version, fromBlock });
  const plan = terms.plans[purchase.plan]!;
  if (options.stop && !isMetered(plan))
    throw new RefusedByRule(
      "--stop: only message and byte plans have a channel to close; see `weir subscription cancel`",
    );
  const token = await tokenOf(place, terms.token, "token");
  const market = await marketOf(place, wallet, site, purchase);
  try {
    const { feed, head } = await openPurchase(market, {
      grantId,
      transactionHash,
      ...(options.fromStart ? { fromStart: true } : {}),
    });
    const tell = (event: Record<string, unknown>) => {
      if (json) console.log(line(event));
    };
    const sink = await openSink(out, {
      head,
      fields: fieldsOf(metadata),
      print: (message) => printMessage(message),
    }).catch(async (error: unknown) => {
      await feed.close();
      throw error;
    });
    let voucher: ExportVoucher | null = null;
    let received = 0;
    const over = Promise.withResolvers<void>();
    feed.on("voucher", (signed) => {
      voucher = signed;
    });
    feed.on("messages", (delivered) => {
      sink.take(delivered);
      received += delivered.messages.length;
      if (out !== undefined) progress(progressLine(feed, token));
      if (options.messages !== undefined && received >= options.messages) over.resolve();
    });
    feed.on("state", ({ status, reason }) => {
      tell({ event: "state", status, ...(reason ? { reason: reason.name } : {}) });
      if (status === "failed") over.reject(reason);
      if (status === "out-of-money" && !json) {
        progressDone();
        console.error(`weir: the deposit is used up: \`weir channel top-up ${grantId}\` goes on`);
      }
    });
    tell({ event: "open", listing: listingId, grantId, status: feed.state.status });
    if (feed.state.status === "failed") over.reject(feed.state.reason);
    const interrupted = () => over.resolve();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupted);
    let stopped: Awaited<ReturnType<Feed["stop"]>> | undefined;
    try {
      await Promise.race([over.promise, sink.failed]);
      if (options.stop) stopped = await feed.stop();
    } finally {
      await feed.close();
      await sink.end(voucher);
      progressDone();
    }
    report(options, { feed, token, grantId, received, stopped });
  } finally {
    await market.node.stop();
  }
}

function report(
  { json, out }: Options,
  {
    feed,
    token,
    grantId,
    received,
    stopped,
  }: {
    feed: Feed;
    token: Token;
    grantId: Hex;
    received: number;
    stopped: Awaited<ReturnType<Feed["stop"]>> | undefined;
  },
): void {
  const { due, signed, deposit } = feed.meter;
  const result = { event: "ended", grantId, received, due, signed, deposit, ...(out ? { out } : {}) };
  const spent = `${received} messages, ${inUnits(due, token)} due in all`;
  if (stopped === undefined) print(json, result, out === undefined ? "" : spent);
  else if (stopped.by === "gateway")
    print(
      json,
      {
        ...result,
        stopped: { by: "gateway", transactionHash: stopped.transactionHash, capture: stopped.capture },
      },
      `${spent}; the channel is closed`,
    );
  else
    print(
      json,
      { ...result, stopped: { by: "challenge", reason: stopped.reason.name } },
      `${spent}; the seller does not answer: \`weir channel close ${grantId} --on-chain\` and, after the challenge, \`weir channel withdraw ${grantId}\``,
    );
}

/** Always JSON lines: what a seller wrote is data, not words for a terminal. */
function printMessage({ device, topic, timeMs, payload, json }: DecodedMessage): void {
  const value =
    json === undefined ? { payloadBase64: Buffer.from(payload).toString("base64") } : { payload: json };
  console.log(JSON.stringify({ event: "message", device, topic, timeMs, ...value }));
}

const progressLine = (feed: Feed, token: Token): string => {
  const { messages, due, deposit } = feed.meter;
  return `${feed.state.status}  ${messages} messages${deposit > 0n ? `  ${inUnits(due, token)} of ${inUnits(deposit, token)}` : ""}`;
};

/** The columns that the seller's schema names; none where it is anything else. */
export function fieldsOf(metadata: string): string[] {
  try {
    const { schema } = JSON.parse(metadata) as { schema?: { properties?: unknown } };
    const { properties } = schema ?? {};
    return typeof properties === "object" && properties !== null
      ? Object.keys(properties).slice(0, MAX_COLUMNS)
      : [];
  } catch {
    return []; // a stranger's metadata need not be JSON: the table then has the payload whole
  }
}
const MAX_COLUMNS = 256;
