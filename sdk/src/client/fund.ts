// The buyer's signature that moves tokens for one purchase: signed by the wallet, carried by Purchase.authorization.
import { signTypedData } from "viem/actions";
import {
  type Contracts,
  getPermitNonce,
  getTokenDomain,
  requirePermit2,
  type WriteClient,
} from "../chain/index.ts";
import {
  channelFundNonce,
  encode3009,
  encodePermit,
  encodePermit2,
  type Hex,
  permit,
  permit2Transfer,
  randomSalt,
  receiveWithAuthorization,
  type Signable,
  subscriptionFundNonce,
} from "../core/index.ts";
import { Funding, type PreparedBuy, type Purchase } from "./buy.ts";

export type AuthorizeBuyParameters = {
  contracts: Contracts;
  /** Of `prepareBuy`, with funding pull, eip3009 or permit2. The wallet's account is its buyer. */
  prepared: PreparedBuy;
  /** Unix seconds until which the signature is good; default in an hour. */
  deadline?: bigint;
  /** Default: random. With the payment's id and amount it is the signature's nonce. */
  fundSalt?: Hex;
};

const SIGNED: ReadonlySet<number> = new Set([Funding.pull, Funding.eip3009, Funding.permit2]);

/** Long enough to send it, short enough that a purchase given up does not lie about. */
const DEADLINE_SECONDS = 3_600;

/**
 * Asks the wallet for the signature that pays for a purchase, and returns the purchase with it. EIP3009 and PERMIT2 bind this payment and
 * this amount, and anyone may send the purchase; for PULL it is a permit, and the buyer sends it himself.
 *
 * @throws RangeError for other fundings or accounts; ContractError `TokenDomainUnknown` if the token takes no signatures,
 * `Permit2Missing` for funding PERMIT2 on a chain without it
 * @example
 * const prepared = prepareBuy({ ...choice, funding: Funding.eip3009 });
 * await buy(anyone, { contracts, purchase: await authorizeBuy(wallet, { contracts, prepared }) });
 */
export async function authorizeBuy(
  wallet: WriteClient,
  parameters: AuthorizeBuyParameters,
): Promise<Purchase> {
  const { contracts, prepared, fundSalt = randomSalt() } = parameters;
  const deadline = parameters.deadline ?? BigInt(Math.floor(Date.now() / 1000) + DEADLINE_SECONDS);
  const { purchase } = prepared;
  const { amount, buyer, listing } = purchase;
  if (wallet.account.address.toLowerCase() !== buyer.toLowerCase())
    throw new RangeError("wallet: its account is not the buyer");
  const payment = prepared.channel ?? prepared.subscription;
  if (payment === null || !SIGNED.has(purchase.funding))
    throw new RangeError("prepared: nothing is signed for this plan and funding");
  const escrow = prepared.channel ? contracts.Channels : contracts.Subscriptions;
  const nonce = prepared.channel
    ? channelFundNonce(payment.id, amount, fundSalt)
    : subscriptionFundNonce(payment.id, amount, 0, fundSalt);
  const sign = (typed: Signable): Promise<Hex> =>
    signTypedData(wallet, { ...typed, account: wallet.account } as Parameters<typeof signTypedData>[1]);

  if (purchase.funding === Funding.permit2) {
    await requirePermit2(wallet);
    const { chain } = wallet;
    const { terms } = payment;
    const signature = await sign(
      permit2Transfer({ chainId: chain.id, escrow, terms, amount, nonce, deadline }),
    );
    return { ...purchase, authorization: encodePermit2({ fundSalt, deadline, signature }) };
  }
  const domain = await getTokenDomain(wallet, { token: listing.token });
  if (purchase.funding === Funding.eip3009) {
    const times = { validAfter: 0n, validBefore: deadline };
    const message = { from: buyer, to: escrow, value: amount, ...times, nonce };
    const signature = await sign(receiveWithAuthorization(domain, message));
    return { ...purchase, authorization: encode3009({ ...times, fundSalt, signature }) };
  }
  const permitNonce = await getPermitNonce(wallet, { token: listing.token, owner: buyer });
  const message = { owner: buyer, spender: contracts.Grants, value: amount, nonce: permitNonce, deadline };
  const signature = await sign(permit(domain, message));
  return { ...purchase, authorization: encodePermit({ value: amount, deadline, signature }) };
}
