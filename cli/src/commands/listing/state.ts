// pause, resume and close differ in one call.
import { closeListing, pauseListing, resumeListing } from "@weir/sdk/chain";
import type { Command } from "commander";
import { type WriteOptions, writeCommand } from "../../command.ts";
import { print } from "../../output.ts";
import { id } from "../../parse.ts";
import { openPlace } from "../../place.ts";
import { openWallet } from "../../wallet.ts";

const ACTS = {
  pause: { act: pauseListing, description: "take a listing off sale for now", done: "is not for sale now" },
  resume: { act: resumeListing, description: "put a paused listing back on sale", done: "is on sale again" },
} as const;

const change = (name: keyof typeof ACTS): Command =>
  writeCommand(name, ACTS[name].description)
    .argument("<listing>", "its number", id)
    .action(async (listingId: bigint, options: WriteOptions) => {
      const place = await openPlace(options);
      const wallet = await openWallet(place, options);
      const { hash } = await ACTS[name].act(wallet, { contracts: place.contracts, listingId });
      print(
        options.json,
        { listing: listingId, state: name, transactionHash: hash },
        `listing ${listingId} ${ACTS[name].done}`,
      );
    });

export const listingPause = (): Command => change("pause");
export const listingResume = (): Command => change("resume");

/** `weir listing close 7`: for ever; what was bought is served to its end. */
export const listingClose = (): Command =>
  writeCommand("close", "end the sale of a listing for ever; its bond can be taken out later")
    .argument("<listing>", "its number", id)
    .action(async (listingId: bigint, options: WriteOptions) => {
      const place = await openPlace(options);
      const wallet = await openWallet(place, options);
      const { hash, bondFrom } = await closeListing(wallet, { contracts: place.contracts, listingId });
      print(
        options.json,
        { listing: listingId, state: "close", bondFrom, transactionHash: hash },
        `listing ${listingId} is closed; its bond is free from ${new Date(bondFrom * 1000).toISOString()}`,
      );
    });
