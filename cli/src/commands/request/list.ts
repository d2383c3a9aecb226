import { getHub, getListing, getListingIds, getRequests } from "@weir/sdk/chain";
import { deriveNotesKey, NoteError, openNote } from "@weir/sdk/core";
import type { Command } from "commander";
import { siteOption, type WriteOptions, writeCommand } from "../../command.ts";
import { accountSecret } from "../../keys.ts";
import { printRows, UsageError } from "../../output.ts";
import { id } from "../../parse.ts";
import { openPlace, type Place } from "../../place.ts";
import { openWallet, readKeystore } from "../../wallet.ts";

type Options = WriteOptions & {
  hub?: bigint;
  listing?: bigint;
  mine?: boolean;
  notes?: boolean;
  site: string;
};

/** `weir request list --hub 1 --notes` */
export const requestList = (): Command =>
  writeCommand("list", "requests for restricted listings and their answers")
    .option("--hub <hub>", "of all listings of this hub", id)
    .option("--listing <listing>", "of one listing", id)
    .option("--mine", "that the keystore's account made")
    .option("--notes", "open the buyers' notes; the keystore's account founded the hub")
    .addOption(siteOption())
    .action(list);

async function list(options: Options): Promise<void> {
  const place = await openPlace(options);
  const { client, contracts, fromBlock } = place;
  const chosen = [options.hub, options.listing, options.mine].filter((item) => item !== undefined);
  if (chosen.length !== 1) throw new UsageError("--hub: name a hub, a --listing, or --mine");
  const query = options.mine ? { buyer: readKeystore(options).address } : {};
  const listings =
    options.hub === undefined
      ? [options.listing]
      : await getListingIds(client, { contracts, hubId: options.hub, fromBlock });
  const requests = [];
  for (const listingId of listings)
    requests.push(...(await getRequests(client, { contracts, fromBlock, listingId, ...query })));
  const open = options.notes ? await noteReader(place, options) : undefined;
  const rows = [];
  for (const request of requests)
    rows.push({
      listing: request.listingId,
      buyer: request.buyer,
      version: request.version,
      state: request.state,
      deadline: request.deadline,
      reason: request.reason,
      note: open ? await open(request) : request.note,
    });
  printRows(
    options.json,
    rows,
    ["listing", "buyer", "version", "state", ...(open ? ["note"] : []), "reason"],
    "no request",
  );
}

/** Opens a note under the account's key, or says why it does not open. */
async function noteReader(place: Place, options: Options) {
  const { client, contracts, chain, fromBlock } = place;
  const wallet = await openWallet(place, options);
  const key = deriveNotesKey(await accountSecret(place, wallet, options.site));
  return async (request: Awaited<ReturnType<typeof getRequests>>[number]): Promise<string> => {
    const { listingId, buyer, note } = request;
    if (note === "0x") return "";
    const { terms } = await getListing(client, { contracts, listingId, fromBlock });
    const { encryptionKey } = await getHub(client, { contracts, hubId: terms.hubId, fromBlock });
    if (encryptionKey !== key.encryptionKey) return "(sealed to another key)";
    const context = { chainId: chain.id, grants: contracts.Grants, listingId, buyer, encryptionKey };
    return openNote(context, key.privateKey, note).catch((error: unknown) => {
      if (error instanceof NoteError) return `(${error.message})`;
      throw error;
    });
  };
}
