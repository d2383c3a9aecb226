import { getOwed, pull } from "@weir/sdk/chain";
import type { Command } from "commander";
import { type WriteOptions, writeCommand } from "../../command.ts";
import { print } from "../../output.ts";
import { several } from "../../parse.ts";
import { openPlace, tokenOf } from "../../place.ts";
import { inUnits } from "../../plans.ts";
import { openWallet } from "../../wallet.ts";

const ESCROWS = ["Channels", "Subscriptions"] as const;

/** `weir relay pull --token ETH,TUSD`; the same for whoever else is owed: a market, a seller. */
export const relayPull = (): Command =>
  writeCommand("pull", "send what the escrows owe the account to it")
    .option(
      "--token <token>",
      "symbol or address; several with commas (default: ETH and the market's tokens)",
      several(String),
    )
    .action(act);

async function act(options: WriteOptions & { token?: string[] }): Promise<void> {
  const place = await openPlace(options);
  const { client, contracts, market } = place;
  const wallet = await openWallet(place, options);
  const holder = wallet.account.address;
  const names = options.token ?? [...new Set(["ETH", ...market.tokens.map(({ symbol }) => symbol)])];
  let sent = 0;
  for (const name of names) {
    const token = await tokenOf(place, name, "--token");
    for (const escrow of ESCROWS) {
      if ((await getOwed(client, { contracts, escrow, holder, token: token.address })) === 0n) continue;
      const { amount, hash } = await pull(wallet, { contracts, escrow, holder, token: token.address });
      sent += 1;
      // At once: a later token may fail, and this one has arrived.
      print(
        options.json,
        { escrow, amount, symbol: token.symbol, transactionHash: hash },
        `${inUnits(amount, token)} from ${escrow}: transaction ${hash}`,
      );
    }
  }
  if (sent === 0 && !options.json) console.log("nothing is owed to this account");
}
