/**
 * Why a relay or a gateway says no. The name is the stable part; the message says what and by how much.
 * The client's error table has a sentence and an advice for each; a missing one fails the type check.
 */
export const RELAY_REFUSALS = [
  "BadFrame", // unknown type or field, wrong length, over a limit
  "BadSignature", // the connect, session, voucher or notice signature is not by the grant's signer
  "Expired", // an authorisation or session lies in the past, or more than an hour ahead
  "UnknownListing",
  "NotServed", // the listing does not name this relay
  "NoGrant",
  "BeforeWindow",
  "AfterWindow",
  "Revoked",
  "OutOfMoney", // the channel holds less than due + entry
  "KeysRotated", // the grant has other keys now: open again with them
  "Unconfirmed", // the purchase lies in too few blocks yet: detail says how many are missing
  "Closing", // a close is pending on the channel
  "ConsentWithdrawn",
  "Superseded", // a newer session or publisher took over
  "StaleSession", // a session number not above the last one
  "StaleGeneration",
  "WrongBase", // session does not continue what the ledger holds: detail says where to start
  "WrongPlan",
  "BelowEntry", // the first voucher does not cover baseTotal + entry
  "FallingTotal", // a voucher below the best one
  "OverDeposit", // a voucher above the deposit
  "BadTick", // a chain of ticks or a tick breaks a rule: detail names it
  "GatewayOffline", // nobody can release keys right now
  "BadSegment", // a published segment breaks a rule: detail names the field
  "BadKey", // publisher key unknown or revoked
  "NoRight", // the grant gives no right to send commands
  "Replayed", // a command whose counter is not above the last one
  "TooLarge", // a command above the limit
  "UnknownDevice", // not registered, or it does not feed the listing
  "DeviceAway", // the device does not listen to commands now: nothing was handed over
  "NoAnswer", // the gateway was lost while a command was on its way: it may have arrived
  "Limit", // a rate, size or count limit; detail names it
  "DiskFull",
  "ChainUnreachable",
  "CloseFailed",
] as const;

export type RelayRefusal = (typeof RELAY_REFUSALS)[number];

/** A typed no from the other side, or one we are about to send. */
export class RefusedError extends Error {
  override readonly name: RelayRefusal;
  readonly detail: Readonly<Record<string, string>>;

  constructor(name: RelayRefusal, message: string, detail: Record<string, string> = {}) {
    super(message);
    this.name = name;
    this.detail = detail;
  }
}
