/** What the metered escrow costs: opening, paying out, ending. Channels are opened by the payer himself; purchases are in grants.ts. */
import {
  type Address,
  concat,
  encodeAbiParameters,
  type Hex,
  keccak256,
  parseAbiParameters,
  sha256,
  zeroAddress,
} from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import { type Call, LATER, word } from "./harness.ts";
import { type Market, ONE } from "./market.ts";
import { authorization, compact, domainOf, fields, permit, permit2, sign, type Types } from "./sign.ts";

const TERMS = fields(
  "address payer,address payee,address operator,address token,address signer,uint64 listingId,bytes32 relaysHash,uint16 relayBps,address market,uint16 marketBps,uint40 challenge,bytes32 salt",
);
const TYPES: Types = {
  Voucher: fields("bytes32 channelId,uint96 cumulative,address relay"),
  TickVoucher: fields(
    "bytes32 channelId,uint96 base,bytes32 tip,uint96 tickValue,uint16 maxTicks,address relay",
  ),
  CloseOffer: fields("bytes32 channelId,uint96 finalCumulative,uint24 epoch,uint40 deadline"),
  CloseNotice: fields("bytes32 channelId,uint24 epoch,uint40 deadline"),
};
const BATCH = 50;
const CHALLENGE = 86_400;
const NO_VOUCHER = { channelId: `0x${"00".repeat(32)}` as Hex, cumulative: 0n, relay: zeroAddress };

