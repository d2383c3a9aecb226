import { readFileSync } from "node:fs";
import { commandDevice } from "@weir/sdk/client";
import { fileCounters } from "@weir/sdk/client/node";
import { MAX_COMMAND_SECONDS, Rights, utf8 } from "@weir/sdk/core";
import type { Command } from "commander";
import type { Hex } from "viem";
import { siteOption, type WriteOptions, writeCommand } from "../command.ts";
import { EXIT, print, safe, UsageError } from "../output.ts";
import { whole } from "../parse.ts";
import { openPlace } from "../place.ts";
import { buyerFolder, listingOrGrant, marketOf, purchaseOf } from "../trade.ts";
import { openWallet } from "../wallet.ts";

type Options = WriteOptions & { file?: string; seconds?: number; site: string };

/** `weir command 7 valve-3 '{"open": true}'` */
export const commandCommand = (): Command =>
  writeCommand(
    "command",
    "tell a device what to do, where the purchase allows it, and print what it answers; nobody on the way can read either",
  )
    .argument("<listing>", "its number, or a grant's id", listingOrGrant)
    .argument("<device>", "its name at the hub")
    .argument("[payload]", "what it is told, at most 4,096 bytes; JSON reaches it as such")
    .option("--file <path>", "what it is told, from a file; - is standard input")
    .option("--seconds <count>", "not handed over after so many (default: 20)", whole(1, MAX_COMMAND_SECONDS))
    .addOption(siteOption())
    .action(command);

async function command(
  meant: bigint | Hex,
  device: string,
  text: string | undefined,
  options: Options,
): Promise<void> {
  const { json, file, seconds, site } = options;
  const payload = payloadOf(text, file);
  const place = await openPlace(options);
  const wallet = await openWallet(place, options);
  const purchase = await purchaseOf(place, wallet.account.address, meant, Rights.write);
  const { grantId, listingId } = purchase;
  const market = await marketOf(place, wallet, site, purchase);
  try {
    const { outcome, payload: said } = await commandDevice(market, {
      grantId,
      device,
      payload,
      counters: fileCounters(buyerFolder(place)),
      ...(seconds === undefined ? {} : { seconds }),
    });
    const answer = answerOf(said);
    const result = { event: "command", listing: listingId, grantId, device, outcome };
    if (outcome === "answered") print(json, { ...result, ...answer.row }, safe(answer.text));
    else if (outcome === "oversized") print(json, result, `${device} answered more than can be sent back`);
    else {
      print(json, result, `${device} was told and has not answered; it may have done it`);
      process.exitCode = EXIT.unreachable;
    }
  } finally {
    await market.node.stop();
  }
}

function payloadOf(text: string | undefined, file: string | undefined): Uint8Array {
  if ((text === undefined) === (file === undefined))
    throw new UsageError("payload: give it behind the device, or name a file with --file");
  if (text !== undefined) return utf8(text);
  try {
    return readFileSync(file === "-" ? 0 : file!);
  } catch (error) {
    throw new UsageError(`--file: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** What the device said: JSON as such, text as text, anything else as base64. */
function answerOf(said: Uint8Array): { row: Record<string, unknown>; text: string } {
  const base64 = Buffer.from(said).toString("base64");
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(said);
    return { row: { payload: JSON.parse(text) }, text };
  } catch (error) {
    if (error instanceof SyntaxError)
      return { row: { payloadBase64: base64 }, text: Buffer.from(said).toString() };
    return { row: { payloadBase64: base64 }, text: base64 };
  }
}
