// An export: JSON lines that carry what was bought together with its proofs. Layout: docs/protocol/export.md.
// Longer than its neighbours because writer and checker stand side by side: a field of one is a rule of the other.
import { decodeBody, type Message } from "./body.ts";
import { type Address, type Bytes, equalBytes, type Hex, hex, unhex, utf8 } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import type { PublicKey } from "./es256.ts";
import { type Delivery, decodeHeader, epochAt, segmentMessage } from "./header.ts";
import {
  deriveTerms,
  isMetered,
  isTimed,
  type ListingTerms,
  type Plan,
  type PurchaseChoice,
  saltOf,
} from "./listing.ts";
import { plaintextRoot } from "./merkle.ts";
import { accrue, dueOf } from "./metering.ts";
import { keyCommitOf } from "./segment.ts";
import { channelId, grantId, voucherDigest } from "./typed-data.ts";

export const EXPORT_FORMAT = "weir-export/1";

/** The first line: what was bought, from whom, under which terms. */
export type ExportPurchase = {
  delivery: Delivery;
  terms: ListingTerms;
  purchase: PurchaseChoice;
  grantId: Hex;
  paymentId: Hex;
  publisherKeys: readonly ({ keyId: number } & PublicKey)[];
  /** True when the file begins with the first segment of the purchase, so that it must explain the whole bill. */
  complete: boolean;
};

export type ExportSegment = {
  headerBytes: Uint8Array;
  signature: Uint8Array;
  segmentKey: Uint8Array;
  body: Uint8Array;
  messages: readonly Message[];
};
export type ExportVoucher = { cumulative: bigint; relay: Address; signature: Hex };

/** What a checked file says. `due` and `cumulative` in the smallest token unit. */
export type ExportReport = {
  head: ExportPurchase;
  segments: number;
  messages: number;
  due: bigint;
  voucher: ExportVoucher | null;
  gaps: { generation: number; fromSeq: bigint; toSeq: bigint }[];
  publisherKeyIds: number[];
};

/** The file does not hold: the line (from 1), the field, and the rule it breaks. */
export class VerifyError extends Error {
  override readonly name = "VerifyError";
  readonly line: number;
  readonly field: string;

  constructor(line: number, field: string, rule: string) {
    super(`line ${line}, ${field}: ${rule}`);
    this.line = line;
    this.field = field;
  }
}

const json = (value: unknown): string =>
  JSON.stringify(value, (_, item) => (typeof item === "bigint" ? String(item) : item));
const base64 = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
const unbase64 = (text: string): Bytes => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
const fatalUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function payloadFields(payload: Uint8Array): { payload: string } | { payloadBase64: string } {
  try {
    return { payload: fatalUtf8.decode(payload) };
  } catch {
    // Not text: kept as base64, so that no byte is lost.
    return { payloadBase64: base64(payload) };
  }
}

/** Writes an export line by line; every method returns lines without the line end. */
export class ExportWriter {
  readonly #crypto: Crypto;
  readonly #head: ExportPurchase;
  #segments = 0;
  #messages = 0;
  #accrued = 0n;
  #last: { generation: number; seq: bigint } | undefined;

  constructor(crypto: Crypto, head: ExportPurchase) {
    this.#crypto = crypto;
    this.#head = head;
  }