export async function measureChannels(market: Market): Promise<void> {
  const { bench, channels, token, operator, payee, relay, session, stranger } = market;
  const payer = await market.buyerOf("payer");
  const domain = domainOf(channels, "Weir Channels");

  type Terms = ReturnType<typeof termsOf>;
  function termsOf(name: string, currency: Address, relays: Address[], hasMarket: boolean, by = payer) {
    return {
      payer: by.address,
      payee: payee.address,
      operator: operator.address,
      token: currency,
      signer: session.address,
      listingId: 7n,
      relaysHash: relaysHash(relays),
      relayBps: relays.length > 0 ? 500 : 0,
      market: hasMarket ? market.market.address : zeroAddress,
      marketBps: hasMarket ? 100 : 0,
      challenge: CHALLENGE,
      salt: word(`channel ${name}`),
      relays,
    };
  }
  const paidIn = (name: string) => termsOf(name, token.address, [], false);
  const withCuts = (name: string) => termsOf(name, token.address, [relay.address], true);
  const inEther = (name: string) => termsOf(name, zeroAddress, [], false);
  const idOf = (terms: Terms) => bench.read(channels, "channelIdOf", [terms]) as Promise<Hex>;
  const carrier = (terms: Terms) => terms.relays[0] ?? zeroAddress;

  async function signed(kind: string, terms: Terms, message: Record<string, unknown>, by: PrivateKeyAccount) {
    const whole = { channelId: await idOf(terms), ...message };
    return { message: whole, signature: await sign(by, domain, TYPES, kind, whole) };
  }
  const voucherOf = (terms: Terms, cumulative: bigint) =>
    signed("Voucher", terms, { cumulative, relay: carrier(terms) }, session);

  function fund(
    terms: Terms,
    amount: bigint,
    call: Call = {},
    functionName = "fund",
    by: PrivateKeyAccount = payer,
  ) {
    const value = terms.token === zeroAddress ? amount : 0n;
    return bench.call(by, channels, functionName, [terms, amount, amount], { ...call, value });
  }
  async function claim(list: Terms[], cumulative: bigint, call: Call = {}) {
    const rows = [];
    for (const terms of list) {
      const { r, vs } = compact((await voucherOf(terms, cumulative)).signature);
      const { payer, signer, salt } = terms;
      rows.push({ payer, signer, salt, cumulative, relay: carrier(terms), r, vs });
    }
    const calls = { ...call, rows: rows.length };
    return bench.call(payee, channels, "claim", [list[0], rows, payee.address], calls);
  }
  async function close(terms: Terms, cumulative: bigint, call: Call) {
    const { message, signature } = await voucherOf(terms, cumulative);
    const args = [terms, terms.relays, message, compact(signature).whole, cumulative];
    return bench.call(payee, channels, "close", args, call);
  }

  // Relay, market and payee have been paid before, in both currencies: their slots are not new.
  const before = withCuts("before");
  await fund(before, 10n * ONE);
  await claim([before], ONE);
  const beforeInEther = termsOf("before in ether", zeroAddress, [relay.address], true);
  await fund(beforeInEther, ONE);
  await claim([beforeInEther], 1000n);

  const plain = paidIn("plain");
  await fund(plain, 10n * ONE, { name: "fund open, ERC-20" });
  const toppedUp = await fund(plain, 10n * ONE, { name: "top-up, ERC-20" });
  await claim([plain], ONE);
  await claim([plain], 2n * ONE, { name: "claim one, ERC-20" });
  await close(plain, 3n * ONE, { name: "close with voucher and refund, ERC-20" });
  const reopened = await fund(plain, 10n * ONE, { name: "re-open, ERC-20" });

  const cut = withCuts("cut");
  await fund(cut, 10n * ONE);
  await claim([cut], 2n * ONE, { name: "claim one with two cuts, ERC-20" });
  await close(cut, 3n * ONE, { name: "close with voucher, refund and two cuts, ERC-20" });

  const batch = Array.from({ length: BATCH }, (_, index) =>
    termsOf(`batch ${index}`, token.address, [relay.address], false),
  );
  for (const terms of batch) await fund(terms, 10n * ONE);
  const batchName = `claim of ${BATCH} with relay cut, each, ERC-20`;
  const claimed = await claim(batch, ONE, { name: batchName });
  let slots = 0;
  for (const { transactionHash } of [toppedUp, reopened, claimed])
    slots += await newSlots(market, transactionHash);
  bench.record("new storage slots per message after open", slots);

  const native = inEther("native");
  await fund(native, ONE, { name: "fund open, ETH" });
  await fund(native, ONE, { name: "top-up, ETH" });
  await claim([native], 1000n, { name: "claim one, ETH" });
  await close(native, 2000n, { name: "close with voucher and refund, ETH" });

  // --------------------------------------------------------------------------------------- other ways to put money in
  const gift = paidIn("gift");
  await fund(gift, 10n * ONE, { name: "Channels.fundFor, open, ERC-20" }, "fundFor");
  const deadline = BigInt(LATER);
  const fundSalt = word("fund salt");
  const amount = 10n * ONE;

  const by3009 = paidIn("3009");
  const nonce3009 = fundNonce(await idOf(by3009), amount, fundSalt);
  const authorised = await authorization(payer, token, channels.address, amount, deadline, nonce3009);
  const args3009 = [by3009, amount, amount, 0n, deadline, fundSalt, authorised];
  await bench.call(stranger, channels, "fundWith3009", args3009, { name: "Channels.fundWith3009, open" });

  const byPermit2 = paidIn("permit2");
  const nonce2 = fundNonce(await idOf(byPermit2), amount, fundSalt);
  const witness = { type: "Terms", fields: TERMS, message: byPermit2 };
  const allowed = await permit2(
    payer,
    market.permit2,
    token,
    channels.address,
    amount,
    nonce2,
    deadline,
    witness,
  );
  const args2 = [byPermit2, amount, amount, fundSalt, deadline, allowed];
  await bench.call(stranger, channels, "fundWithPermit2", args2, { name: "Channels.fundWithPermit2, open" });

  const fresh = await bench.actor("payer without allowance");
  await bench.call(payer, token, "transfer", [fresh.address, 100n * ONE]);
  const byPermit = termsOf("permit", token.address, [], false, fresh);
  const { v, r, s } = await permit(fresh, token, channels.address, amount, 0n, deadline);
  const permitArgs = [byPermit, amount, amount, deadline, v, r, s];
  await bench.call(fresh, channels, "fundWithPermit", permitArgs, { name: "Channels.fundWithPermit, open" });

  // -------------------------------------------------------------------------------------------------------------- ticks
  for (const ticks of [1, 64, 1024]) {
    const terms = paidIn(`ticks ${ticks}`);
    await fund(terms, 10n * ONE);
    const id = await idOf(terms);
    const preimage = word(`preimage ${ticks}`);
    let tip = preimage;
    for (let step = 0; step < ticks; step++) tip = sha256(concat([tip, id]));
    const voucher = { base: ONE, tip, tickValue: 100n, maxTicks: 1024, relay: zeroAddress };
    const half = compact((await signed("TickVoucher", terms, voucher, session)).signature);
    const row = {
      payer: payer.address,
      signer: session.address,
      salt: terms.salt,
      ...voucher,
      ...half,
      preimage,
    };
    const args = [terms, row, ticks, payee.address];
    await bench.call(payee, channels, "claimTicks", args, { name: `Channels.claimTicks, ${ticks} ticks` });
  }

  // ------------------------------------------------------------------------------------------------------------- ending
  const offered = paidIn("offer");
  await fund(offered, 10n * ONE);
  const voucher = await voucherOf(offered, ONE);
  const finalOffer = { finalCumulative: ONE, epoch: 0, deadline: LATER };
  const offer = await signed("CloseOffer", offered, finalOffer, operator);
  const offerArgs = [
    offered,
    [],
    offer.message,
    offer.signature,
    voucher.message,
    compact(voucher.signature).whole,
  ];
  await bench.call(payer, channels, "closeWithOffer", offerArgs, {
    name: "Channels.closeWithOffer, with voucher",
  });

  const unused = paidIn("unused");
  await fund(unused, 10n * ONE);
  await bench.call(operator, channels, "close", [unused, [], NO_VOUCHER, "0x", 0n], {
    name: "Channels.close, nothing claimed",
  });

  const leaving = inEther("leaving");
  await fund(leaving, ONE);
  await bench.call(payer, channels, "requestClose", [leaving], { name: "Channels.requestClose" });
  await bench.call(payer, channels, "cancelClose", [leaving], { name: "Channels.cancelClose" });
  const close1 = { epoch: 1, deadline: LATER };
  const notice = await signed("CloseNotice", leaving, close1, session);
  await bench.call(
    stranger,
    channels,
    "requestCloseWithNotice",
    [leaving, notice.message, notice.signature],
    {
      name: "Channels.requestCloseWithNotice",
    },
  );
  const leavingToo = paidIn("leaving too");
  await fund(leavingToo, 10n * ONE);
  await bench.call(payer, channels, "requestClose", [leavingToo]);
  await bench.pass(CHALLENGE + 1);
  await bench.call(stranger, channels, "withdraw", [leaving], { name: "Channels.withdraw, ETH" });
  await bench.call(stranger, channels, "withdraw", [leavingToo], { name: "Channels.withdraw, ERC-20" });
  const pulled = [relay.address, token.address, relay.address];
  await bench.call(market.relay, channels, "pull", pulled, { name: "Channels.pull, ERC-20, new holder" });
}

