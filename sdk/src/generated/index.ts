// Written by `npm run generate` from contracts/. Do not edit.
export { channelsAbi, subscriptionsAbi, hubsAbi, listingsAbi, consentsAbi, grantsAbi, ratingsAbi, relaysAbi, anchorsAbi } from "./abis.ts";
export { CONTRACT_ERRORS, type ContractErrorName } from "./errors.ts";
