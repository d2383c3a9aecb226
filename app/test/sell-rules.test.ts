/**
 * The wizard's rules are the contract's: each faulty draft is named by the wizard and refused by the contract under the same name, and what
 * the wizard passes the contract takes. Every reason to refuse that the contract has is in one of the wizard's two lists.
 */
import { zeroAddress } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ABIS, contractError, createListing } from "../../sdk/src/chain/index.ts";
import { ListingFlag } from "../../sdk/src/core/index.ts";
import { startChain, type TestChain } from "../../test/support/chain.ts";
import { makeHub, OPERATOR, RELAY, SELLER } from "../../test/support/market.ts";
import { type Draft, newDraft, newPlan } from "../src/features/sell/wizard/draft.ts";
import { draftOf } from "../src/features/sell/wizard/fromListing.ts";
import { readDraft } from "../src/features/sell/wizard/readDraft.ts";
import { IMPOSSIBLE, RULES } from "../src/features/sell/wizard/rules.ts";

let chain: TestChain;
let hubId: bigint;
let now: number;

beforeAll(async () => {
  chain = await startChain();
  ({ hubId } = await makeHub(chain, "Rules"));
  now = Number((await chain.client.getBlock()).timestamp);
});
afterAll(async () => chain?.stop());

const address = (index: number) => chain.accounts[index]!.address;
const good = (part: Partial<Draft> = {}): Draft => ({
  ...newDraft({ token: zeroAddress, relays: [address(RELAY)], operator: address(OPERATOR), flags: 0 }),
  title: "Tide",
  plans: [{ ...newPlan("message"), price: "0.0001" }],
  ...part,
});
const read = (draft: Draft) =>
  readDraft(draft, {
    hubId,
    payout: address(SELLER),
    publishers: [address(OPERATOR)],
    decimalsOf: () => 18,
    now,
  });

/** What the contract says to a draft's terms, whatever the wizard found. */
async function refusal(draft: Draft): Promise<string | undefined> {
  const { terms, metadata } = read(draft);
  try {
    await createListing(chain.wallet(SELLER), { contracts: chain.contracts, hubId, terms, metadata });
    return undefined;
  } catch (error) {
    return contractError(error).name;
  }
}

const plan = (kind: Parameters<typeof newPlan>[0], part: object): Partial<Draft> => ({
  plans: [{ ...newPlan(kind), price: "0.0001", ...part }],
});

describe("what the wizard refuses, the contract refuses under the same name", () => {
  it.each<[string, () => Partial<Draft>]>([
    ["MetadataTooLong", () => ({ agreementMore: "x".repeat(8_192) })],
    ["TooManyPlans", () => ({ plans: Array.from({ length: 9 }, () => newPlan("free")) })],
    ["PriceMissing", () => plan("message", { price: "" })],
    ["PriceMissing", () => plan("period", { price: "0" })],
    ["UnitMissing", () => plan("byte", { unit: "0" })],
    ["PeriodMissing", () => plan("period", { period: "0" })],
    ["UpfrontMissing", () => plan("flat", { price: "" })],
    ["UpfrontMissing", () => plan("period", { history: true })],
    ["EntryTooLow", () => plan("message", { entry: "0.0511" })],
    ["WindowMissing", () => plan("free", { price: "", window: "0" })],
    ["NoticeTooShort", () => plan("free", { price: "", notice: "0" })],
    ["PromotionAbovePrice", () => plan("flat", { promoPrice: "1", promoUntil: "2090-01-01T00:00" })],
    ["TooManyRelays", () => ({ relays: [5, 6, 7, 8, 9].map(address) })],
    ["RelayCutTooHigh", () => ({ relayPercent: "30.01" })],
    ["TooManyMarkets", () => ({ markets: [5, 6, 7, 8, 9, 10, 11, 12, 13].map(address).join("\n") })],
    ["MarketInvalid", () => ({ markets: [5, 5].map(address).join("\n") })],
    ["MarketCutTooHigh", () => ({ marketPercent: "1" })],
    ["MarketCutTooHigh", () => ({ markets: address(5), marketPercent: "10.01" })],
    ["ChallengeOutOfBounds", () => ({ challenge: "721" })],
    ["ChallengeOutOfBounds", () => ({ challenge: "0" })],
    ["EpochLengthMissing", () => ({ epochLength: "0" })],
    ["SegmentLimitsOutOfBounds", () => ({ flushMs: "3600001" })],
    ["SegmentLimitsOutOfBounds", () => ({ maxBytes: "0" })],
    ["SaleEnded", () => ({ saleUntil: "2020-01-01T00:00" })],
    ["PersonalDataIsOpen", () => ({ flags: ListingFlag.open | ListingFlag.personalData })],
    ["AttestationIncomplete", () => ({ attester: address(5) })],
    ["OperatorNotPublisher", () => ({ operator: address(5) })],
  ])("%s", async (name, part) => {
    const draft = good(part());
    expect(read(draft).problems.map(({ rule }) => rule)).toContain(name);
    expect(await refusal(draft)).toBe(name);
  });
});

it("what the wizard passes, the contract takes, and it reads back the same", async () => {
  const draft = good({
    flags: ListingFlag.restricted | ListingFlag.unlisted | 0x7ffff,
    plans: [
      { ...newPlan("byte"), price: "0.02", promoPrice: "0.01", promoUntil: "2090-01-01T00:00" },
      { ...newPlan("period"), price: "1", upfront: "0.5", history: true },
      { ...newPlan("flat"), price: "3", window: "30" },
      { ...newPlan("free"), write: true },
    ],
    markets: [5, 6].map(address).join("\n"),
    marketPercent: "10",
    relayPercent: "30",
    historyDepth: "7",
    saleUntil: "2090-01-01T00:00",
  });
  const { problems, terms } = read(draft);
  expect(problems).toEqual([]);
  expect(await refusal(draft)).toBeUndefined();
  expect(read(draftOf(terms, read(draft).metadata, 18)).terms).toEqual(terms);
});

it("the smallest entry that the wizard lets through is the smallest that the contract takes", async () => {
  const least = "0.0512"; // 2 × 256 × 0.0001
  expect(await refusal(good(plan("message", { entry: least })))).toBeUndefined();
  const less = good(plan("message", { entry: "0.051199999999999999" }));
  expect(read(less).problems.map(({ rule }) => rule)).toEqual(["EntryTooLow"]);
  expect(await refusal(less)).toBe("EntryTooLow");
});

it("every reason of the contract to refuse terms is known to the wizard", () => {
  /** Of bonds, disputes, pausing and buying: no part of writing a listing. */
  const elsewhere =
    /^(Bond(NotFree|NotLocked|IsLocked|NotReturnable|IsReturned|Refused)|AmountMissing|NotDisputes|NothingOwed|RecipientNotHolder|Listing(IsPaused|NotPaused)|VersionNotForSale|TermsMismatch|GasTooLow|NativeTransferFailed|Reentrancy.*|Safe(Cast|ERC20).*|TokenReturnedFalse)$/;
  const known = new Set<string>([...RULES, ...Object.keys(IMPOSSIBLE)]);
  const unknown = ABIS.Listings.filter((item) => item.type === "error")
    .map((item) => item.name as string)
    .filter((name) => !known.has(name) && !elsewhere.test(name));
  expect(unknown).toEqual([]);
});
