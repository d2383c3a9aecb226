/** What a purchase costs: the escrow's funding and the grant in one transaction, each by a buyer who has bought nothing before.
 * Long because every way to pay and every gate is one row, measured on the same few listings. */
import { encodeAbiParameters, type Hex, keccak256, maxUint256, parseAbiParameters, zeroAddress } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import { relaysHash } from "./channels.ts";
import { type Call, LATER, word } from "./harness.ts";
import type { Market } from "./market.ts";
import { byByte, Flag, flat, free, Kind, list, metered, type Offer, offer, period } from "./offers.ts";
import { authorization, domainOf, fields, permit, permit2, sign } from "./sign.ts";

/** Grants calls it on itself, within buyMany. */
export const ONLY_ITSELF = ["Grants.buyOne"];

const Funding = { NATIVE: 0, PULL: 1, EIP3009: 2, PERMIT2: 3, NONE: 4 } as const;
const ZERO = `0x${"00".repeat(32)}` as Hex;
const NO_APPROVAL = { manager: zeroAddress, deadline: 0, signature: "0x" as Hex };
const APPROVAL = {
  Approval: fields("uint64 listingId,uint32 version,address buyer,bytes32 termsHash,uint40 deadline"),
};
const TERMS = fields(
  "address payer,address payee,address operator,address token,address signer,uint64 listingId,bytes32 relaysHash,uint16 relayBps,address market,uint16 marketBps,uint40 challenge,bytes32 salt",
);
const READ = 1;
const DAY = 86_400;

export type Bought = {
  listingId: bigint;
  buyer: PrivateKeyAccount;
  grantId: Hex;
  terms: ReturnType<typeof channelTerms>;
};

