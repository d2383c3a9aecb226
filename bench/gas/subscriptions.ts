/** What the time escrow costs. One subscription a day's price, opened by the payer himself; purchases are in grants.ts. */
import {
  type Address,
  encodeAbiParameters,
  type Hex,
  keccak256,
  parseAbiParameters,
  zeroAddress,
} from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import { relaysHash } from "./channels.ts";
import { type Call, LATER, word } from "./harness.ts";
import { type Market, ONE } from "./market.ts";
import { authorization, domainOf, fields, permit, permit2, sign } from "./sign.ts";

const TERMS = fields(
  "address payer,address payee,address operator,address token,address signer,address stopper,uint64 listingId,uint96 price,uint40 period,uint96 upfront,bytes32 relaysHash,uint16 relayBps,address market,uint16 marketBps,uint40 notice,bytes32 salt",
);
const TYPES = { CancelNotice: fields("bytes32 subscriptionId,uint32 stop,uint40 deadline") };
const DAY = 86_400;
const BATCH = 50;

export async function measureSubscriptions(market: Market): Promise<void> {
  const { bench, subscriptions, token, operator, payee, relay, session, stranger } = market;
  const payer = await market.buyerOf("subscriber");

  type Terms = ReturnType<typeof termsOf>;
  function termsOf(name: string, currency: Address, relays: Address[], hasMarket: boolean, by = payer) {
    return {
      payer: by.address,
      payee: payee.address,
      operator: operator.address,
      token: currency,
      signer: session.address,
      stopper: market.grants.address,
      listingId: 7n,
      price: ONE,
      period: DAY,
      upfront: 0n,
      relaysHash: relaysHash(relays),
      relayBps: relays.length > 0 ? 500 : 0,
      market: hasMarket ? market.market.address : zeroAddress,
      marketBps: hasMarket ? 100 : 0,
      notice: 3_600,
      salt: word(`subscription ${name}`),
      relays,
    };
  }
  const paidIn = (name: string) => termsOf(name, token.address, [], false);
  const idOf = (terms: Terms) => bench.read(subscriptions, "subscriptionIdOf", [terms]) as Promise<Hex>;
  function fund(
    terms: Terms,
    amount: bigint,
    call: Call = {},
    functionName = "fund",
    by: PrivateKeyAccount = payer,
  ) {
    const value = terms.token === zeroAddress ? amount : 0n;
    return bench.call(by, subscriptions, functionName, [terms, amount, amount], { ...call, value });
  }
  const claim = (list: Terms[], call: Call = {}) =>
    bench.call(payee, subscriptions, "claim", [list[0], list, payee.address], { ...call, rows: list.length });

  const before = termsOf("before", token.address, [relay.address], true);
  await fund(before, 10n * ONE);
  const beforeInEther = termsOf("before in ether", zeroAddress, [relay.address], true);
  await fund(beforeInEther, 10n * ONE);
  await bench.pass(3_600);
  await claim([before]);
  await claim([beforeInEther]);

  const plain = paidIn("plain");
  await fund(plain, 10n * ONE, { name: "Subscriptions.fund, open, ERC-20" });
  await fund(plain, 10n * ONE, { name: "Subscriptions.fund, top-up, ERC-20" });
  const native = termsOf("native", zeroAddress, [], false);
  await fund(native, 10n * ONE, { name: "Subscriptions.fund, open, ETH" });
  await fund(native, 10n * ONE, { name: "Subscriptions.fund, top-up, ETH" });
  const flat = { ...paidIn("flat"), price: 0n, period: 0, upfront: 10n * ONE };
  await fund(flat, 10n * ONE, { name: "Subscriptions.fund, flat, ERC-20" });
  const cut = termsOf("cut", token.address, [relay.address], true);
  await fund(cut, 10n * ONE);
  const batch = Array.from({ length: BATCH }, (_, index) =>
    termsOf(`batch ${index}`, token.address, [relay.address], false),
  );
  for (const terms of batch) await fund(terms, 10n * ONE);

  await bench.pass(DAY);
  await claim([plain], { name: "Subscriptions.claim one, ERC-20" });
  await claim([native], { name: "Subscriptions.claim one, ETH" });
  await claim([cut], { name: "Subscriptions.claim one with two cuts, ERC-20" });
  await claim(batch, { name: `Subscriptions.claim of ${BATCH} with relay cut, each, ERC-20` });

  // --------------------------------------------------------------------------------------- other ways to put money in
  await fund(paidIn("gift"), 10n * ONE, { name: "Subscriptions.fundFor, open, ERC-20" }, "fundFor"); // by the payer: only what runs takes gifts
  const deadline = BigInt(LATER);
  const fundSalt = word("fund salt");
  const amount = 10n * ONE;

  const by3009 = paidIn("3009");
  const nonce3009 = fundNonce(await idOf(by3009), amount, 0, fundSalt);
  const authorised = await authorization(payer, token, subscriptions.address, amount, deadline, nonce3009);
  const args3009 = [by3009, amount, amount, 0n, deadline, fundSalt, authorised];
  await bench.call(stranger, subscriptions, "fundWith3009", args3009, {
    name: "Subscriptions.fundWith3009, open",
  });

  const by2 = paidIn("permit2");
  const nonce2 = fundNonce(await idOf(by2), amount, 0, fundSalt);
  const witness = { type: "SubscriptionTerms", fields: TERMS, message: by2 };
  const allowed = await permit2(
    payer,
    market.permit2,
    token,
    subscriptions.address,
    amount,
    nonce2,
    deadline,
    witness,
  );
  const args2 = [by2, amount, amount, fundSalt, deadline, allowed];
  await bench.call(stranger, subscriptions, "fundWithPermit2", args2, {
    name: "Subscriptions.fundWithPermit2, open",
  });

  const fresh = await bench.actor("subscriber without allowance");
  await bench.call(payer, token, "transfer", [fresh.address, 100n * ONE]);
  const byPermit = termsOf("permit", token.address, [], false, fresh);
  const { v, r, s } = await permit(fresh, token, subscriptions.address, amount, 0n, deadline);
  await bench.call(fresh, subscriptions, "fundWithPermit", [byPermit, amount, amount, deadline, v, r, s], {
    name: "Subscriptions.fundWithPermit, open",
  });

  // ------------------------------------------------------------------------------------------------------------- ending
  await bench.call(payer, subscriptions, "cancel", [plain, []], { name: "Subscriptions.cancel, ERC-20" });
  const stop = ((await bench.read(subscriptions, "subscriptions", [await idOf(native)])) as { stop: number })
    .stop;
  const notice = { subscriptionId: await idOf(native), stop, deadline: LATER };
  const domain = domainOf(subscriptions, "Weir Subscriptions");
  const signature = await sign(session, domain, TYPES, "CancelNotice", notice);
  await bench.call(stranger, subscriptions, "cancelWithNotice", [native, [], notice, signature], {
    name: "Subscriptions.cancelWithNotice, ETH",
  });
  await bench.call(payee, subscriptions, "stop", [cut, cut.relays], {
    name: "Subscriptions.stop with two cuts, ERC-20",
  });
  await bench.call(market.relay, subscriptions, "pull", [relay.address, token.address, relay.address], {
    name: "Subscriptions.pull, ERC-20",
  });
}

function fundNonce(subscriptionId: Hex, amount: bigint, stop: number, fundSalt: Hex): Hex {
  const types = parseAbiParameters("bytes32, uint96, uint32, bytes32");
  return keccak256(encodeAbiParameters(types, [subscriptionId, amount, stop, fundSalt]));
}
