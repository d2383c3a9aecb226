import { formatAmount } from "../../../lib/money.ts";

/** Spreadsheets run a cell that begins like a formula: an apostrophe makes it text, whoever wrote it. */
const FORMULA = /^[=+\-@\t\r]/;

function cell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export interface EarningRow {
  listing: string;
  title: string;
  buyer: string;
  kind: string;
  since: string;
  token: string;
  decimals: number;
  deposited: bigint;
  settled: bigint;
}

const HEAD = ["listing", "title", "buyer", "plan", "since", "token", "deposited", "settled"];

/** RFC 4180, one line per buyer of a listing. Amounts are exact, in whole tokens. */
export function earningsCsv(rows: readonly EarningRow[]): string {
  const lines = rows.map((row) => {
    const money = (amount: bigint) => formatAmount(amount, row.decimals).replaceAll(",", "");
    const texts = [row.listing, row.title, row.buyer, row.kind, row.since, row.token].map(cell);
    return [...texts, money(row.deposited), money(row.settled)].join(",");
  });
  return `${[HEAD.join(","), ...lines].join("\r\n")}\r\n`;
}
