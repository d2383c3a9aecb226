// Where received messages go: an export with its proofs, a table, a broker, or standard output.
import { once } from "node:events";
import { createReadStream, createWriteStream, type WriteStream } from "node:fs";
import { rename } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { DecodedMessage, Delivered } from "@weir/sdk/client";
import { nativeCrypto } from "@weir/sdk/client/node";
import { csvHeader, csvRow, type ExportPurchase, type ExportVoucher, ExportWriter } from "@weir/sdk/core";
import { NotThere, RefusedByRule, UsageError } from "./output.ts";

export type Sink = {
  take(delivered: Delivered): void;
  /** Resolves once everything is written; `voucher` is the best one that was signed. */
  end(voucher: ExportVoucher | null): Promise<void>;
  /** Settles with what makes going on impossible. */
  failed: Promise<never>;
};

/** Opens a sink by its name: `*.jsonl`, `*.csv`, `mqtt://…`, or standard output without one. @throws UsageError, RefusedByRule, NotThere */
export async function openSink(
  out: string | undefined,
  p: { head: ExportPurchase; fields: readonly string[]; print: (message: DecodedMessage) => void },
): Promise<Sink> {
  if (out === undefined) return { ...silent(), take: ({ messages }) => messages.forEach(p.print) };
  if (/^mqtts?:\/\//.test(out)) return brokerSink(out);
  if (out.endsWith(".jsonl")) return exportSink(out, p.head);
  if (out.endsWith(".csv")) return tableSink(out, p.fields);
  throw new UsageError(
    "--out: is a file that ends in .jsonl or .csv, or a broker such as mqtt://127.0.0.1:1885",
  );
}

const silent = (): Pick<Sink, "end" | "failed"> => ({
  end: async () => undefined,
  failed: new Promise<never>(() => undefined),
});

/** A new file that takes lines; what is there already is never written over. */
async function newFile(
  path: string,
): Promise<{ stream: WriteStream; failed: Promise<never>; end: () => Promise<void> }> {
  const stream = createWriteStream(path, { flags: "wx", mode: 0o600 });
  await once(stream, "open").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST") throw new RefusedByRule(`--out: there is a file at ${path} already`);
    throw new UsageError(`--out: ${path} cannot be written (${error.code})`);
  });
  const failed = new Promise<never>((_, reject) => {
    stream.on("error", (error) =>
      reject(new RefusedByRule(`--out: ${path} cannot be written (${error.message})`)),
    );
  });
  failed.catch(() => undefined); // whoever waits for the feed sees it
  const end = () => Promise.race([new Promise<void>((resolve) => stream.end(() => resolve())), failed]);
  return { stream, failed, end };
}

async function exportSink(path: string, head: ExportPurchase): Promise<Sink> {
  const { stream, failed, end } = await newFile(path);
  const writer = new ExportWriter(nativeCrypto, head);
  const write = (lines: readonly string[]) => stream.write(`${lines.join("\n")}\n`);
  const first = writer.head();
  write([first]);
  return {
    failed,
    take({ segment, segmentKey, body, messages }) {
      write(writer.segment({ ...segment, segmentKey, body, messages }));
    },
    async end(voucher) {
      write(writer.end(voucher));
      await end();
      if (writer.head() !== first) await putFirst(path, first, writer.head());
    },
  };
}

/** The first line names the keys of all that follows; if the seller has changed them meanwhile, it is written anew. */
async function putFirst(path: string, before: string, after: string): Promise<void> {
  const whole = `${path}.part`;
  const into = createWriteStream(whole, { mode: 0o600 });
  into.write(`${after}\n`);
  await pipeline(createReadStream(path, { start: Buffer.byteLength(before) + 1 }), into);
  await rename(whole, path);
}

async function tableSink(path: string, fields: readonly string[]): Promise<Sink> {
  const { stream, failed, end } = await newFile(path);
  stream.write(`${csvHeader(fields)}\r\n`);
  return {
    failed,
    take({ segmentId, messages }) {
      for (const message of messages) stream.write(`${csvRow(fields, { ...message, segmentId })}\r\n`);
    },
    end,
  };
}

const CONNECT_TIMEOUT_MS = 10_000;

/** Every message under `<path of the address>/<device>/<topic>`, QoS 1, as it was published at the seller's. */
async function brokerSink(address: string): Promise<Sink> {
  const url = new URL(address);
  const prefix = url.pathname.replace(/^\/|\/$/g, "");
  const { default: mqtt } = await import("mqtt");
  const login =
    url.username === ""
      ? {}
      : {
          username: decodeURIComponent(url.username),
          password: process.env.WEIR_MQTT_PASSWORD ?? decodeURIComponent(url.password),
        };
  const client = await mqtt
    .connectAsync(
      `${url.protocol}//${url.host}`,
      { ...login, protocolVersion: 4, connectTimeout: CONNECT_TIMEOUT_MS },
      false,
    )
    .catch((error: Error) => {
      throw new NotThere(`--out: the broker at ${url.host} does not take the connection (${error.message})`);
    });
  const fault = Promise.withResolvers<never>();
  fault.promise.catch(() => undefined); // whoever waits for the feed sees it
  let waiting = 0;
  const idle: (() => void)[] = [];
  const settled = () => {
    waiting -= 1;
    if (waiting === 0) for (const resolve of idle.splice(0)) resolve();
  };
  return {
    failed: fault.promise,
    take({ messages }) {
      for (const { device, topic, payload } of messages) {
        waiting += 1;
        client
          .publishAsync(
            [prefix, device, topic].filter((part) => part !== "").join("/"),
            Buffer.from(payload),
            { qos: 1 },
          )
          .catch((error: Error) =>
            fault.reject(new NotThere(`--out: the broker took a message no more (${error.message})`)),
          )
          .finally(settled);
      }
    },
    async end() {
      if (waiting > 0)
        await Promise.race([new Promise<void>((resolve) => idle.push(resolve)), fault.promise]);
      await client.endAsync();
    },
  };
}
