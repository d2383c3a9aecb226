// Written by `npm run generate` from contracts/. Do not edit.
export { channelsAbi, hubsAbi, listingsAbi, grantsAbi } from "./abis.ts";
export { CONTRACT_ERRORS, type ContractErrorName } from "./errors.ts";
