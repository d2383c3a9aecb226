// Ways to edit an export; each must be refused.
import type { PublicClient } from "viem";
import type { Contracts } from "../../sdk/src/chain/index.ts";
import { verifyOnChain } from "../../sdk/src/client/index.ts";
import { VerifyError } from "../../sdk/src/core/index.ts";
import { nativeCrypto } from "../../sdk/src/core/native.ts";

type Row = Record<string, unknown> & { type: string };
type Edit = (rows: Row[]) => void;

/** Another last digit of a hex text. */
const bend = (text: unknown): string => String(text).replace(/.$/, (digit) => (digit === "0" ? "1" : "0"));
const nth = (rows: Row[], type: string, n = 0): Row => rows.filter((row) => row.type === type)[n]!;
const at = (rows: Row[], row: Row): number => rows.indexOf(row);

export const EDITS: Record<string, Edit> = {
  "a header's message count": (rows) => {
    const row = nth(rows, "segment");
    const header = String(row.header);
    row.header =
      header.slice(0, 2 + 2 * 40) + (header[2 + 2 * 40] === "0" ? "1" : "0") + header.slice(3 + 2 * 40);
  },
  "a publisher's signature": (rows) => {
    const row = nth(rows, "segment");
    row.signature = bend(row.signature);
  },
  "a payload": (rows) => {
    const row = nth(rows, "message");
    row.payload = String(row.payload).replace(/\d/, (digit) => String((Number(digit) + 1) % 10));
  },
  "a message's time": (rows) => {
    const row = nth(rows, "message");
    row.timeMs = Number(row.timeMs) + 1;
  },
  "a message's device": (rows) => {
    nth(rows, "message").device = "another";
  },
  "the voucher's total": (rows) => {
    const row = nth(rows, "voucher");
    row.cumulative = String(BigInt(String(row.cumulative)) + 1n);
  },
  "the order of two messages": (rows) => {
    const first = at(rows, nth(rows, "message"));
    [rows[first], rows[first + 1]] = [rows[first + 1]!, rows[first]!];
  },
  "a missing message": (rows) => {
    rows.splice(at(rows, nth(rows, "message")), 1);
  },
  "a missing segment with its messages": (rows) => {
    const start = at(rows, nth(rows, "segment", 1));
    const end = at(rows, nth(rows, "segment", 2));
    rows.splice(start, end - start);
  },
  "the listed price": (rows) => {
    const { terms } = nth(rows, "purchase") as unknown as { terms: { plans: { price: string }[] } };
    terms.plans[0]!.price = String(BigInt(terms.plans[0]!.price) * 2n);
  },
  "the bill": (rows) => {
    const row = nth(rows, "end");
    row.due = String(BigInt(String(row.due)) - 1n);
  },
  "the buyer": (rows) => {
    const { purchase } = nth(rows, "purchase") as unknown as { purchase: { buyer: string } };
    purchase.buyer = bend(purchase.buyer);
  },
};

/** Each edit and what refused it (null: nothing did). Throws when the unedited file is refused, or a check fails otherwise. */
export async function tampered(p: {
  lines: readonly string[];
  client: PublicClient;
  contracts: Contracts;
  chainId: number;
}): Promise<{ edit: string; refusedBy: string | null }[]> {
  const results: { edit: string; refusedBy: string | null }[] = [];
  for (const [edit, act] of Object.entries(EDITS)) {
    const rows = p.lines.map((line) => JSON.parse(line) as Row);
    act(rows);
    try {
      await verifyOnChain({ ...p, crypto: nativeCrypto, lines: rows.map((row) => JSON.stringify(row)) });
      results.push({ edit, refusedBy: null });
    } catch (error) {
      if (!(error instanceof VerifyError)) throw error;
      results.push({ edit, refusedBy: error.message });
    }
  }
  return results;
}
