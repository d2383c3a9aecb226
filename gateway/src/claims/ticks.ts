// Ticks turned into money: `claimTicks` takes one channel at a time, and its gas grows with the ticks (about 265 each), so a voucher goes first.
import {
  type ClaimTicksReturnType,
  type Contracts,
  claimTicks,
  type TickRow,
  type WriteClient,
} from "@weir/sdk/chain";
import { type Crypto, hex, lowerTicks } from "@weir/sdk/core";
import type { Account, Ticks } from "../keys/account.ts";

/** The seller's side of a channel's terms, as every claim carries it. */
export const commonOf = ({ terms, relays, listingId }: Account) => {
  const { payee, operator, token, relayBps, market, marketBps, challenge } = terms;
  return { payee, operator, token, listingId, relays, relayBps, market, marketBps, challenge };
};

/** Presents so many of the revealed ticks; fewer need no further word of the buyer. @throws ContractError */
export function presentTicks(
  wallet: WriteClient,
  p: { contracts: Contracts; crypto: Crypto; account: Account; proof: Ticks; ticks: number },
): Promise<ClaimTicksReturnType> {
  const { contracts, crypto, account, proof, ticks } = p;
  const { payer, signer, salt } = account.terms;
  const { base, tip, tickValue, maxTicks, relay, signature } = proof;
  const { preimage } = lowerTicks(crypto, account.channelId, proof, ticks);
  // 64 bytes r ‖ vs.
  const [r, vs] = [hex(signature.slice(0, 32)), hex(signature.slice(32))];
  const row: TickRow = {
    ...{ payer, signer, salt, base, tip, tickValue, maxTicks, relay, r, vs },
    preimage: hex(preimage),
  };
  return claimTicks(wallet, { contracts, common: commonOf(account), row, ticks });
}
