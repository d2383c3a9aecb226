/** What consents, relays, anchors and ratings cost. */
import { concat, encodeAbiParameters, parseAbiParameters, toHex, zeroAddress } from "viem";
import type { Bought } from "./grants.ts";
import { LATER, word } from "./harness.ts";
import type { Market } from "./market.ts";
import { Flag, list, metered, offer } from "./offers.ts";
import { compact, domainOf, fields, sign } from "./sign.ts";

const SUBJECTS = 10;
const ANCHORS = 10;

export async function measureConsents(market: Market): Promise<void> {
  const { bench, consents, manager, operator } = market;
  const listingId = await list(
    market,
    offer(market, zeroAddress, [metered()], { flags: Flag.PERSONAL_DATA }),
  );
  const subjects = (name: string, count: number) =>
    Array.from({ length: count }, (_, index) => word(`${name} ${index}`));
  const first = subjects("first round", SUBJECTS);
  await bench.call(manager, consents, "setConsentOperator", [listingId, operator.address], {
    name: "Consents.setConsentOperator",
  });
  await bench.call(operator, consents, "openRound", [listingId, word("form"), 0, LATER, first, true], {
    name: `Consents.openRound, ${SUBJECTS} subjects who gave`,
  });
  const more = subjects("more", SUBJECTS);
  await bench.call(operator, consents, "addSubjects", [listingId, more, false], {
    name: `Consents.addSubjects, ${SUBJECTS} asked`,
  });
  await bench.call(operator, consents, "giveConsents", [listingId, more], {
    name: `Consents.giveConsents, ${SUBJECTS}`,
  });
  await bench.call(operator, consents, "withdrawConsents", [listingId, more.slice(0, 1)], {
    name: "Consents.withdrawConsents, one",
  });
  await bench.call(operator, consents, "withdrawRound", [listingId], { name: "Consents.withdrawRound" });
}

export async function measureRelays({ bench, relays, relay }: Market): Promise<void> {
  const peerId = concat(["0x1220", word("peer id")]);
  const endpoints = "/ip4/203.0.113.7/tcp/4001\n/dns4/relay.example/tcp/443/wss";
  const description = [peerId, endpoints, 500, toHex("eu-west", { size: 8 })];
  const value = (await bench.read(relays, "minimumStake")) as bigint;
  await bench.call(relay, relays, "registerRelay", description, { name: "Relays.registerRelay", value });
  description[2] = 400;
  await bench.call(relay, relays, "updateRelay", description, { name: "Relays.updateRelay" });
  await bench.call(relay, relays, "deregisterRelay", [], { name: "Relays.deregisterRelay" });
  await bench.pass(Number(await bench.read(relays, "unbondingDelay")) + 1);
  await bench.call(relay, relays, "withdrawStake", [relay.address], { name: "Relays.withdrawStake" });
}

export async function measureAnchors(market: Market, { listingId }: Bought): Promise<void> {
  const { bench, anchors, operator } = market;
  const runs = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => ({
      listingId,
      generation: 1,
      firstSeq: BigInt((from + index) * 1000),
      count: 1000,
      root: word(`root ${from + index}`),
      previousRoot: from + index === 0 ? (`0x${"00".repeat(32)}` as const) : word(`root ${from + index - 1}`),
    }));
  await bench.call(operator, anchors, "anchor", [runs(0, 1)], {
    name: "Anchors.anchor, first run of a generation",
  });
  await bench.call(operator, anchors, "anchor", [runs(1, 1)], { name: "Anchors.anchor, one run" });
  await bench.call(operator, anchors, "anchor", [runs(2, ANCHORS)], {
    name: `Anchors.anchor of ${ANCHORS} runs, each`,
    rows: ANCHORS,
  });
}

const CHANNEL_TERMS = parseAbiParameters(
  "(address payer, address payee, address operator, address token, address signer, uint64 listingId, bytes32 relaysHash, uint16 relayBps, address market, uint16 marketBps, uint40 challenge, bytes32 salt)",
);

/** The buyer of the metered purchase rates it, after a claim has settled something. */
export async function measureRatings(
  market: Market,
  { listingId, buyer, grantId, terms }: Bought,
): Promise<void> {
  const { bench, ratings, channels, session, payee, manager, relay } = market;
  const channelId = await bench.read(channels, "channelIdOf", [terms]);
  const voucher = { channelId, cumulative: 10_000n, relay: relay.address };
  const types = { Voucher: fields("bytes32 channelId,uint96 cumulative,address relay") };
  const signature = await sign(session, domainOf(channels, "Weir Channels"), types, "Voucher", voucher);
  const row = {
    payer: buyer.address,
    signer: session.address,
    salt: terms.salt,
    ...voucher,
    ...compact(signature),
  };
  await bench.call(payee, channels, "claim", [{ ...terms, relays: [relay.address] }, [row], payee.address]);

  const encoded = encodeAbiParameters(CHANNEL_TERMS, [terms as never]);
  const comment = "On time, and the units are those of the metadata.";
  const rate = [grantId, encoded, [5, 4, 5, 4], comment];
  await bench.call(buyer, ratings, "rate", rate, { name: "Ratings.rate, first" });
  await bench.call(buyer, ratings, "rate", rate, { name: "Ratings.rate, revision" });
  await bench.call(manager, ratings, "respond", [listingId, buyer.address, 1, "Thank you."], {
    name: "Ratings.respond",
  });
}
