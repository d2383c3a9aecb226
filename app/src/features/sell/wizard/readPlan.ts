import { FOREVER, type Plan, PlanKind, Rights } from "@weir/sdk/core";
import { MAX_AMOUNT } from "../../../lib/money.ts";
import { BYTE_UNITS, PERIOD_UNITS, type PlanDraft } from "./draft.ts";
import type { Reader } from "./read.ts";
import { UINT40, UINT64 } from "./rules.ts";

/** What the plans of one listing share. */
export interface PlanSetting {
  decimals: number;
  maxMessages: number;
  maxBytes: number;
  /** Seconds. */
  epochLength: number;
}

export const isMeteredKind = (kind: PlanDraft["kind"]): boolean => kind === "message" || kind === "byte";

/** The least prepayment that the contract takes: two of the largest segments. It is what the form proposes. */
export function leastEntry(
  kind: PlanDraft["kind"],
  price: bigint,
  unit: bigint,
  setting: Pick<PlanSetting, "maxMessages" | "maxBytes">,
): bigint {
  if (unit === 0n) return 0n;
  const largest = BigInt(kind === "message" ? setting.maxMessages : setting.maxBytes);
  return 2n * ((price * largest + unit - 1n) / unit);
}

export function unitOf(plan: PlanDraft): bigint {
  const clean = plan.unit.trim();
  if (!/^\d{1,20}$/.test(clean)) return 0n;
  return BigInt(clean) * (plan.kind === "byte" ? BYTE_UNITS[plan.byteUnit] : 1n);
}

/** One plan as the contract takes it; what is wrong goes to the reader under `plans.<id>.<key>`. */
export function readPlan(reader: Reader, draft: PlanDraft, setting: PlanSetting, now: number): Plan {
  const at = (key: keyof PlanDraft) => `plans.${draft.id}.${key}`;
  const { decimals } = setting;
  const metered = isMeteredKind(draft.kind);
  const period = draft.kind === "period";
  const flat = draft.kind === "flat";
  const free = draft.kind === "free";

  const price = free ? 0n : reader.amount(at("price"), draft.price, decimals);
  if (!free && price === 0n) reader.fault(at("price"), flat ? "UpfrontMissing" : "PriceMissing");

  const days = reader.whole(at("window"), draft.window, 36_500, -1);
  if (days === 0) reader.fault(at("window"), "WindowMissing");
  const plan: Plan = {
    kind: PlanKind[draft.kind],
    rights: Rights.read | (draft.history && !metered ? Rights.history : 0) | (draft.write ? Rights.write : 0),
    price: flat ? 0n : price,
    unit: 0n,
    period: 0,
    upfront: flat ? price : 0n,
    entry: 0n,
    maxWindow: days < 0 ? FOREVER : days * 86_400,
    notice: 0,
    promoPrice: 0n,
    promoUntil: 0,
  };
  if (metered) Object.assign(plan, readMeter(reader, draft, price, setting, at));
  else {
    plan.notice = reader.whole(at("notice"), draft.notice, Math.floor(UINT40 / 60)) * 60;
    if (plan.notice < setting.epochLength)
      reader.fault(at("notice"), "NoticeTooShort", { least: Math.ceil(setting.epochLength / 60) });
  }
  if (period) {
    plan.period = reader.whole(at("period"), draft.period, 1_000_000) * PERIOD_UNITS[draft.periodUnit];
    if (plan.period === 0) reader.fault(at("period"), "PeriodMissing");
    plan.upfront = reader.amount(at("upfront"), draft.upfront, decimals);
    if (draft.history && plan.upfront === 0n) reader.fault(at("upfront"), "UpfrontMissing");
  }
  if (!free) Object.assign(plan, readPromotion(reader, draft, price, decimals, now, at));
  return plan;
}

type At = (key: keyof PlanDraft) => string;

function readMeter(reader: Reader, draft: PlanDraft, price: bigint, setting: PlanSetting, at: At) {
  const unit = unitOf(draft);
  if (unit === 0n || unit > UINT64) reader.fault(at("unit"), "UnitMissing");
  const least = leastEntry(draft.kind, price, unit, setting);
  const entry = draft.entry.trim() === "" ? least : reader.amount(at("entry"), draft.entry, setting.decimals);
  if (entry < least) reader.fault(at("entry"), "EntryTooLow", { least: String(least) });
  if (entry > MAX_AMOUNT) reader.fault(at("price"), "AmountInvalid", { decimals: setting.decimals });
  return { unit, entry };
}

function readPromotion(
  reader: Reader,
  draft: PlanDraft,
  price: bigint,
  decimals: number,
  now: number,
  at: At,
) {
  const promoPrice = reader.amount(at("promoPrice"), draft.promoPrice, decimals);
  const promoUntil = reader.moment(at("promoUntil"), draft.promoUntil);
  if (promoPrice === 0n) return {};
  if (promoPrice > price) reader.fault(at("promoPrice"), "PromotionAbovePrice");
  if (promoUntil <= now) reader.fault(at("promoUntil"), "PromotionEndMissing");
  return { promoPrice, promoUntil };
}
