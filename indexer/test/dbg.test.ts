import { test } from "vitest";
import { startChain } from "../../test/support/chain.ts"; import { startIndexer } from "../../test/support/indexer.ts"; import { makeHub, makeListing } from "../../test/support/market.ts";
test("x", async () => {
  process.env.WEIR_LOG_LEVEL="trace";
  const c = await startChain(); const h = await makeHub(c, "h"); await makeListing(c, h.hubId, "L");
  if (process.env.ONE) for (let k=0;k<40;k++) await c.test.mine({ blocks: 1 }); else await c.test.mine({ blocks: 40 });
  const i = await startIndexer(c);
  for (let k=0;k<20;k++){ await new Promise(r=>setTimeout(r,1000)); const s = await i.get("/v1/status").catch(()=>0); if ((s as any)?.body?.lag===0) {console.log("CAUGHT", k);break; }}
  console.log(i.output().split("\n").filter(l=>/live indexing|Missing|reorg|Failed|Fetched missing|Added block/.test(l)).slice(0,12).map(l=>l.slice(0,400)).join("\n")); await i.stop(); await c.stop();
}, 100000);
