/** An export begins with the keys of all that it holds, those included that the seller took while it was recorded. */
import { type ExportPurchase, ExportWriter, portableCrypto } from "@weir/sdk/core";
import { expect, it } from "vitest";
import { Recorder } from "../src/lib/recorder.ts";

it("names a key that came while it was recorded", async () => {
  const publisherKeys = [{ keyId: 0 }];
  const head = { terms: { plans: [{ price: 1n, unit: 1n }] }, purchase: { plan: 0 }, publisherKeys };
  const recorder = new Recorder(new ExportWriter(portableCrypto, head as unknown as ExportPurchase));
  publisherKeys.push({ keyId: 1 });
  const lines = (await recorder.jsonLines().text()).trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).type)).toEqual(["purchase", "end"]);
  expect(JSON.parse(lines[0]!).publisherKeys).toEqual(publisherKeys);
});
