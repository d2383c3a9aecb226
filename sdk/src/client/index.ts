export { accountKeyText, deriveAccountSecret, derivePurchaseKeys, portableCrypto } from "../core/index.ts";
export * from "./browser.ts";
export * from "./buy.ts";
export * from "./errors.ts";
export * from "./feed.ts";
export * from "./fund.ts";
export * from "./store.ts";
export * from "./trade.ts";
export * from "./verify.ts";
