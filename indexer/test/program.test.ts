// The program's life.
// ├── started before the contracts are there → waits, then is ready
// ├── a port that is taken → it says so and ends
// ├── its supervisor killed → Ponder ends too
// ├── started again on the same chain → the same rows, each once
// └── told to end → it ends with 0
import { rename } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startChain, type TestChain } from "../../test/support/chain.ts";
import { startIndexer, type TestIndexer } from "../../test/support/indexer.ts";
import { makeGrant, makeHub, makeListing } from "../../test/support/market.ts";

let chain: TestChain;
let indexer: TestIndexer | undefined;

beforeAll(async () => {
  chain = await startChain();
});

afterAll(async () => {
  await indexer?.stop();
  await chain?.stop();
});

const portOf = (url: string) => Number(new URL(url).port);
const rows = async () => (await indexer!.get("/v1/listings")).body;

async function says(program: TestIndexer, text: string): Promise<void> {
  while (!program.output().includes(text)) await sleep(20);
}

/** Resolves when nobody answers there any more. */
async function silent(url: string): Promise<void> {
  for (;;) {
    const answer = await fetch(url).catch((error: Error) => error);
    if (answer instanceof Error) return;
    await sleep(50);
  }
}

test("it waits for the contracts, refuses a taken port, and leaves nothing running", async () => {
  const { hubId } = await makeHub(chain, "Harbour");
  const listing = await makeListing(chain, hubId, "Wind");
  await makeGrant(chain, listing);
  await rename(chain.deploymentPath, `${chain.deploymentPath}.away`);
  indexer = await startIndexer(chain);
  await says(indexer, chain.deploymentPath);
  await rename(`${chain.deploymentPath}.away`, chain.deploymentPath);
  await indexer.caughtUp();
  await says(indexer, '{"event":"ready"');
  const before = await rows();
  expect(before).toMatchObject({ items: [{ title: "Wind", purchases: 1 }] });

  const second = await startIndexer(chain, { folder: `${chain.folder}/second`, port: portOf(indexer.url) });
  expect(await second.ended).toBe(1);
  expect(second.output()).toContain("EADDRINUSE");
  expect(await rows()).toEqual(before);

  await indexer.kill();
  await silent(indexer.url);

  indexer = await startIndexer(chain);
  await makeGrant(chain, listing, { buyer: 6 });
  await indexer.caughtUp();
  expect(await rows()).toMatchObject({ items: [{ title: "Wind", purchases: 2 }], next: null });
  await indexer.stop();
  expect(await indexer.ended).toBe(0);
  await silent(indexer.url);
}, 300_000);
