/**
 * Heads from relays, checked
 *   a relay that alters, invents or repeats under another name: the listing's pulse is unknown, never what it says
 *   one honest relay is enough, whatever another says
 *   keys that cannot be had: unknown
 */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { encodeHeader, headMessage, hex, portableCrypto, segmentMessage } from "@weir/sdk/core";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { WeirConfig } from "../src/lib/config.ts";
import { type HubKey, loadHeads } from "../src/lib/heads.ts";
import { pulseOf } from "../src/lib/liveness.ts";

const address = (byte: string) => `0x${byte.repeat(20)}` as const;
const delivery = { chainId: 31337, hubs: address("11"), grants: address("22"), channels: address("33") };
const contracts = { Hubs: delivery.hubs, Grants: delivery.grants, Channels: delivery.channels };
const now = 1_800_000_000_000;
const LISTING = { id: "7", hubId: "1" };

let secret: Uint8Array;
let key: HubKey;
beforeAll(async () => {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const { d } = await crypto.subtle.exportKey("jwk", pair.privateKey);
  secret = new Uint8Array(Buffer.from(d!, "base64url"));
  key = { keyId: 0, x: hex(point.subarray(1, 33)), y: hex(point.subarray(33)), revokedAt: 0 };
});

/** As `/v1/heads` has it. */
function itemOf(sealedAtMs: number) {
  const zeros = new Uint8Array(32);
  const header = encodeHeader({
    listingId: 7n,
    generation: 1,
    epoch: 1,
    seq: 3n,
    sealedAtMs,
    messageCount: 1,
    bodyBytes: 10,
    ciphertextBytes: 26,
    flags: 0,
    publisherKeyId: 0,
    salt: new Uint8Array(16),
    prevHash: zeros,
    plaintextRoot: zeros,
    keyCommit: zeros,
    ciphertextRoot: zeros,
  });
  const sign = (message: Uint8Array) => hex(portableCrypto.es256Sign(secret, message));
  const said = { listingId: 7n, generation: 1, nextSeq: 4n, segmentId: zeros, atMs: sealedAtMs };
  return {
    listingId: "7",
    sealedAtMs,
    header: hex(header),
    signature: sign(segmentMessage(delivery, header)),
    headAtMs: sealedAtMs,
    headGeneration: 1,
    headNextSeq: "4",
    headSegmentId: hex(zeros),
    headKeyId: 0,
    headSignature: sign(headMessage(delivery, said)),
  };
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A relay that answers this, whatever is asked. */
async function relayWith(body: unknown): Promise<WeirConfig["relays"][number]> {
  const server = createServer((_, response) => response.end(JSON.stringify(body))).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const http = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { operator: address("44"), peerId: "", multiaddrs: [], http };
}

async function pulse(bodies: unknown[], keys: HubKey[] | Error = [key]) {
  const relays = await Promise.all(bodies.map(relayWith));
  const config = { chainId: 31337, contracts, relays } as unknown as WeirConfig;
  const keysOf = async () => {
    if (keys instanceof Error) throw keys;
    return keys;
  };
  return pulseOf(await loadHeads({ config, listings: [LISTING], keysOf }), LISTING.id, now);
}

describe("a listing's pulse", () => {
  it("is live by a head that its publisher signed just now, gone without one", async () => {
    expect(await pulse([{ items: [itemOf(now - 1_000)] }])).toBe("live");
    expect(await pulse([{ items: [] }])).toBe("gone");
  });

  it("is unknown where a relay makes an old head young, or signs one itself", async () => {
    const old = itemOf(now - 7_200_000);
    expect(await pulse([{ items: [old] }])).toBe("gone");
    // The words beside the signed header are the relay's own: nobody reads them.
    expect(await pulse([{ items: [{ ...old, sealedAtMs: now }] }])).toBe("gone");
    expect(await pulse([{ items: [{ ...old, headAtMs: now }] }])).toBe("unknown");
    const stranger = { ...key, x: key.y, y: key.x };
    expect(await pulse([{ items: [itemOf(now)] }], [stranger])).toBe("unknown");
    expect(await pulse([{ items: [itemOf(now)] }], [{ ...key, revokedAt: now / 1_000 - 60 }])).toBe(
      "unknown",
    );
  });

  it("is what one honest relay shows, whatever the other says", async () => {
    const honest = itemOf(now - 70_000);
    expect(await pulse([{ items: [{ ...honest, headAtMs: now }] }, { items: [honest] }])).toBe("stale");
  });

  it("is unknown without the hub's keys, and with answers that are no heads", async () => {
    expect(await pulse([{ items: [itemOf(now)] }], new Error("the indexer does not answer"))).toBe("unknown");
    expect(await pulse([{ items: "many" }])).toBe("unknown");
    expect(await pulse([{ items: [null, 7, { listingId: "7" }] }])).toBe("unknown");
  });
});
