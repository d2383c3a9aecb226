/**
 * Looks through a write-ahead log before SQLite does. SQLite reads it up to the first frame whose sums do not hold, takes that for the end of
 * what was written, and drops what stands behind: right for a tail that was torn when the power went, and silent about a disk that has changed
 * a bit in the middle. Both break a frame's sums. Damage it is
 *
 * - when a commit behind the broken frame, whole, is followed by the next one: nobody writes that before the first is flushed, so the broken one was flushed too
 * - when one bit explains it: a torn write leaves older bytes, never all but one of the new
 *
 * More than a bit in the very last commits looks like a torn tail, and is taken for one.
 */
import { existsSync, readFileSync } from "node:fs";
import { FRAME_HEADER_BYTES, LOG_HEADER_BYTES, logOf } from "./log.ts";

/** What stood behind this place of the log was acknowledged, and SQLite would drop it. */
export class DamagedLog extends Error {
  override readonly name = "DamagedLog";

  constructor(log: string, place: number) {
    super(
      `${log} was changed on the disk at byte ${place} or behind it, and what follows there was acknowledged. Nothing has been touched: look at the disk, then put the folder back from a copy or begin with an empty one (docs/running.md, "A damaged disk").`,
    );
  }
}

/** The last bit of the magic number says in which order the sums take the bytes of a word. */
const MAGIC = 0x377f0682;
/** Of a frame's header, what its sums are over. */
const SUMMED_HEADER_BYTES = 8;

type Sums = readonly [number, number];
/** A frame whose salts are the log's, by its place. */
type Frame = { header: Buffer; page: Buffer };

/** For a file that nobody has open. @throws DamagedLog */
export function checkLog(file: string): void {
  const path = logOf(file);
  if (!existsSync(path)) return;
  const log = readFileSync(path);
  if (log.length <= LOG_HEADER_BYTES) return; // never got as far as a frame
  const header = log.subarray(0, LOG_HEADER_BYTES);
  const magic = header.readUInt32BE(0);
  const isLittle = magic === MAGIC;
  if (header.every((byte) => byte === 0)) return; // the file had grown, and its first write was lost
  const begun = add([0, 0], header.subarray(0, 24), isLittle);
  if ((!isLittle && magic !== MAGIC + 1) || !same(begun, sumsAt(header, 24))) throw new DamagedLog(path, 0);

  const size = FRAME_HEADER_BYTES + header.readUInt32BE(8);
  const salts = header.subarray(16, 24);
  const count = Math.floor((log.length - LOG_HEADER_BYTES) / size);
  const placeOf = (n: number) => LOG_HEADER_BYTES + n * size;
  const frameAt = (n: number): Frame => {
    const at = placeOf(n);
    const page = at + FRAME_HEADER_BYTES;
    return { header: log.subarray(at, page), page: log.subarray(page, at + size) };
  };
  const isCurrent = ({ header }: Frame) => header.subarray(8, 16).equals(salts);
  const sumsOf = (before: Sums, { header, page }: Frame) =>
    add(add(before, header.subarray(0, SUMMED_HEADER_BYTES), isLittle), page, isLittle);
  const holds = (before: Sums, frame: Frame) =>
    isCurrent(frame) && same(sumsOf(before, frame), sumsAt(frame.header, 16));

  let broken = 0;
  let before = begun;
  for (; broken < count; broken += 1) {
    const frame = frameAt(broken);
    if (!holds(before, frame)) break;
    before = sumsAt(frame.header, 16);
  }
  if (broken >= count) return;

  const frame = frameAt(broken);
  if (isOneBitOff(frame, salts, sumsOf(before, frame), isLittle)) throw new DamagedLog(path, placeOf(broken));
  // Behind it each frame is judged by what the one before says of itself, which stands even where that one's page does not.
  let isCommit = false;
  for (let n = broken + 1; n < count; n += 1) {
    const next = frameAt(n);
    const isWhole = holds(sumsAt(frameAt(n - 1).header, 16), next);
    if (isWhole && isCommit) throw new DamagedLog(path, placeOf(broken));
    isCommit = isWhole && next.header.readUInt32BE(4) !== 0;
  }
}

const sumsAt = (bytes: Buffer, at: number): Sums => [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)];
const same = (a: Sums, b: Sums): boolean => a[0] === b[0] && a[1] === b[1];

/** SQLite's sums over pairs of words, going on from others. */
function add([first, second]: Sums, bytes: Buffer, isLittle: boolean): Sums {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let a = first;
  let b = second;
  for (let at = 0; at < bytes.length; at += 8) {
    a = (a + words.getUint32(at, isLittle) + b) | 0;
    b = (b + words.getUint32(at + 4, isLittle) + a) | 0;
  }
  return [a >>> 0, b >>> 0];
}

/** Would the frame hold with one bit of it as it is not? `sums`: over the frame as it is. */
function isOneBitOff({ header, page }: Frame, salts: Buffer, sums: Sums, isLittle: boolean): boolean {
  const said = sumsAt(header, 16);
  const off = bitsApart(header.subarray(8, 16), salts);
  if (off > 0) return off === 1 && same(sums, said);
  const [a, b] = [(sums[0] - said[0]) | 0, (sums[1] - said[1]) | 0];
  if (bitsIn(sums[0] ^ said[0]) + bitsIn(sums[1] ^ said[1]) === 1) return true;
  // The sums are linear, modulo 2³²: how much a bit of each word moves them follows from how far the word is from the end.
  const summed = Buffer.concat([header.subarray(0, SUMMED_HEADER_BYTES), page]);
  const words = new DataView(summed.buffer, summed.byteOffset, summed.length);
  let [a1, b1, a2, b2] = [1, 1, 0, 1]; // what the first and the second word of the last pair add to either sum
  for (let at = summed.length - 8; at >= 0; at -= 8) {
    if (moves(words.getUint32(at, isLittle), a1, b1, a, b)) return true;
    if (moves(words.getUint32(at + 4, isLittle), a2, b2, a, b)) return true;
    [a1, b1] = [(a1 + b1) | 0, (a1 + 2 * b1) | 0];
    [a2, b2] = [(a2 + b2) | 0, (a2 + 2 * b2) | 0];
  }
  return false;
}

/** Does one bit of `word` move the sums by exactly `a` and `b`? */
function moves(word: number, intoA: number, intoB: number, a: number, b: number): boolean {
  for (let bit = 0; bit < 32; bit += 1) {
    const by = (word >>> bit) & 1 ? 1 << bit : -(1 << bit);
    if (Math.imul(intoA, by) === a && Math.imul(intoB, by) === b) return true;
  }
  return false;
}

function bitsIn(word: number): number {
  let count = 0;
  for (let rest = word >>> 0; rest !== 0; rest >>>= 1) count += rest & 1;
  return count;
}

const bitsApart = (a: Buffer, b: Buffer): number =>
  a.reduce((count, byte, i) => count + bitsIn(byte ^ b[i]!), 0);
