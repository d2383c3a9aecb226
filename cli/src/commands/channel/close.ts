import { requestClose } from "@weir/sdk/chain";
import { type Feed, openPurchase, type StopResult } from "@weir/sdk/client";
import type { Command } from "commander";
import type { Hex } from "viem";
import { siteOption, type WriteOptions, writeCommand } from "../../command.ts";
import { print, RefusedByRule } from "../../output.ts";
import { bytes32 } from "../../parse.ts";
import { inUnits } from "../../plans.ts";
import { marketOf } from "../../trade.ts";
import { stateOf } from "./list.ts";
import { type Own, ownPayment } from "./own.ts";

type Options = WriteOptions & { onChain?: boolean; site: string };

/** How long a relay may take to let us in before the chain is asked instead. */
const OPEN_PATIENCE_MS = 15_000;

/** `weir channel close 0x…`: the seller closes at once; if he does not answer, the challenge begins. */
export const channelClose = (): Command =>
  writeCommand("close", "end a purchase and get back what is left")
    .argument("<grant>", "the purchase's id", bytes32)
    .option(
      "--on-chain",
      "do not ask the seller; begin the challenge, after which `weir channel withdraw` works",
    )
    .addOption(siteOption())
    .action(close);

async function close(grantId: Hex, options: Options): Promise<void> {
  const own = await ownPayment("channel", grantId, options);
  const { slot } = own.payment;
  if (stateOf(slot) === "closed") throw new RefusedByRule(`grant ${grantId}: its channel is closed already`);
  const stopped = options.onChain || slot.closeAt !== 0 ? undefined : await askSeller(own, options.site);
  if (stopped?.by === "gateway") {
    const { capture, transactionHash } = stopped;
    const refund = slot.deposit - capture;
    print(
      options.json,
      { grantId, by: "gateway", captured: capture, refund, symbol: own.token.symbol, transactionHash },
      `closed: ${inUnits(capture, own.token)} were owed, ${inUnits(refund, own.token)} came back`,
    );
    return;
  }
  if (slot.closeAt !== 0)
    throw new RefusedByRule(
      `grant ${grantId}: a close is under way; withdraw from ${new Date(slot.closeAt * 1000).toISOString()} on`,
    );
  const { contracts } = own.place;
  const { hash, closeAt } = await requestClose(own.wallet, { contracts, terms: own.payment.terms });
  const reason = stopped?.by === "challenge" ? stopped.reason.name : null;
  print(
    options.json,
    { grantId, by: "challenge", reason, closeAt, transactionHash: hash },
    `${reason === null ? "" : `the seller did not close (${reason}); `}the challenge runs: \`weir channel withdraw ${grantId}\` works from ${new Date(closeAt * 1000).toISOString()} on`,
  );
}

async function askSeller({ place, wallet, purchase }: Own<"channel">, site: string): Promise<StopResult> {
  const market = await marketOf(place, wallet, site, purchase);
  try {
    const { grantId, transactionHash } = purchase;
    const { feed } = await openPurchase(market, { grantId, transactionHash });
    await opened(feed);
    return await feed.stop();
  } finally {
    await market.node.stop();
  }
}

/** Resolves once a relay serves the purchase, or when it is clear that none will: stopping then says why. */
function opened(feed: Feed): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, OPEN_PATIENCE_MS);
    const look = () => {
      if (!["live", "waiting", "out-of-money", "failed"].includes(feed.state.status)) return;
      clearTimeout(timer);
      resolve();
    };
    feed.on("state", look);
    look();
  });
}