/** Returns a metered purchase, for whoever measures what follows from one. */
export async function measureGrants(market: Market): Promise<Bought> {
  const { bench, grants, token, manager, session, stranger } = market;
  const inEther = offer(market, zeroAddress, [metered()]);
  const inToken = { ...inEther, token: token.address };
  const large = offer(market, token.address, [metered(), byByte(), period()], { market: true });
  const timed = offer(market, token.address, [period(), flat(), free()]);
  const etherListing = await list(market, inEther);
  const tokenListing = await list(market, inToken);
  const largeListing = await list(market, large);
  const timedListing = await list(market, timed);

  function order(
    listingId: bigint,
    listing: Offer,
    buyer: PrivateKeyAccount,
    plan = 0,
    changes: object = {},
  ) {
    const { kind, entry, upfront, price } = listing.plans[plan]!;
    const amount = entry + upfront + (kind === Kind.PERIOD ? 3n * price : 0n);
    const funding =
      kind === Kind.FREE ? Funding.NONE : listing.token === zeroAddress ? Funding.NATIVE : Funding.PULL;
    return {
      listingId,
      version: 1,
      plan,
      listing,
      buyer: buyer.address,
      signer: session.address,
      encryptionKey: word("buyer's encryption key"),
      buyerSalt: word("buyer's salt"),
      notBefore: 0,
      notAfter: LATER,
      market: zeroAddress as Hex,
      amount,
      minCredited: amount,
      funding: funding as number,
      authorization: "0x" as Hex,
      attestation: ZERO,
      approval: NO_APPROVAL,
      ...changes,
    };
  }
  type Order = ReturnType<typeof order>;
  const buy = (purchase: Order, by: PrivateKeyAccount, call: Call = {}) =>
    bench.call(by, grants, "buy", [purchase], {
      ...call,
      value: purchase.funding === Funding.NATIVE ? purchase.amount : 0n,
    });
  const idsOf = async (purchase: Order) => {
    const [paymentId, grantId] = (await bench.read(grants, "check", [purchase])) as [Hex, Hex];
    return { paymentId, grantId };
  };

  // Somebody has bought before: the escrows and Grants hold money, and nothing about them is new.
  const first = await market.buyerOf("first buyer");
  for (const purchase of [
    order(etherListing, inEther, first),
    order(tokenListing, inToken, first),
    order(timedListing, timed, first, 0),
  ])
    await buy(purchase, first);

  // ------------------------------------------------------------------------------------------------------------ metered
  const buyer = await market.buyerOf("buyer");
  await buy(order(etherListing, inEther, buyer), buyer, { name: "Grants.buy metered, ETH" });
  const metered1 = order(tokenListing, inToken, buyer);
  const ids = await idsOf(metered1);
  await buy(metered1, buyer, { name: "Grants.buy metered, ERC-20 by PULL" });
  const again = order(tokenListing, inToken, buyer, 0, { buyerSalt: word("second salt") });
  await buy(again, buyer, { name: "Grants.buy metered, second purchase of a listing" });
  const atMarket = order(largeListing, large, buyer, 0, { market: market.market.address });
  await buy(atMarket, buyer, { name: "Grants.buy metered, three plans and a market, ERC-20 by PULL" });

  const fresh = await bench.actor("buyer without allowance");
  await bench.call(first, token, "transfer", [fresh.address, 1_000_000_000n]);
  const { v, r, s } = await permit(fresh, token, grants.address, maxUint256, 0n, BigInt(LATER));
  const permitData = encodeAbiParameters(parseAbiParameters("uint256, uint256, uint8, bytes32, bytes32"), [
    maxUint256,
    BigInt(LATER),
    v,
    r,
    s,
  ]);
  await buy(order(tokenListing, inToken, fresh, 0, { authorization: permitData }), fresh, {
    name: "Grants.buy metered, ERC-20 by PULL with a permit",
  });

  const signedBy = async (name: string, funding: number) => {
    const account = await market.buyerOf(name);
    const unsigned = order(tokenListing, inToken, account, 0, { funding });
    const { paymentId } = await idsOf(unsigned);
    const fundSalt = word("fund salt");
    const types = parseAbiParameters("bytes32, uint96, bytes32");
    const nonce = keccak256(encodeAbiParameters(types, [paymentId, unsigned.amount, fundSalt]));
    return { account, unsigned, fundSalt, nonce, terms: channelTerms(market, unsigned, saltOf(unsigned)) };
  };
  const deadline = BigInt(LATER);
  const escrow = market.channels.address;

  const a = await signedBy("buyer by 3009", Funding.EIP3009);
  const authorised = await authorization(a.account, token, escrow, a.unsigned.amount, deadline, a.nonce);
  const data3009 = encodeAbiParameters(parseAbiParameters("uint256, uint256, bytes32, bytes"), [
    0n,
    deadline,
    a.fundSalt,
    authorised,
  ]);
  await buy({ ...a.unsigned, authorization: data3009 }, stranger, {
    name: "Grants.buy metered, ERC-20 by EIP-3009",
  });

  const b = await signedBy("buyer by Permit2", Funding.PERMIT2);
  const witness = { type: "Terms", fields: TERMS, message: b.terms };
  const allowed = await permit2(
    b.account,
    market.permit2,
    token,
    escrow,
    b.unsigned.amount,
    b.nonce,
    deadline,
    witness,
  );
  const data2 = encodeAbiParameters(parseAbiParameters("bytes32, uint256, bytes"), [
    b.fundSalt,
    deadline,
    allowed,
  ]);
  await buy({ ...b.unsigned, authorization: data2 }, stranger, {
    name: "Grants.buy metered, ERC-20 by Permit2",
  });

  // --------------------------------------------------------------------------------------------------------- other plans
  const subscriber = await market.buyerOf("subscriber by purchase");
  const periodOrder = order(timedListing, timed, subscriber, 0);
  const periodIds = await idsOf(periodOrder);
  await buy(periodOrder, subscriber, { name: "Grants.buy period, ERC-20 by PULL" });
  await buy(order(timedListing, timed, subscriber, 1), subscriber, {
    name: "Grants.buy flat, ERC-20 by PULL",
  });
  await buy(order(timedListing, timed, subscriber, 2), subscriber, { name: "Grants.buy free" });

  const carter = await market.buyerOf("buyer of a cart");
  const cart = [order(etherListing, inEther, carter), order(tokenListing, inToken, carter)];
  await bench.call(carter, grants, "buyMany", [cart], {
    name: "Grants.buyMany, two metered, ETH and ERC-20",
    value: cart[0]!.amount,
  });

  // --------------------------------------------------------------------------------------------------------------- gates
  const restricted = offer(market, zeroAddress, [metered()], { flags: Flag.RESTRICTED });
  const restrictedListing = await list(market, restricted);
  const note = `0x${"5a".repeat(256)}` as Hex;
  await bench.call(buyer, grants, "requestGrant", [restrictedListing, 1, note], {
    name: "Grants.requestGrant, note of 256 bytes",
  });
  await bench.call(manager, grants, "declineRequest", [restrictedListing, buyer.address, "not for resale"], {
    name: "Grants.declineRequest",
  });
  const consent = {
    listingId: restrictedListing,
    version: 1,
    buyer: buyer.address,
    termsHash: restricted.termsHash,
  };
  const domain = domainOf(grants, "Weir Grants");
  const signature = await sign(manager, domain, APPROVAL, "Approval", { ...consent, deadline: LATER });
  const approval = { manager: manager.address, deadline: LATER, signature };
  await bench.call(manager, grants, "approveRequest", [...Object.values(consent), approval], {
    name: "Grants.approveRequest",
  });
  await buy(order(restrictedListing, restricted, buyer, 0, { approval }), buyer, {
    name: "Grants.buy metered with an approval, ETH",
  });

  const { schema, uid } = await attest(market, buyer);
  const attested = offer(market, zeroAddress, [metered()], { schema });
  const attestedListing = await list(market, attested);
  await buy(order(attestedListing, attested, buyer, 0, { attestation: uid }), buyer, {
    name: "Grants.buy metered with an attestation, ETH",
  });

  const personal = offer(market, token.address, [period(), metered()], { flags: Flag.PERSONAL_DATA });
  const personalListing = await list(market, personal);
  const subject = keccak256(
    encodeAbiParameters(parseAbiParameters("address, bytes32"), [stranger.address, word("subject's salt")]),
  );
  const round = [personalListing, word("form"), 0, LATER, [subject], true];
  await bench.call(manager, market.consents, "openRound", round);
  const gated = order(personalListing, personal, subscriber, 0);
  const gatedIds = await idsOf(gated);
  await buy(gated, subscriber);
  await buy(order(personalListing, personal, subscriber, 1), subscriber, {
    name: "Grants.buy metered with a consent, ERC-20 by PULL",
  });
  await bench.call(
    stranger,
    market.consents,
    "withdrawOwnConsent",
    [personalListing, word("subject's salt")],
    {
      name: "Consents.withdrawOwnConsent",
    },
  );
  await bench.call(
    stranger,
    grants,
    "stopSuspended",
    [gatedIds.grantId, subscriptionTerms(market, gated), personal.relays],
    { name: "Grants.stopSuspended, with refund" },
  );

  // ------------------------------------------------------------------------------------------------- seller's, buyer's
  await bench.call(
    manager,
    grants,
    "giveGrant",
    [tokenListing, stranger.address, READ, 0, LATER, word("gift"), word("friend's encryption key")],
    { name: "Grants.giveGrant" },
  );
  await bench.call(buyer, grants, "rotateKeys", [ids.grantId, word("next key"), stranger.address], {
    name: "Grants.rotateKeys",
  });
  const { grantId: endedId } = await idsOf(
    order(etherListing, inEther, first, 0, { buyerSalt: word("ended") }),
  );
  await buy(order(etherListing, inEther, first, 0, { buyerSalt: word("ended") }), first);
  await bench.call(manager, grants, "revokeGrant", [endedId], { name: "Grants.revokeGrant, channel" });
  await bench.call(manager, grants, "unblock", [etherListing, first.address], { name: "Grants.unblock" });
  await bench.pass(DAY);
  await bench.call(
    manager,
    grants,
    "revokeGrant",
    [periodIds.grantId, subscriptionTerms(market, periodOrder), timed.relays],
    { name: "Grants.revokeGrant, subscription with refund" },
  );
  return {
    listingId: tokenListing,
    buyer,
    grantId: ids.grantId,
    terms: channelTerms(market, metered1, saltOf(metered1)),
  };

  function subscriptionTerms({ payee, operator }: Market, purchase: Order) {
    const { listing } = purchase;
    const { price, period: seconds, upfront, notice } = listing.plans[purchase.plan]!;
    return {
      payer: purchase.buyer,
      payee: payee.address,
      operator: operator.address,
      token: listing.token,
      signer: purchase.signer,
      stopper: grants.address,
      listingId: purchase.listingId,
      price,
      period: seconds,
      upfront,
      relaysHash: relaysHash(listing.relays),
      relayBps: listing.relayBps,
      market: zeroAddress,
      marketBps: 0,
      notice,
      salt: saltOf(purchase),
    };
  }
}

