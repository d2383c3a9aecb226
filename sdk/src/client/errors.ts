// What each named error means to a person: one sentence of what happened, one of what to do. Keyed by error name: a
// contract error or refusal without an entry fails the type check.
import type { ContractErrorName } from "../generated/errors.ts";
import type { RelayRefusal } from "../wire/refusals.ts";

type OwnErrorName =
  | "UserRejected"
  | "InsufficientFunds"
  | "WrongChain"
  | "NoContract"
  | "NonceConflict"
  | "ReceiptTimeout"
  | "Unreachable"
  | "TransactionReverted"
  | "Reverted"
  | "EventMissing"
  | "ChainFault"
  | "SegmentError"
  | "SealError"
  | "ClosedError"
  | "VerifyError"
  | "VersionUnknown"
  | "TimeoutError";

export type ExplainedName = ContractErrorName | RelayRefusal | OwnErrorName;
/** `known`: the name has its own sentence in the table. */
export type Explanation = { name: string; sentence: string; advice: string; known: boolean };

const REPORT = "Report it with the details below; no money has moved.";
const RELOAD = "Reload the listing and try again.";
const SELLER = "Ask the seller; nothing you can change here helps.";
const FORM = "Correct the field and send it again.";

const TABLE: Record<ExplainedName, readonly [sentence: string, advice: string]> = {
  // Contracts
  AccountMissing: ["An account was left empty.", FORM],
  AmountWithoutFunding: [
    "An amount was named but no way to pay it.",
    "Choose how to pay, or set the amount to zero.",
  ],
  AttestationNotSupported: [
    "This listing demands an attestation, which this deployment cannot check.",
    SELLER,
  ],
  BondIsReturned: ["The listing's bond has been returned already.", "Nothing is left to do."],
  BondNotReturnable: [
    "The bond cannot be returned yet.",
    "Close the listing and wait for the dispute window to pass.",
  ],
  BondRefused: ["The account that should get the bond refused it.", "Choose another account to receive it."],
  BondTooLow: ["The bond is below the minimum.", "Send at least the minimum bond with the listing."],
  BuyerIsBlocked: ["The seller has blocked this account for this listing.", SELLER],
  BuyerNotBlocked: ["This buyer is not blocked.", "Nothing is left to do."],
  CaptureAboveVoucher: ["The seller tried to take more than was signed.", REPORT],
  ChallengeOutOfBounds: ["The challenge time is outside one hour to thirty days.", FORM],
  ChallengeRunning: ["The challenge time has not passed yet.", "Wait until the shown time, then withdraw."],
  ChannelIsClosing: ["The channel is closing.", "Wait for the close, or cancel it, and then add money."],
  ChannelMismatch: ["The message belongs to another channel.", REPORT],
  ChannelNotClosing: ["No close is under way on this channel.", "Request the close first."],
  ChannelUnknown: ["This channel has never been funded.", "Check the purchase, or buy first."],
  ConsentNotSupported: ["This listing depends on consents, which this deployment cannot check.", SELLER],
  CreditedTooLittle: [
    "Less money arrived than was asked for.",
    "The token takes a fee: allow for it, or use another token.",
  ],
  DeadlinePassed: ["The signed message has expired.", "Sign it again."],
  DepositAboveCap: ["The deposit is above this deployment's cap.", "Put in less."],
  DeviceExists: [
    "A device of this name is registered already.",
    "Choose another name, or rotate the key of this one.",
  ],
  DeviceNameInvalid: [
    "The device's name is not allowed.",
    "Use 1 to 64 letters, digits, dots, dashes or underscores.",
  ],
  DeviceUnknown: ["No device of this name is registered in the hub.", "Register the device first."],
  DisputesNotSupported: ["This deployment has no disputes.", "Nothing you can change here helps."],
  EncryptionKeyMissing: ["The purchase carries no reading key.", REPORT],
  EntryNotCovered: ["The deposit does not cover the plan's entry.", "Put in at least the entry shown."],
  EntryTooLow: ["The plan's entry is too low.", "Set it to at least two of the largest segments."],
  EpochLengthMissing: ["The epoch length is zero.", FORM],
  EpochMismatch: ["The signed message belongs to an earlier close.", "Sign it again."],
  FinalAboveVoucher: ["The offer asks for more than was signed.", REPORT],
  FinalBelowClaimed: ["The offer is below what was already paid.", REPORT],
  FlagsUnknown: ["A licence or use flag is unknown.", FORM],
  FundingNotForPlan: ["This plan cannot be paid that way.", "Choose another way to pay."],
  FundingNotForToken: ["This token cannot be paid that way.", "Choose another way to pay."],
  FundingNotSupported: ["This way to pay is not there yet.", "Pay with the chain's coin or an allowance."],
  GasTooLow: [
    "The transaction has too little gas to pay everybody.",
    "Send it again with the wallet's own gas estimate.",
  ],
  GrantExists: ["This purchase exists already.", "Open it under My data."],
  GrantIsRevoked: ["The seller has revoked this grant.", SELLER],
  GrantUnknown: [
    "No such purchase is on the chain.",
    "Check the link, or that the wallet is on the right chain.",
  ],
  HistoryOnMeteredPlan: ["A metered plan cannot include history.", FORM],
  HubMismatch: ["The listing belongs to another hub.", FORM],
  HubUnknown: ["There is no hub of this number.", FORM],
  InvalidShortString: ["A name could not be read.", REPORT],
  ListingIsClosed: [
    "The seller has closed this listing.",
    "What you bought stays yours; look for another listing.",
  ],
  ListingIsPaused: ["The seller has paused sales of this listing.", "Try again later."],
  ListingNotPaused: ["The listing is not paused.", "Nothing is left to do."],
  ListingUnknown: [
    "There is no listing of this number.",
    "Check the link, or that the wallet is on the right chain.",
  ],
  MarketCutTooHigh: ["The market's cut is above ten percent.", FORM],
  MarketInvalid: ["A market is listed twice or left empty.", FORM],
  MarketNotListed: [
    "The seller does not sell through this market.",
    "Buy without the market, or in another one.",
  ],
  MetadataMismatch: ["The description does not match its hash.", FORM],
  MetadataTooLong: ["The description is longer than 8 KiB.", "Shorten it."],
  NativeTransferFailed: ["The coin could not be sent.", "Choose another account to receive it."],
  NotBuyer: ["The wallet is not the account that buys.", "Switch the wallet to the buying account."],
  NotPayeeOrOperator: ["Only the seller can do this.", "Switch to the seller's account."],
  NotPayer: ["Only the buyer of this channel can do this.", "Switch the wallet to the account that bought."],
  NotPendingOwner: ["The hub was not offered to this account.", "Ask the owner to transfer it to you."],
  NotYetSupported: ["This call is not there yet.", "Use another way to pay."],
  NothingOwed: ["Nothing is owed to this account.", "Nothing is left to do."],
  NoticeTooShort: ["The plan's notice is shorter than one epoch.", FORM],
  OperatorNotPublisher: ["The listing's operator may no longer publish for the hub.", SELLER],
  PartyMissing: ["Buyer, seller or signer was left empty.", FORM],
  PayeeNotPayout: ["The listing pays another account than the hub's.", SELLER],
  PlanKindNotSupported: ["This kind of plan is not sold yet.", "Choose another plan."],
  PlanUnknown: ["The listing has no such plan.", RELOAD],
  PriceMissing: ["The plan has no price.", FORM],
  PriceOnFreePlan: ["A free plan names a price.", FORM],
  PromotionAbovePrice: ["The promotion costs more than the plan.", FORM],
  PublicKeyInvalid: ["The key is not a P-256 public key.", FORM],
  PublisherKeyIsRevoked: ["This publisher key is revoked.", "Register a new one."],
  PublisherKeyUnknown: ["The hub has no such publisher key.", FORM],
  RecipientNotHolder: ["Only its holder can send this balance elsewhere.", "Switch to the holder's account."],
  ReentrancyGuardReentrantCall: [
    "A token or wallet called back in the middle of a payment.",
    "Do not use this token.",
  ],
  RelayCutTooHigh: ["The relays' cut is above thirty percent.", FORM],
  RelayInvalid: ["A relay is listed twice or left empty.", FORM],
  RelaysMismatch: ["The list of relays is not the one of this channel.", REPORT],
  RestrictedNotSupported: ["Restricted listings are not sold yet.", SELLER],
  RightsInvalid: ["These rights are not allowed here.", FORM],
  RoleMissing: ["This account lacks the role in the hub.", "Ask the hub's owner for the role."],
  RolesInvalid: ["These roles cannot be given.", FORM],
  SafeCastOverflowedUintDowncast: ["A number is too large.", FORM],
  SafeERC20FailedOperation: ["The token refused the transfer.", "Check the balance and the allowance."],
  SaleEnded: ["The sale of this listing has ended.", "Look for another listing."],
  SegmentLimitsOutOfBounds: ["The segment limits are out of bounds.", FORM],
  SignerMissing: ["The purchase carries no signing key.", REPORT],
  StringTooLong: ["A text is too long.", FORM],
  TermsMismatch: ["The listing has changed since the page was loaded.", RELOAD],
  TokenReturnedFalse: ["The token refused the transfer.", "Check the balance and the allowance."],
  TooManyGrants: ["This account holds four live grants for the listing.", "Use or close one of them first."],
  TooManyMarkets: ["More than eight markets are listed.", FORM],
  TooManyPlans: ["A listing has one to eight plans.", FORM],
  TooManyRelays: ["More than four relays are listed.", FORM],
  UnitMissing: ["The plan has no unit.", FORM],
  VersionNotForSale: ["A newer version of the listing is on sale.", RELOAD],
  WindowEmpty: ["The access would end before it begins.", "Choose a later end."],
  WindowMissing: ["The plan has no access window.", FORM],
  WindowTooLong: ["The access asked for is longer than the plan allows.", "Choose an earlier end."],
  WrongSignature: ["The signature is not by the right key.", "Sign again with the account that bought."],
  WrongValue: ["The amount sent is not the amount named.", FORM],
  // Relays and gateways
  BadFrame: [
    "The relay and this program do not understand each other.",
    "Update to the newest version, or try another relay.",
  ],
  BadSignature: ["A signature was not accepted.", "Restore the keys of this purchase, or ask the seller."],
  Expired: ["A signed message had expired.", "Check the clock of this device."],
  UnknownListing: ["The relay does not know this listing.", "Try again in a moment, or another relay."],
  NotServed: ["This relay does not carry the listing.", "Choose another of its relays."],
  NoGrant: [
    "The relay finds no purchase for this listing.",
    "Wait for the transaction to be mined, or buy first.",
  ],
  BeforeWindow: ["The purchase is not valid yet.", "Wait until it begins."],
  AfterWindow: ["The purchase has ended.", "Buy again."],
  Revoked: ["The seller has revoked the access.", "Stop, to get back what is left."],
  OutOfMoney: ["The deposit is used up.", "Top up to go on, or stop and get the rest back."],
  Closing: ["The channel is closing, so nothing more is delivered.", "Wait for the close, or cancel it."],
  ConsentWithdrawn: ["A consent behind this data was withdrawn.", "Stop, to get back what is left."],
  Superseded: ["The same purchase was opened somewhere else.", "Close it there, or go on there."],
  StaleSession: ["A newer session of this purchase exists.", "Reload the page."],
  StaleGeneration: ["The publisher has started anew.", "Reload the page."],
  WrongBase: ["The seller's books and this device disagree.", "Stop, and compare the bill in the export."],
  WrongPlan: ["The plan is not the one that was bought.", RELOAD],
  BelowEntry: ["The first payment does not cover the entry.", "Top up at least the entry."],
  FallingTotal: ["A payment was below an earlier one.", "Reload the page; what was paid counts."],
  OverDeposit: ["A payment was above the deposit.", "Top up, or stop."],
  GatewayOffline: [
    "The seller's gateway is not there.",
    "Wait, or stop: the deposit comes back after the challenge time.",
  ],
  BadSegment: [
    "A piece of data did not pass its checks and was refused.",
    "Try another relay; you do not pay for it.",
  ],
  BadKey: ["The publisher's key is not registered or is revoked.", "Stop, to get back what is left."],
  Limit: ["A limit of the relay was reached.", "Wait a moment and try again."],
  DiskFull: ["The relay's disk is full.", "Try another relay."],
  ChainUnreachable: ["The relay cannot reach the chain.", "Wait a moment and try again."],
  CloseFailed: [
    "The seller could not close the channel.",
    "Request the close yourself; the deposit comes back after the challenge time.",
  ],
  // Wallet, network, this program
  UserRejected: ["The request was declined in the wallet.", "Nothing has happened; try again when you like."],
  InsufficientFunds: [
    "The account does not hold enough for the amount and the fee.",
    "Add funds, or choose a smaller amount.",
  ],
  WrongChain: ["The wallet is on another chain.", "Switch the wallet to the chain shown."],
  NoContract: [
    "No contract answers at the configured address.",
    "Check that the chain is the one this page was set up for.",
  ],
  NonceConflict: [
    "The wallet and the chain disagree about the account's last transaction.",
    "Clear the wallet's activity for this chain.",
  ],
  ReceiptTimeout: ["The transaction has not been mined yet.", "Look at Activity; it may still come."],
  Unreachable: ["The chain cannot be reached.", "Check the connection and try again."],
  TransactionReverted: [
    "The transaction was mined but had no effect.",
    "Look at the details, and try again.",
  ],
  Reverted: ["The contract refused without a reason.", REPORT],
  EventMissing: ["The transaction did not do what was expected.", REPORT],
  ChainFault: ["The chain answered with an error.", "Look at the details, and try again."],
  SegmentError: [
    "A piece of data did not pass its checks and was refused.",
    "Try another relay; you do not pay for it.",
  ],
  SealError: [
    "A key could not be opened.",
    "Restore the keys of this purchase, or ask the seller for a new one.",
  ],
  ClosedError: ["The connection ended.", "It is opened again by itself."],
  VerifyError: ["The file does not pass its checks.", "Do not rely on it; the line that failed is named."],
  VersionUnknown: ["The listing has no such version.", RELOAD],
  TimeoutError: ["The answer took too long.", "Try again, or another relay."],
};

/** Any error → what happened and what to do. Unknown names keep their own message. */
export function explainError(error: unknown): Explanation {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (Object.hasOwn(TABLE, at.name)) {
      const [sentence, advice] = TABLE[at.name as ExplainedName];
      return { name: at.name, sentence, advice, known: true };
    }
  }
  const name = error instanceof Error ? error.name : "Error";
  const message = error instanceof Error ? error.message : String(error);
  return { name, sentence: message || "Something failed without a message.", advice: REPORT, known: false };
}
