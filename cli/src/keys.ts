// The secret behind all keys of an account: reading keys of purchases, and the key that opens notes to hubs.
import type { WriteClient } from "@weir/sdk/chain";
import { accountKeyText, type Bytes, deriveAccountSecret } from "@weir/sdk/core";
import { signMessage } from "viem/actions";
import type { Place } from "./place.ts";

/** One signature over a fixed text that names the site. */
export async function accountSecret(place: Place, wallet: WriteClient, site: string): Promise<Bytes> {
  const { contracts, chain } = place;
  const account = wallet.account.address;
  const message = accountKeyText({ site, chainId: chain.id, grants: contracts.Grants, account });
  return deriveAccountSecret(await signMessage(wallet, { account: wallet.account, message }));
}