type Sold = {
  listingId: bigint;
  listing: Offer;
  buyer: Hex;
  buyerSalt: Hex;
  version: number;
  plan: number;
  encryptionKey: Hex;
  signer: Hex;
  notBefore: number;
  notAfter: number;
};

function saltOf(purchase: Sold): Hex {
  return keccak256(
    encodeAbiParameters(
      parseAbiParameters("bytes32, uint32, uint8, uint96, bytes32, bytes32, address, uint40, uint40"),
      [
        purchase.buyerSalt,
        purchase.version,
        purchase.plan,
        purchase.listing.plans[purchase.plan]!.price,
        purchase.listing.termsHash,
        purchase.encryptionKey,
        purchase.signer,
        purchase.notBefore,
        purchase.notAfter,
      ],
    ),
  );
}

function channelTerms({ payee, operator }: Market, purchase: Sold, salt: Hex) {
  const { listing } = purchase;
  return {
    payer: purchase.buyer,
    payee: payee.address,
    operator: operator.address,
    token: listing.token,
    signer: purchase.signer,
    listingId: purchase.listingId,
    relaysHash: relaysHash(listing.relays),
    relayBps: listing.relayBps,
    market: zeroAddress,
    marketBps: 0,
    challenge: listing.challenge,
    salt,
  };
}

/** An attestation for the buyer by the real service: who he is, says the stranger. */
async function attest({ bench, registry, eas, stranger }: Market, buyer: PrivateKeyAccount) {
  const schemaText = "bool isResearcher";
  const registered = await bench.call(stranger, registry, "register", [schemaText, zeroAddress, true]);
  const schema = registered.logs[0]!.topics[1]!;
  const data = {
    recipient: buyer.address,
    expirationTime: 0n,
    revocable: true,
    refUID: ZERO,
    data: encodeAbiParameters(parseAbiParameters("bool"), [true]),
    value: 0n,
  };
  const made = await bench.call(stranger, eas, "attest", [{ schema, data }]);
  const log = made.logs[0]!;
  return { schema, uid: log.data.slice(0, 66) as Hex };
}
