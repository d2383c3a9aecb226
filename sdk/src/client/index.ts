export { accountKeyText, deriveAccountSecret, derivePurchaseKeys, portableCrypto } from "../core/index.ts";
export * from "./browser.ts";
export * from "./buy.ts";
export * from "./command.ts";
export * from "./endpoint.ts";
export * from "./errors.ts";
export * from "./feed.ts";
export * from "./fund.ts";
export * from "./gateway.ts";
export {
  type CurrentKeys,
  currentKeys,
  currentKeysFrom,
  type KeyOwner,
  type KeySource,
  KeysElsewhere,
  nextKeysFrom,
  rotatePurchaseKeys,
  type SecretOf,
} from "./keys.ts";
export * from "./kit.ts";
export * from "./offer.ts";
export * from "./open.ts";
export * from "./password.ts";
export * from "./payment.ts";
export * from "./publisher.ts";
export * from "./sample.ts";
export * from "./sign-in.ts";
export * from "./store.ts";
export * from "./trade.ts";
export * from "./verify.ts";
