/** What is published in benches: messages of 256 bytes that anyone can make again from their seed, to compare what arrived by hash. */
import { createCipheriv, createHash, type Hash } from "node:crypto";

export const PAYLOAD_BYTES = 256;

/** `json`: readings of a weather station as people send them. `random`: bytes that no compressor can shorten. */
export type Kind = "json" | "random";

/** @param seed two sets with different seeds share no message */
export function payloadsOf(kind: Kind, seed: number, count: number): Buffer[] {
  const key = createHash("sha256").update(`${kind}/${seed}`).digest();
  const stream = createCipheriv("aes-256-ctr", key, Buffer.alloc(16));
  const noise = stream.update(Buffer.alloc(count * (kind === "random" ? PAYLOAD_BYTES : 16)));
  if (kind === "random")
    return Array.from({ length: count }, (_, i) =>
      noise.subarray(i * PAYLOAD_BYTES, (i + 1) * PAYLOAD_BYTES),
    );
  return Array.from({ length: count }, (_, i) => reading(seed, i, noise.subarray(i * 16, i * 16 + 16)));
}

/** One of forty stations in turn; each value wanders around its own mean, in the steps of its sensor. */
function reading(seed: number, index: number, noise: Buffer): Buffer {
  const around = (mean: number, range: number, byte: number, digits: number): number =>
    Number((mean + (range * (noise[byte]! - 128)) / 128).toFixed(digits));
  const station = index % 40;
  const text = JSON.stringify({
    station: `KSEA-${String(station).padStart(4, "0")}`,
    observedAt: new Date(1_790_000_000_000 + seed * 1e8 + index * 25).toISOString(),
    sequence: index,
    temperature: around(14 + station / 10, 2, 0, 1),
    dewPoint: around(9, 1, 1, 1),
    humidity: around(72, 8, 2, 0),
    pressure: around(1013, 3, 3, 1),
    wind: { speed: around(6, 3, 4, 1), direction: around(220, 40, 5, 0), gust: around(9, 4, 6, 1) },
    rain: noise[7]! < 40 ? 0.2 : 0,
    battery: around(3.7, 0.1, 8, 2),
    quality: "verified",
    note: "",
  });
  return Buffer.from(
    text.replace('"note":""', `"note":"${" ".repeat(PAYLOAD_BYTES - Buffer.byteLength(text))}"`),
  );
}

/** Payloads that are hashed in one go: a call into OpenSSL costs more than hashing 256 bytes. */
const HASHED_TOGETHER = 64;

/** SHA-256 over payloads in their order. */
export class Digest {
  #hash: Hash = createHash("sha256");
  #waiting: Uint8Array[] = [];
  count = 0;

  add(payload: Uint8Array): void {
    this.count += 1;
    if (this.#waiting.push(payload) === HASHED_TOGETHER) this.#flush();
  }

  /** Ends the set and begins a new one. */
  take(): string {
    this.#flush();
    const digest = this.#hash.digest("hex");
    this.#hash = createHash("sha256");
    this.count = 0;
    return digest;
  }

  #flush(): void {
    this.#hash.update(Buffer.concat(this.#waiting));
    this.#waiting = [];
  }
}

export function digestOf(payloads: readonly Uint8Array[]): string {
  const digest = new Digest();
  for (const payload of payloads) digest.add(payload);
  return digest.take();
}
