// parseDeployment: well-formed → addresses, blocks, the first block; every missing or wrong part → its name
import { expect, test } from "vitest";
import { CONTRACT_NAMES, parseDeployment } from "../src/chain/index.ts";

const entry = (digit: number, block: number | string) => ({
  address: `0x${String(digit).repeat(40)}`,
  block,
  constructorArguments: [],
});

const contracts = {
  Channels: entry(1, 9),
  Subscriptions: entry(5, 9),
  Hubs: entry(2, "7"),
  Listings: entry(3, 8),
  Consents: entry(6, 11),
  Grants: entry(4, 10),
  Ratings: entry(7, 12),
  Relays: entry(8, 12),
  Anchors: entry(9, 13),
  More: {},
};

test("a deployment file is read", () => {
  expect(parseDeployment({ contracts })).toEqual({
    contracts: Object.fromEntries(CONTRACT_NAMES.map((name) => [name, contracts[name].address])),
    blocks: Object.fromEntries(CONTRACT_NAMES.map((name) => [name, BigInt(contracts[name].block)])),
    fromBlock: 7n,
  });
});

test.each([
  [null, "contracts"],
  [{ contracts: [] }, "contracts.Channels.address"],
  [{ contracts: { ...contracts, Grants: undefined } }, "contracts.Grants.address"],
  [{ contracts: { ...contracts, Relays: undefined } }, "contracts.Relays.address"],
  [{ contracts: { ...contracts, Hubs: { ...contracts.Hubs, address: "0x12" } } }, "contracts.Hubs.address"],
  [{ contracts: { ...contracts, Hubs: { ...contracts.Hubs, block: -1 } } }, "contracts.Hubs.block"],
  [{ contracts: { ...contracts, Hubs: { ...contracts.Hubs, block: "0x7" } } }, "contracts.Hubs.block"],
])("%j is refused", (json, field) => {
  expect(() => parseDeployment(json)).toThrow(expect.objectContaining({ name: "DeploymentInvalid", field }));
});
