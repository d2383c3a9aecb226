import { join } from "node:path";
import {
  anchorsAbi,
  channelsAbi,
  consentsAbi,
  grantsAbi,
  hubsAbi,
  listingsAbi,
  ratingsAbi,
  relaysAbi,
  subscriptionsAbi,
} from "@weir/sdk/generated";
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
    Hubs: { chain: "weir", abi: hubsAbi, address: deployment.Hubs.address, startBlock },
    Listings: { chain: "weir", abi: listingsAbi, address: deployment.Listings.address, startBlock },
    Channels: { chain: "weir", abi: channelsAbi, address: deployment.Channels.address, startBlock },
    Subscriptions: {
      chain: "weir",
      abi: subscriptionsAbi,
      address: deployment.Subscriptions.address,
      startBlock,
    },
    Grants: { chain: "weir", abi: grantsAbi, address: deployment.Grants.address, startBlock },
    Ratings: { chain: "weir", abi: ratingsAbi, address: deployment.Ratings.address, startBlock },
    Relays: { chain: "weir", abi: relaysAbi, address: deployment.Relays.address, startBlock },
    Anchors: { chain: "weir", abi: anchorsAbi, address: deployment.Anchors.address, startBlock },
    Consents: { chain: "weir", abi: consentsAbi, address: deployment.Consents.address, startBlock },
  },
});
