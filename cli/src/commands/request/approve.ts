import { approveRequest, getListing } from "@weir/sdk/chain";
import { grantsDomain, signable } from "@weir/sdk/core";
import type { Command } from "commander";
import type { Address } from "viem";
import { signTypedData } from "viem/actions";
import { type WriteOptions, writeCommand } from "../../command.ts";
import { print } from "../../output.ts";
import { address, id, seconds } from "../../parse.ts";
import { openPlace } from "../../place.ts";
import { openWallet } from "../../wallet.ts";

const WEEK_SECONDS = 7 * 86_400;

/** `weir request approve 7 0x… --for 7d` */
export const requestApprove = (): Command =>
  writeCommand("approve", "let a buyer buy the present version of a restricted listing")
    .argument("<listing>", "its number", id)
    .argument("<buyer>", "the account that may buy", address)
    .option("--for <time>", "how long the approval holds", seconds, WEEK_SECONDS)
    .action(approve);

async function approve(
  listingId: bigint,
  buyer: Address,
  options: WriteOptions & { for: number },
): Promise<void> {
  const place = await openPlace(options);
  const { client, contracts, chain, fromBlock } = place;
  const wallet = await openWallet(place, options);
  const { terms, version } = await getListing(client, { contracts, listingId, fromBlock });
  const { termsHash } = terms;
  const deadline = Math.floor(Date.now() / 1000) + options.for;
  const message = { listingId, version, buyer, termsHash, deadline };
  const typed = signable(grantsDomain({ chainId: chain.id, grants: contracts.Grants }), "Approval", message);
  const signature = await signTypedData(wallet, {
    ...typed,
    account: wallet.account,
  } as Parameters<typeof signTypedData>[1]);
  const approval = { manager: wallet.account.address, deadline, signature };
  const { hash } = await approveRequest(wallet, {
    contracts,
    listingId,
    version,
    buyer,
    termsHash,
    approval,
  });
  print(
    options.json,
    { listing: listingId, version, buyer, deadline, transactionHash: hash },
    `${buyer} may buy listing ${listingId} until ${new Date(deadline * 1000).toISOString()}`,
  );
}
