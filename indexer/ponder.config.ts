import { join } from "node:path";
import { channelsAbi, grantsAbi, hubsAbi, listingsAbi } from "@weir/sdk/generated";
import { createConfig } from "ponder";
import { settings } from "./src/environment.ts";
import { LOCAL_CHAIN_ID, readDeployment, SettingInvalid } from "./src/settings.ts";

const deployment = readDeployment(settings.deploymentPath);
if (!deployment)
  throw new SettingInvalid("WEIR_DEPLOYMENT", `${settings.deploymentPath} is not there; run npm run deploy`);

const local = settings.chainId === LOCAL_CHAIN_ID;
/** A block of the file may be that of an earlier local chain; reading a local chain from its beginning costs nothing. */
const startBlock = local ? 0 : Math.min(...Object.values(deployment).map(({ block }) => block));

export default createConfig({
  ordering: "multichain",
  database: settings.databaseUrl
    ? { kind: "postgres", connectionString: settings.databaseUrl }
    : { kind: "pglite", directory: join(settings.dataDir, "pglite") },
  chains: {
    weir: {
      id: settings.chainId,
      rpc: settings.rpcUrl,
      // People wait for their purchase to appear on the local chain; public nodes count requests.
      pollingInterval: local ? 200 : 2_000,
      disableCache: local,
    },
  },
  contracts: {
    Channels: { chain: "weir", abi: channelsAbi, address: deployment.Channels.address, startBlock },
    Hubs: { chain: "weir", abi: hubsAbi, address: deployment.Hubs.address, startBlock },
    Listings: { chain: "weir", abi: listingsAbi, address: deployment.Listings.address, startBlock },
    Grants: { chain: "weir", abi: grantsAbi, address: deployment.Grants.address, startBlock },
  },
});
