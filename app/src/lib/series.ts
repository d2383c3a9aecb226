/** What the live page keeps of a stream: bounded, because a stream has no end and a tab does. */
import { type Misfit, misfitOf, type SchemaField } from "./schema.ts";

/** Points kept per device and field: an hour at one message every two seconds, and still light to draw. */
export const MAX_POINTS = 1_800;
/** Rows kept for the tables. */
export const MAX_ROWS = 200;
/** Messages of the wrong shape that are kept apart, so that the many that fit do not push them out. */
export const MAX_MISFITS = 50;
/** A listing of more devices than this is shown by its first ones; the raw view shows them all. */
export const MAX_DEVICES = 32;

export interface Row {
  key: string;
  device: string;
  topic: string;
  timeMs: number;
  sealedAtMs: number;
  text: string;
  json: Record<string, unknown> | undefined;
  /** Why it is not what the listing describes. */
  misfit: Misfit | undefined;
}

export interface Points {
  /** Unix seconds, rising. */
  times: number[];
  values: number[];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Longer payloads are shown cut; they were paid for whole and an export holds them whole. */
const MAX_TEXT = 4_000;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The payload in letters; bytes that are none as base64, as in an export. */
function textOf(payload: Uint8Array): string {
  try {
    return decoder.decode(payload).slice(0, MAX_TEXT);
  } catch {
    const bytes = payload.subarray(0, (MAX_TEXT / 4) * 3);
    return `base64:${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
  }
}

export interface IncomingMessage {
  device: string;
  topic: string;
  timeMs: number;
  payload: Uint8Array;
  json?: unknown;
}

export class StreamBuffer {
  rows: Row[] = [];
  /** The newest of those that do not fit, and how many there were, of how many. */
  misfits: Row[] = [];
  misfitCount = 0;
  count = 0;
  devices: string[] = [];
  private readonly byDevice = new Map<string, Map<string, Points>>();

  /** `numeric`: the fields that are drawn; `promised`: all that the listing describes. */
  add(
    messages: IncomingMessage[],
    sealedAtMs: number,
    numeric: SchemaField[],
    promised: readonly SchemaField[] = [],
  ): void {
    const fresh: Row[] = [];
    for (const message of messages) {
      const json = isRecord(message.json) ? message.json : undefined;
      this.count += 1;
      fresh.push({
        key: String(this.count),
        device: message.device,
        topic: message.topic,
        timeMs: message.timeMs,
        sealedAtMs,
        text: textOf(message.payload),
        json,
        misfit: misfitOf(message.json, promised),
      });
      if (json) this.plot(message, json, numeric);
    }
    this.rows = [...fresh.reverse(), ...this.rows].slice(0, MAX_ROWS);
    const misfits = fresh.filter((row) => row.misfit !== undefined);
    this.misfitCount += misfits.length;
    if (misfits.length > 0) this.misfits = [...misfits, ...this.misfits].slice(0, MAX_MISFITS);
  }

  points(device: string, field: string): Points {
    return this.byDevice.get(device)?.get(field) ?? { times: [], values: [] };
  }

  private plot(message: IncomingMessage, json: Record<string, unknown>, numeric: SchemaField[]): void {
    let fields = this.byDevice.get(message.device);
    if (!fields) {
      if (this.devices.length >= MAX_DEVICES) return;
      fields = new Map();
      this.byDevice.set(message.device, fields);
      this.devices = [...this.devices, message.device];
    }
    for (const { name } of numeric) {
      const value = json[name];
      if (typeof value !== "number" || !Number.isFinite(value)) continue;
      const points = fields.get(name) ?? { times: [], values: [] };
      fields.set(name, points);
      // A chart's time axis must rise; two readings of one millisecond are drawn a hair apart.
      const last = points.times.at(-1) ?? 0;
      points.times.push(Math.max(message.timeMs / 1_000, last + 1e-4));
      points.values.push(value);
      if (points.times.length > MAX_POINTS) {
        points.times.splice(0, points.times.length - MAX_POINTS);
        points.values.splice(0, points.values.length - MAX_POINTS);
      }
    }
  }
}

/** Messages per second over a sliding half minute. */
export class RateMeter {
  private readonly windowMs = 30_000;
  private arrivals: { atMs: number; count: number }[] = [];
  private startedAtMs = 0;

  add(count: number, nowMs: number): void {
    if (this.startedAtMs === 0) this.startedAtMs = nowMs;
    this.arrivals.push({ atMs: nowMs, count });
    this.trim(nowMs);
  }

  perSecond(nowMs: number): number {
    this.trim(nowMs);
    const total = this.arrivals.reduce((sum, arrival) => sum + arrival.count, 0);
    const span = Math.min(this.windowMs, Math.max(1_000, nowMs - this.startedAtMs));
    return total / (span / 1_000);
  }

  private trim(nowMs: number): void {
    while (this.arrivals[0] && this.arrivals[0].atMs < nowMs - this.windowMs) this.arrivals.shift();
  }
}
