/**
 * What a deployment consists of. Order and addresses follow from the constructor arguments; parameters.ts says what they mean.
 */

import easArtifact from "@ethereum-attestation-service/eas-contracts/artifacts/contracts/EAS.sol/EAS.json" with {
  type: "json",
};
import registryArtifact from "@ethereum-attestation-service/eas-contracts/artifacts/contracts/SchemaRegistry.sol/SchemaRegistry.json" with {
  type: "json",
};
import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import type { Artifact } from "@nomicfoundation/ignition-core";
import { type Address, zeroAddress } from "viem";
import { DEFAULTS } from "./parameters.ts";

/**
 * The contracts of one chain. `eas` is the attestation service of that chain; 0 deploys one, with its schema registry, from the
 * artefacts that its authors publish.
 */
export function weir(eas: Address = zeroAddress) {
  return buildModule("Weir", (module) => {
    const disputes = module.getParameter("disputes", DEFAULTS.disputes);
    const minimumBond = module.getParameter("minimumBond", DEFAULTS.minimumBond);
    const disputeWindow = module.getParameter("disputeWindow", DEFAULTS.disputeWindow);
    const depositCaps = module.getParameter("depositCaps", DEFAULTS.depositCaps);
    const minimumStake = module.getParameter("minimumStake", DEFAULTS.minimumStake);
    const unbondingDelay = module.getParameter("unbondingDelay", DEFAULTS.unbondingDelay);

    const channels = module.contract("Channels", [depositCaps]);
    const subscriptions = module.contract("Subscriptions", [depositCaps]);
    const hubs = module.contract("Hubs");
    const listings = module.contract("Listings", [hubs, disputes, minimumBond, disputeWindow]);
    const consents = module.contract("Consents", [listings]);
    const attestations =
      eas === zeroAddress
        ? module.contract("EAS", easArtifact as unknown as Artifact, [
            module.contract("SchemaRegistry", registryArtifact as unknown as Artifact),
          ])
        : eas;
    const grants = module.contract("Grants", [
      hubs,
      listings,
      channels,
      subscriptions,
      consents,
      attestations,
    ]);
    const relays = module.contract("Relays", [minimumStake, unbondingDelay]);
    const anchors = module.contract("Anchors", [listings]);
    const ratings = module.contract("Ratings", [grants, subscriptions]);
    return { channels, subscriptions, hubs, listings, consents, grants, relays, anchors, ratings };
  });
}

export default weir();