  head(): string {
    return json({ type: "purchase", format: EXPORT_FORMAT, ...this.#head });
  }

  segment(segment: ExportSegment): string[] {
    const header = decodeHeader(segment.headerBytes);
    const { delivery, terms, purchase } = this.#head;
    const id = hex(this.#crypto.sha256(segmentMessage(delivery, segment.headerBytes)));
    const lines: string[] = [];
    if (this.#last?.generation === header.generation && header.seq !== this.#last.seq + 1n) {
      lines.push(
        json({
          type: "gap",
          generation: header.generation,
          fromSeq: this.#last.seq + 1n,
          toSeq: header.seq - 1n,
        }),
      );
    }
    this.#last = header;
    this.#segments += 1;
    this.#messages += segment.messages.length;
    this.#accrued += accrue(terms.plans[purchase.plan]!, header);
    lines.push(
      json({
        type: "segment",
        segmentId: id,
        header: hex(segment.headerBytes),
        signature: hex(segment.signature),
        segmentKey: hex(segment.segmentKey),
        body: base64(segment.body),
      }),
      ...segment.messages.map(({ device, topic, timeMs, payload }, index) =>
        json({ type: "message", segmentId: id, index, device, topic, timeMs, ...payloadFields(payload) }),
      ),
    );
    return lines;
  }

  /** The closing lines: the best voucher (none for a free grant) and the sums. */
  end(voucher: ExportVoucher | null): string[] {
    const { terms, purchase } = this.#head;
    const due = dueOf(terms.plans[purchase.plan]!, this.#accrued);
    const end = json({ type: "end", segments: this.#segments, messages: this.#messages, due });
    return voucher === null ? [end] : [json({ type: "voucher", ...voucher }), end];
  }
}

type Row = Record<string, unknown> & { type: string };

/**
 * Checks an export against itself: every id, signature, commitment, root, order, sum and the voucher. Needs no network;
 * what the chain must confirm (terms, keys, purchase, bill) is checked by `verifyOnChain` of the client.
 * Throws VerifyError at the first line that does not hold.
 */
export async function verifyExport(
  crypto: Crypto,
  lines: Iterable<string> | AsyncIterable<string>,
): Promise<ExportReport> {
  let check: Checker | undefined;
  let number = 0;
  for await (const line of lines) {
    number += 1;
    if (line === "") continue;
    const row = parse(line, number);
    if (check === undefined) check = new Checker(crypto, headOf(row, number));
    else await check.row(row, number);
  }
  if (check === undefined) throw new VerifyError(1, "type", "is purchase");
  return check.report(number);
}

function parse(line: string, number: number): Row {
  try {
    const row = JSON.parse(line) as Row;
    if (typeof row?.type === "string") return row;
  } catch (error) {
    throw new VerifyError(number, "line", `is JSON (${error instanceof Error ? error.message : error})`);
  }
  throw new VerifyError(number, "type", "names the kind of line");
}

const BIGINT_FIELDS = new Set(["listingId", "hubId", "price", "unit", "upfront", "entry", "promoPrice"]);

/** The first line back into its types; amounts and ids were written as decimal strings. */
function headOf(row: Row, number: number): ExportPurchase {
  if (row.type !== "purchase" || row.format !== EXPORT_FORMAT) {
    throw new VerifyError(number, "format", `is ${EXPORT_FORMAT}`);
  }
  try {
    const {
      type: _,
      format: __,
      ...head
    } = JSON.parse(JSON.stringify(row), (key, value) =>
      BIGINT_FIELDS.has(key) && typeof value === "string" ? BigInt(value) : value,
    );
    const typed = head as ExportPurchase;
    const plan = typed.terms.plans[typed.purchase.plan];
    if (plan === undefined) throw new RangeError("the plan does not exist");
    if (paymentIdOf(typed, plan) !== typed.paymentId)
      throw new RangeError("paymentId does not follow from terms and purchase");
    if (grantId(typed.purchase.listingId, typed.purchase.buyer, typed.paymentId) !== typed.grantId) {
      throw new RangeError("grantId does not follow from listing, buyer and paymentId");
    }
    return typed;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new VerifyError(number, "purchase", reason.split("\n")[0]!);
  }
}

/** A subscription's id depends on when it was bought, which only the chain tells: there it is compared with the purchase's event. */
function paymentIdOf({ delivery, terms, purchase, paymentId }: ExportPurchase, plan: Plan): Hex {
  if (isTimed(plan)) return paymentId;
  return isMetered(plan) ? channelId(delivery, deriveTerms(terms, purchase)) : saltOf(terms, purchase);
}

class Checker {
  readonly #crypto: Crypto;
  readonly #head: ExportPurchase;
  readonly #keys: Map<number, PublicKey>;
  readonly #used = new Set<number>();
  readonly #gaps: ExportReport["gaps"] = [];
  #segments = 0;
  #messages = 0;
  #accrued = 0n;
  #last: { generation: number; seq: bigint; sealedAtMs: number; id: Hex } | undefined;
  #gap: { generation: number; fromSeq: bigint; toSeq: bigint } | undefined;
  #expected: { segmentId: Hex; messages: Message[]; next: number } | undefined;
  #voucher: ExportVoucher | null = null;
  #ended = false;

  constructor(crypto: Crypto, head: ExportPurchase) {
    this.#crypto = crypto;
    this.#head = head;
    this.#keys = new Map(head.publisherKeys.map(({ keyId, x, y }) => [keyId, { x, y }]));
  }

  async row(row: Row, line: number): Promise<void> {
    const need = (holds: boolean, field: string, rule: string): void => {
      if (!holds) throw new VerifyError(line, field, rule);
    };
    need(!this.#ended, "type", "nothing follows the end");
    const open = this.#expected;
    if (open !== undefined && row.type !== "message") {
      need(
        open.next === open.messages.length,
        "type",
        `is message ${open.next} of segment ${open.segmentId}`,
      );
      this.#expected = undefined;
    }
    try {
      if (row.type === "segment") await this.#segment(row, need);
      else if (row.type === "message") this.#message(row, need);
      else if (row.type === "gap") this.#gapLine(row);
      else if (row.type === "voucher") this.#voucherLine(row, need);
      else if (row.type === "end") this.#end(row, need);
      else need(false, "type", "is segment, message, gap, voucher or end");
    } catch (error) {
      if (error instanceof VerifyError) throw error;
      throw new VerifyError(line, row.type, error instanceof Error ? error.message : String(error));
    }
  }

  async #segment(row: Row, need: Need): Promise<void> {
    const headerBytes = unhex(row.header as Hex);
    const header = decodeHeader(headerBytes);
    const { delivery, terms, purchase } = this.#head;
    const message = segmentMessage(delivery, headerBytes);
    const id = hex(this.#crypto.sha256(message));
    need(row.segmentId === id, "segmentId", "is the hash of the header");
    need(header.listingId === purchase.listingId, "listingId", "is the listing that was bought");
    const key = this.#keys.get(header.publisherKeyId);
    need(key !== undefined, "publisherKeyId", "is among the publisher keys of the first line");
    need(
      await this.#crypto.es256Verify(key!, message, unhex(row.signature as Hex)),
      "signature",
      "is the publisher's",
    );
    this.#used.add(header.publisherKeyId);
    const segmentKey = unhex(row.segmentKey as Hex);
    need(
      equalBytes(keyCommitOf(this.#crypto, segmentKey), header.keyCommit),
      "segmentKey",
      "is the committed one",
    );
    const body = unbase64(row.body as string);
    need(body.length === header.bodyBytes, "body", "has bodyBytes bytes");
    need(
      equalBytes(plaintextRoot(this.#crypto, body, segmentKey), header.plaintextRoot),
      "body",
      "has the signed root",
    );
    need(header.epoch === epochAt(header.sealedAtMs, terms.epochLength), "epoch", "follows from sealedAtMs");
    this.#order(header, need);
    this.#last = { generation: header.generation, seq: header.seq, sealedAtMs: header.sealedAtMs, id };
    this.#expected = { segmentId: id, messages: decodeBody(this.#crypto, body, header), next: 0 };
    this.#segments += 1;
    this.#accrued += accrue(terms.plans[purchase.plan]!, header);
  }

  #order(header: ReturnType<typeof decodeHeader>, need: Need): void {
    const last = this.#last;
    const gap = this.#gap;
    this.#gap = undefined;
    if (last === undefined) return;
    need(header.sealedAtMs >= last.sealedAtMs, "sealedAtMs", "never falls");
    need(header.generation >= last.generation, "generation", "never falls");
    if (header.generation > last.generation) return;
    if (header.seq === last.seq + 1n) {
      need(hex(header.prevHash) === last.id, "prevHash", "is the segment before");
      return;
    }
    const named =
      gap?.generation === header.generation && gap.fromSeq === last.seq + 1n && gap.toSeq === header.seq - 1n;
    need(header.seq > last.seq && named, "seq", `continues ${last.seq}, or the gap is named`);
    this.#gaps.push(gap!);
  }

  #message(row: Row, need: Need): void {
    const open = this.#expected;
    need(open !== undefined && row.segmentId === open.segmentId, "segmentId", "is the segment above");
    const message = open!.messages[open!.next];
    need(message !== undefined && row.index === open!.next, "index", `is ${open!.next}`);
    const { device, topic, timeMs, payload } = message!;
    const bytes = typeof row.payload === "string" ? utf8(row.payload) : unbase64(String(row.payloadBase64));
    need(row.device === device, "device", "is the sealed one");
    need(row.topic === topic, "topic", "is the sealed one");
    need(row.timeMs === timeMs, "timeMs", "is the sealed one");
    need(equalBytes(bytes, payload), "payload", "is the sealed one");
    open!.next += 1;
    this.#messages += 1;
  }

  #gapLine(row: Row): void {
    this.#gap = {
      generation: Number(row.generation),
      fromSeq: BigInt(String(row.fromSeq)),
      toSeq: BigInt(String(row.toSeq)),
    };
  }

  #voucherLine(row: Row, need: Need): void {
    const voucher = { cumulative: BigInt(String(row.cumulative)), relay: row.relay as Address };
    const digest = voucherDigest(this.#head.delivery, { channelId: this.#head.paymentId, ...voucher });
    const signer = this.#crypto.recover(digest, unhex(row.signature as Hex));
    need(
      signer?.toLowerCase() === this.#head.purchase.signer.toLowerCase(),
      "signature",
      "is by the purchase's signer",
    );
    this.#voucher = { ...voucher, signature: row.signature as Hex };
  }

  #due(): bigint {
    return dueOf(this.#head.terms.plans[this.#head.purchase.plan]!, this.#accrued);
  }

  #end(row: Row, need: Need): void {
    need(row.segments === this.#segments, "segments", `is ${this.#segments}`);
    need(row.messages === this.#messages, "messages", `is ${this.#messages}`);
    need(row.due === String(this.#due()), "due", `is ${this.#due()}`);
    this.#ended = true;
  }

  report(lines: number): ExportReport {
    if (!this.#ended) throw new VerifyError(lines, "type", "the last line is end");
    const due = this.#due();
    if (due > 0n && (this.#voucher === null || this.#voucher.cumulative < due)) {
      throw new VerifyError(lines, "voucher", "covers what is due");
    }
    return {
      head: this.#head,
      segments: this.#segments,
      messages: this.#messages,
      due,
      voucher: this.#voucher,
      gaps: this.#gaps,
      publisherKeyIds: [...this.#used],
    };
  }
}

type Need = (holds: boolean, field: string, rule: string) => void;