export function relaysHash(relays: readonly Address[]): Hex {
  return keccak256(encodeAbiParameters(parseAbiParameters("address[]"), [relays]));
}

function fundNonce(channelId: Hex, amount: bigint, fundSalt: Hex): Hex {
  const types = parseAbiParameters("bytes32, uint96, bytes32");
  return keccak256(encodeAbiParameters(types, [channelId, amount, fundSalt]));
}

type Step = { op: string; stack: string[]; address?: string; depth: number };

/** How many storage slots a transaction filled that held zero before: its writes, compared with the state before its block. */
async function newSlots({ bench, channels, token }: Market, hash: Hex): Promise<number> {
  const { blockNumber } = await bench.client.getTransactionReceipt({ hash });
  const trace = (await bench.provider.request({
    method: "debug_traceTransaction",
    params: [hash, { disableMemory: true, disableStorage: true }],
  })) as { structLogs: Step[] };
  const written = new Set(
    trace.structLogs.filter(({ op }) => op === "SSTORE").map(({ stack }) => word256(stack.at(-1)!)),
  );
  let filled = 0;
  // Only these two write: a slot's number is a hash, or a small number that both use for nothing else.
  for (const { address } of [channels, token]) {
    for (const slot of written) {
      const at = { address, slot };
      const was = await bench.client.getStorageAt({ ...at, blockNumber: blockNumber - 1n });
      const is = await bench.client.getStorageAt({ ...at, blockNumber });
      if (BigInt(was ?? 0) === 0n && BigInt(is ?? 0) !== 0n) filled++;
    }
  }
  if (written.size === 0) throw new Error("the trace shows no write: it cannot be believed");
  return filled;
}

const word256 = (value: string): Hex => `0x${value.replace(/^0x/, "").padStart(64, "0")}`;
