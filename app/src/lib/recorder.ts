/** Everything a page has received of one purchase, as an export: JSON lines with proofs, and a table made from them. */
import type { ExportWriter, Hex } from "@weir/sdk/core";
import type { Delivered } from "./weir.ts";

/** A tab's share of memory; what comes after is read and paid as ever, and the page says that it is not in the file. */
export const MAX_EXPORT_BYTES = 192 * 2 ** 20;
/** Lines are handed to the browser in parts of this size: it keeps a Blob where it likes, on disk if need be. */
const PART_CHARS = 2 ** 20;

export type SignedVoucher = { cumulative: bigint; relay: Hex; signature: Hex };

export class Recorder {
  private readonly writer: ExportWriter;
  private readonly parts: Blob[] = [];
  private pending: string[] = [];
  private pendingChars = 0;
  private best: SignedVoucher | null = null;
  bytes = 0;
  messages = 0;
  full = false;

  constructor(writer: ExportWriter) {
    this.writer = writer;
  }

  add({ segment, segmentKey, body, messages }: Delivered): void {
    if (this.full) return;
    const { headerBytes, signature } = segment;
    this.push(this.writer.segment({ headerBytes, signature, segmentKey, body, messages }));
    this.messages += messages.length;
    this.full = this.bytes > MAX_EXPORT_BYTES;
  }

  /** Later vouchers count more; a file that ends early carries one that covers more than it shows, which is no fault. */
  voucher(voucher: SignedVoucher): void {
    if (this.best === null || voucher.cumulative > this.best.cumulative) this.best = voucher;
  }

  private push(lines: string[]): void {
    const text = `${lines.join("\n")}\n`;
    this.pending.push(text);
    this.pendingChars += text.length;
    this.bytes += text.length;
    if (this.pendingChars < PART_CHARS) return;
    this.parts.push(new Blob(this.pending));
    this.pending = [];
    this.pendingChars = 0;
  }

  /** The export as it stands; recording goes on. */
  jsonLines(): Blob {
    const end = `${this.writer.end(this.best).join("\n")}\n`;
    // Last of all: it names the keys of all that follows, and the seller may have changed them meanwhile.
    const head = `${this.writer.head()}\n`;
    return new Blob([head, ...this.parts, ...this.pending, end], { type: "application/jsonl" });
  }

  /** The same messages as a table of the listing's fields, without proofs. */
  async csv(fields: readonly string[]): Promise<Blob> {
    const { csvHeader, csvRow, utf8 } = await import("@weir/sdk/core");
    const rows: string[] = [csvHeader(fields)];
    for (const part of [...this.parts, new Blob(this.pending)])
      for (const line of (await part.text()).split("\n")) {
        if (!line.startsWith('{"type":"message"')) continue;
        const row = JSON.parse(line) as Record<string, string> & { timeMs: number };
        const payload =
          row.payload === undefined
            ? Uint8Array.from(atob(row.payloadBase64 ?? ""), (char) => char.charCodeAt(0))
            : utf8(row.payload);
        const { device = "", topic = "", segmentId = "", timeMs } = row;
        rows.push(csvRow(fields, { device, topic, timeMs, payload, segmentId }));
      }
    return new Blob([`${rows.join("\r\n")}\r\n`], { type: "text/csv" });
  }
}
