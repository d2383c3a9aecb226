// The relay as a program: started, stopped, killed.
//
// - one relay at a time on a folder; `check` reads what a stopped one has stored
// - one ready line on standard output; SIGTERM and a closed standard input end it; the peer key is private and stays
// - kill -9 while a gateway publishes: everything acknowledged is there afterwards
// - stopped and continued while a gateway publishes and a grant is revoked: what it acknowledges then is on the disk, readers go on in order, the
//   revoked one is cut off
// - kill -9 while a buyer reads: what was bought is sent again for free, the meter goes on where it stood, the old session does not

import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { revokeGrant } from "@weir/sdk/chain";
import { decodeHeader, HEADER_BYTES, hex } from "@weir/sdk/core";
import { segmentFrame } from "@weir/sdk/wire";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeGrant, SELLER } from "../../test/support/market.ts";
import { openDatabase } from "../src/store/database.ts";
import { ledgerStore } from "../src/store/ledger.ts";
import { SCHEMA } from "../src/store/schema.ts";
import { segmentStore } from "../src/store/segments.ts";
import { readSegments, ScriptedBuyer, until, untilRefused } from "./support/buyer.ts";
import { ScriptedGateway, type Sealed } from "./support/gateway.ts";
import { MAIN, type RelayProcess, spawnRelay } from "./support/process.ts";
import { nowIn, startScene } from "./support/scene.ts";
import { ENTRY, FREE, PRICE, startWorld, type World } from "./support/world.ts";

/** Three programs, one after another. */
const MORE_STARTS = { timeout: 120_000 };

let world: World;
const running: RelayProcess[] = [];

beforeAll(async () => {
  world = await startWorld();
});

afterAll(async () => {
  for (const relay of running) await relay.kill("SIGKILL");
  await world.stop();
});

async function spawned(folder: string, env: Record<string, string> = {}): Promise<RelayProcess> {
  const relay = await spawnRelay(world, folder, env);
  running.push(relay);
  return relay;
}

/** The stores of a relay that is not running. */
function stores(folder: string) {
  const fail = (error: unknown) => {
    throw new Error(`damaged: ${error}`);
  };
  const database = openDatabase({ file: join(folder, "relay.db"), schema: SCHEMA, onFatal: fail });
  return { database, ledger: ledgerStore(database), segments: segmentStore(database, fail) };
}

test("one ready line; SIGTERM, SIGINT and a lost parent end it cleanly", async () => {
  const folder = world.folder();
  const first = await spawned(folder);
  expect(first).toMatchObject({ event: "ready", operator: world.relayOperator });
  expect(first.multiaddrs.map((text) => text.includes("/ws")).sort()).toEqual([false, true]);
  for (const text of first.multiaddrs) expect(text.endsWith(`/p2p/${first.peerId}`)).toBe(true);
  expect((await fetch(`${first.http}/readyz`)).status).toBe(200);
  expect(await first.kill("SIGTERM")).toBe(0);
  expect(first.stdout().trim().split("\n")).toHaveLength(1);
  expect(statSync(join(folder, "peer.key")).mode & 0o777).toBe(0o600);

  const second = await spawned(folder, { WEIR_PARENT_WATCH: "1" });
  expect(second.peerId).toBe(first.peerId);
  const ended = once(second.child, "exit");
  second.child.stdin.end();
  expect((await ended)[0]).toBe(0);
  const third = await spawned(folder);
  expect(await third.kill("SIGINT")).toBe(0);
});

test(
  "one relay at a time on a folder, and check looks through it when none is there",
  MORE_STARTS,
  async () => {
    const folder = world.folder();
    const relay = await spawned(folder);
    await expect(spawned(folder)).rejects.toThrow(`another relay runs on the folder ${folder}`);
    expect((await fetch(`${relay.http}/readyz`)).status).toBe(200);
    await relay.kill("SIGKILL"); // and leaves no lock
    const { status, stdout } = spawnSync(process.execPath, [MAIN, "check"], {
      env: { PATH: process.env.PATH, WEIR_DATA_DIR: folder },
      encoding: "utf8",
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${join(folder, "relay.db")} is whole\n` });
  },
);

test("a missing setting is named", async () => {
  await expect(spawned(world.folder(), { WEIR_RELAY_OPERATOR: "" })).rejects.toThrow(/WEIR_RELAY_OPERATOR/);
});

test("kill -9 while publishing: nothing acknowledged is lost", async () => {
  const folder = world.folder();
  const { listingId } = await world.listing("killed publisher");
  const generation = Math.floor(Date.now() / 1000);
  const maker = await ScriptedGateway.start(world, { peerId: "", multiaddrs: [] }, { listingId, generation });
  const made: Uint8Array[] = [];
  for (let round = 0; round < 4; round += 1) {
    const relay = await spawned(folder);
    const gateway = await ScriptedGateway.start(world, relay, { listingId, generation });
    const { frames, head } = await gateway.publish();
    const from = head.head ? Number(decodeHeader(head.head.subarray(0, HEADER_BYTES)).seq) + 1 : 0;
    while (made.length < from + 200) made.push((await maker.seal()).bytes);
    // Killed at the first acknowledgement, with the rest still under way.
    for (const bytes of made.slice(from)) frames.write(segmentFrame(bytes));
    let acknowledged = -1;
    while (acknowledged < from + 20 * round) acknowledged = Number((await frames.expect("ACK")).seq);
    await relay.kill("SIGKILL");
    await gateway.stop();
    const { database, segments } = stores(folder);
    const kept = await segments.read({ listingId, generation, seq: 0n }, Number.MAX_SAFE_INTEGER);
    database.close();
    expect(kept.length).toBeGreaterThan(acknowledged);
    for (const [index, { bytes }] of kept.entries()) expect(hex(bytes)).toBe(hex(made[index]!));
  }
  await maker.stop();
});

test("stopped by a signal, it goes on where it was: acknowledged is on the disk, readers lose nothing, the revoked one is out", async () => {
  const folder = world.folder();
  const relay = await spawned(folder);
  const scene = await startScene(world, relay, "stopped and continued", FREE);
  const { gateway, publish, listing } = scene;
  const other = await makeGrant(world.chain, listing, { plan: FREE, amount: 0n });
  const shut = await ScriptedBuyer.start(world, relay, other);
  const [reading, cut] = [await scene.buyer.open(), await shut.open()];
  for (const frames of [reading, cut]) await frames.expect("OPENED");

  relay.child.kill("SIGSTOP");
  const state = () => /^State:\s+(\w)/m.exec(readFileSync(`/proc/${relay.child.pid}/status`, "utf8"))![1];
  await expect.poll(state, { timeout: 20_000 }).toBe("T");
  const sealedAtMs = await nowIn(world);
  const made: Sealed[] = [];
  for (let n = 0; n < 50; n += 1) made.push(await gateway.seal({ sealedAtMs }));
  for (const { bytes } of made) publish.write(segmentFrame(bytes));
  const { contracts } = world.chain;
  await revokeGrant(world.chain.wallet(SELLER), { contracts, grantId: other.grantId });
  relay.child.kill("SIGCONT");

  expect(await readSegments(reading, 50)).toEqual(made.map(({ seq }) => seq));
  while ((await publish.expect("ACK")).seq < made.at(-1)!.seq);
  expect((await untilRefused(cut)).name).toBe("Revoked");
  await relay.kill("SIGKILL");
  const { database, segments } = stores(folder);
  const { listingId, generation } = gateway;
  const kept = await segments.read({ listingId, generation, seq: 0n }, Number.MAX_SAFE_INTEGER);
  database.close();
  expect(kept.map(({ bytes }) => hex(bytes))).toEqual(made.map(({ bytes }) => hex(bytes)));
  await shut.stop();
  await scene.stop();
});

test("kill -9 while reading: bought segments come again for free, and the meter is intact", async () => {
  const folder = world.folder();
  const relay = await spawned(folder);
  const scene = await startScene(world, relay, "killed reader");
  await scene.segments(10, 10, 5);
  const frames = await scene.session({ ahead: 5 });
  expect(await readSegments(frames, 3)).toEqual([0n, 1n, 2n]);
  await relay.kill("SIGKILL");

  const { channelId } = scene.buyer;
  const { database, ledger } = stores(folder);
  const account = await ledger.get(channelId);
  const bought = await ledger.bought(channelId);
  const opened = await ledger.opened(channelId, scene.gateway.generation);
  database.close();
  expect(account).toMatchObject({ total: ENTRY + 5n * PRICE, accrued: 25n * PRICE, nextSeq: 3n });
  expect(bought).toEqual([{ generation: scene.gateway.generation, fromSeq: 0n, toSeq: 2n }]);
  expect(opened).toEqual([
    { generation: scene.gateway.generation, epochFrom: scene.epoch, epochTo: scene.epoch },
  ]);

  // The reader had only the first one on its disk. Its next session begins behind that, and its total still covers the rest.
  const again = await spawned(folder);
  const gateway = await ScriptedGateway.start(world, again, {
    listingId: scene.listing.listingId,
    generation: scene.gateway.generation,
  });
  const vouchers = await gateway.vouchers();
  const buyer = await ScriptedBuyer.start(world, again, scene.purchase);
  const open = (sessionNo: bigint, total: bigint) =>
    buyer.open({
      session: buyer.session({
        sessionNo,
        generation: gateway.generation,
        fromSeq: 1n,
        baseTotal: 10n * PRICE,
      }),
      voucher: buyer.voucher(total),
    });
  expect(await untilRefused(await open(1n, ENTRY + 10n * PRICE))).toMatchObject({ name: "StaleSession" });
  expect(await untilRefused(await open(2n, ENTRY + PRICE))).toMatchObject({ name: "BelowEntry" });
  const resumed = await open(2n, ENTRY + 10n * PRICE);
  const asked = await vouchers.expect(["SESSION", "VOUCHERS"]);
  const session = asked.type === "SESSION" ? asked : await vouchers.expect("SESSION");
  vouchers.send("SESSION_ACK", gateway.accept(session, 10n * PRICE));
  vouchers.send("RELEASE", gateway.release(channelId, 2n, scene.epoch, scene.epoch));
  expect(await resumed.expect("OPENED")).toMatchObject({ fromSeq: 1n, baseAccrued: 10n * PRICE });
  expect(await readSegments(resumed, 2)).toEqual([1n, 2n]);
  resumed.send("PAY", buyer.voucher(ENTRY + 10n * PRICE)); // nothing new: answered with the meter's reading
  expect(await until(resumed, "BALANCE")).toMatchObject({ due: 25n * PRICE });
  await again.kill("SIGTERM");

  const after = stores(folder);
  expect(await after.ledger.get(channelId)).toMatchObject({
    accrued: 25n * PRICE,
    total: ENTRY + 10n * PRICE,
  });
  expect(await after.ledger.bought(channelId)).toEqual(bought);
  after.database.close();
  await buyer.stop();
  await gateway.stop();
  await scene.stop();
});
