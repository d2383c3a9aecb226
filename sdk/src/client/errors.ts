// What each named error means to a person: one sentence of what happened, one of what to do. Keyed by error name: an error of a
// contract, token or Permit2, or a refusal of a relay or a wallet, without an entry fails the type check.
// Long because it is one table, a row for every name.
import type { OutsideErrorName, TransportErrorName } from "../chain/index.ts";
import type { ContractErrorName } from "../generated/errors.ts";
import type { RelayRefusal } from "../wire/refusals.ts";

type OwnErrorName =
  | "KeysElsewhere"
  | "TransactionReverted"
  | "TransactionReplaced"
  | "EventMissing"
  | "TokenDomainUnknown"
  | "Permit2Missing"
  | "SegmentError"
  | "SealError"
  | "CommandError"
  | "ClosedError"
  | "VerifyError"
  | "VersionUnknown"
  | "TimeoutError"
  | "NotReceived"
  | "FalseSegment";

export type ExplainedName =
  | ContractErrorName
  | OutsideErrorName
  | TransportErrorName
  | RelayRefusal
  | OwnErrorName;
/** `known`: the name has its own sentence in the table. */
export type Explanation = { name: string; sentence: string; advice: string; known: boolean };

const REPORT = "Report it with the details below; no money has moved.";
const RELOAD = "Reload the listing and try again.";
const SELLER = "Ask the seller; nothing you can change here helps.";
const FORM = "Correct the field and send it again.";

const TABLE: Record<ExplainedName, readonly [sentence: string, advice: string]> = {
  // Contracts
  AccountMissing: ["An account was left empty.", FORM],
  AmountMissing: ["No money was sent along.", "Send an amount above zero."],
  AmountWithoutFunding: [
    "An amount was named but no way to pay it.",
    "Choose how to pay, or set the amount to zero.",
  ],
  ApprovalInvalid: [
    "The seller's approval was not signed by the account it names, or for another purchase.",
    "Ask the seller for a new approval.",
  ],
  ApprovalMissing: [
    "This listing is sold only to buyers whom the seller has approved.",
    "Ask for access first, and buy once the approval is there.",
  ],
  AttestationExpired: [
    "The certificate for this account has expired.",
    "Get a new one from whoever issued it.",
  ],
  AttestationIncomplete: ["A demanded certificate names its kind and its issuer, or neither.", FORM],
  AttestationMissing: [
    "This listing is sold only to holders of a certain certificate.",
    "Get the certificate from the issuer shown, and name it when you buy.",
  ],
  AttestationNotForBuyer: [
    "The certificate is about another account.",
    "Switch the wallet to the account it names, or get one for this account.",
  ],
  AttestationRevoked: ["The certificate was withdrawn by its issuer.", "Ask its issuer."],
  AttestationSchemaMismatch: [
    "The certificate is not of the kind that this listing demands.",
    "Name the right one.",
  ],
  AttestationUnknown: ["No certificate of this number exists.", "Check the number."],
  AttestationsNotAvailable: [
    "This listing demands a certificate, which cannot be checked on this chain.",
    SELLER,
  ],
  AttesterMismatch: ["The certificate was issued by somebody else.", "Get one from the issuer shown."],
  AuthorizationMalformed: ["The signed payment does not fit its way of paying.", REPORT],
  BatchOutOfBounds: ["Nothing was sent, or too much at once.", "Send fewer at once."],
  BondIsLocked: ["An open dispute keeps the listing's bond.", "Wait until the dispute is decided."],
  BondIsReturned: ["The listing's bond has been returned already.", "Nothing is left to do."],
  BondNotFree: ["Less of the bond is free than should be kept.", "Name a smaller amount."],
  BondNotLocked: ["Less of the bond is kept than should be moved.", "Name a smaller amount."],
  BondNotReturnable: [
    "The bond cannot be returned yet.",
    "Close the listing and wait for the dispute window to pass.",
  ],
  BondRefused: [
    "The account that should get the bond refused it.",
    "The hub's owner can name another payout account.",
  ],
  BondTooLow: [
    "The listing's bond is below the minimum.",
    "Send at least the minimum; as a buyer, wait until the seller has filled it up.",
  ],
  BuyerIsBlocked: ["The seller has blocked this account for this listing.", SELLER],
  BuyerNotBlocked: ["This buyer is not blocked.", "Nothing is left to do."],
  BuysNoTime: ["The amount does not pay for one second of access.", "Pay more."],
  CaptureAboveVoucher: ["The seller tried to take more than was signed.", REPORT],
  CartTooLarge: ["More than sixteen purchases were sent at once.", "Buy the rest in a second step."],
  ChallengeOutOfBounds: ["The challenge time is outside one hour to thirty days.", FORM],
  ChallengeRunning: ["The challenge time has not passed yet.", "Wait until the shown time, then withdraw."],
  ChannelIsClosing: ["The channel is closing.", "Wait for the close, or cancel it, and then add money."],
  ChannelMismatch: ["The message belongs to another channel.", REPORT],
  ChannelNotClosing: ["No close is under way on this channel.", "Request the close first."],
  ChannelUnknown: ["This channel has never been funded.", "Check the purchase, or buy first."],
  ConsentIsGiven: ["This person's consent is recorded already.", "Leave this person out and send it again."],
  ConsentIsWithdrawn: [
    "This person has withdrawn or refused; that is final in this round.",
    "Ask again in a new round.",
  ],
  ConsentMissing: [
    "Somebody whom this data is about has not agreed, or has withdrawn.",
    "Wait until the seller has all consents; nothing you can change here helps.",
  ],
  CountOutOfBounds: ["A run covers no segment, or more than 65,536.", FORM],
  CreditedTooLittle: [
    "Less money arrived than was asked for.",
    "The token takes a fee: allow for it, or use another token.",
  ],
  DeadlinePassed: ["The signed message has expired.", "Sign it again."],
  DepositAboveCap: ["More would be held than this deployment allows.", "Put in less."],
  DeviceExists: [
    "A device of this name is registered already.",
    "Choose another name, or rotate the key of this one.",
  ],
  DeviceNameInvalid: [
    "The device's name is not allowed.",
    "Use 1 to 64 letters, digits, dots, dashes or underscores.",
  ],
  DeviceUnknown: ["No device of this name is registered in the hub.", "Register the device first."],
  EncryptionKeyMissing: ["The purchase carries no reading key.", REPORT],
  EndpointsInvalid: ["The relay's addresses are empty or longer than 1,024 bytes.", FORM],
  EntryNotCovered: ["The deposit does not cover the plan's entry.", "Put in at least the entry shown."],
  EntryTooLow: ["The plan's entry is too low.", "Set it to at least two of the largest segments."],
  EpochLengthMissing: ["The epoch length is zero.", FORM],
  EpochMismatch: ["The signed message belongs to an earlier close.", "Sign it again."],
  FeeTooHigh: ["The relay's cut is above thirty percent.", FORM],
  FinalAboveVoucher: ["The offer asks for more than was signed.", REPORT],
  FinalBelowClaimed: ["The offer is below what was already paid.", REPORT],
  FlagsUnknown: ["A licence or use flag is unknown.", FORM],
  FlatIsPaid: [
    "This access is paid in full, or was ended.",
    "There is nothing to add; buy again if it was ended.",
  ],
  FormMissing: ["The text that people agree to is not named.", FORM],
  FundingNotForPlan: ["This plan takes no money.", "Buy it without paying."],
  FundingNotForToken: ["This token cannot be paid that way.", "Choose another way to pay."],
  GasTooLow: [
    "The transaction has too little gas to pay everybody.",
    "Send it again with the wallet's own gas estimate.",
  ],
  GrantExists: ["This purchase exists already.", "Open it under My data."],
  GrantIsRevoked: [
    "This purchase was ended by the seller, or gave its place to a newer one.",
    "Ask the seller, or buy again.",
  ],
  GrantNotSuspended: [
    "No consent behind this purchase has ended.",
    "Nothing is left to do; to leave, cancel the subscription.",
  ],
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
  MeterOnTimePlan: ["A plan that is paid by time names a unit or an entry.", FORM],
  NativeNotSigned: [
    "The chain's own coin cannot be paid by a signature.",
    "Pay from the wallet in one transaction.",
  ],
  NativeTransferFailed: ["The coin could not be sent.", "Choose another account to receive it."],
  NoSubscription: ["This purchase is not paid by time.", "Use the way to end it that its plan has."],
  NotBuyer: ["The wallet is not the account that bought or buys.", "Switch the wallet to that account."],
  NotConsentOperator: [
    "This account may not keep the consents of this listing.",
    "Ask the hub's owner to name it, or switch the account.",
  ],
  NotDisputes: ["Only the dispute contract can do this.", "Nothing you can change here helps."],
  NotGrantee: ["The purchase belongs to another account.", "Switch the wallet to the account that bought."],
  NotPayeeOrOperator: ["Only the seller can do this.", "Switch to the seller's account."],
  NotPayeeOrStopper: [
    "Only the seller can stop this subscription.",
    "Switch to the seller's account, or cancel as the buyer.",
  ],
  NotPayer: ["Only the buyer of this channel can do this.", "Switch the wallet to the account that bought."],
  NotPayerOrStopper: [
    "Only the buyer can begin a subscription, or begin it again after its end.",
    "Switch the wallet to the account that buys; gifts are for what runs.",
  ],
  NotPayerOrSigner: [
    "Only the buyer can cancel this subscription.",
    "Switch the wallet to the account that bought.",
  ],
  NotPendingOwner: ["The hub was not offered to this account.", "Ask the owner to transfer it to you."],
  NotPublisher: ["This account may not publish for the listing's hub.", "Register it as a publisher first."],
  NothingOwed: ["Nothing is owed to this account.", "Nothing is left to do."],
  NothingPaidAhead: ["No time is paid for from now on.", "Pay for some time."],
  NothingSettled: [
    "The seller has not been paid anything for this purchase yet.",
    "Rate it once something was claimed.",
  ],
  NothingToClaim: ["There is nothing new to claim.", "Nothing is left to do."],
  NoticeTooShort: ["The plan's notice is shorter than one epoch.", FORM],
  OperatorNotPublisher: ["The listing's operator may no longer publish for the hub.", SELLER],
  OwnListing: [
    "Members of the hub cannot rate its listings.",
    "Rate with an account that has no role in the hub.",
  ],
  PaidBeyondWindow: [
    "More time would be paid for than the access lasts.",
    "Pay less, or choose a later end.",
  ],
  PartyMissing: ["Buyer, seller or signer was left empty.", FORM],
  PayeeNotPayout: ["The listing pays another account than the hub's.", SELLER],
  PaymentMismatch: ["These terms belong to another purchase.", REPORT],
  PeerIdInvalid: ["The relay's peer id is empty or longer than 128 bytes.", FORM],
  PeriodMissing: ["The plan does not say how long a period is.", FORM],
  PeriodOnFlatPlan: ["A plan that is paid once names a price or a period.", FORM],
  PersonalDataIsOpen: ["Data of people cannot be open to everybody: a consent could not be withdrawn.", FORM],
  PlanKindUnknown: ["There is no such kind of plan.", FORM],
  PlanUnknown: ["The listing has no such plan.", RELOAD],
  PreviousRootMismatch: [
    "The record before this one is another.",
    "Read the newest record and send it again.",
  ],
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
  RelayExists: [
    "This account has a relay here already, or a stake to take out.",
    "Change the relay, or take out the stake first.",
  ],
  RelayInvalid: ["A relay is listed twice or left empty.", FORM],
  RelayIsLeaving: [
    "The relay was taken off the list; its stake is still held.",
    "Take out the stake when its time has come, and register again.",
  ],
  RelayUnknown: ["This account has no relay here.", "Register it first."],
  RelaysMismatch: ["The list of relays is not the one of this channel.", REPORT],
  ResponseExists: ["This rating was answered already.", "Nothing is left to do."],
  RevisionUnknown: ["The buyer's rating has no such version.", "Load the ratings again."],
  RightsInvalid: ["These rights are not allowed here.", FORM],
  RoleMissing: [
    "This account, or the one that signed, lacks the role in the hub.",
    "Ask the hub's owner for the role.",
  ],
  RolesInvalid: ["These roles cannot be given.", FORM],
  RootMissing: ["The record of what was published is empty.", FORM],
  RoundIsWithdrawn: ["The consents of this round were withdrawn as a whole.", "Open a new round."],
  RoundUnknown: ["Consent was never asked for this listing.", "Open a round first."],
  SafeCastOverflowedUintDowncast: ["A number is too large.", FORM],
  SafeERC20FailedOperation: ["The token refused the transfer.", "Check the balance and the allowance."],
  SaleEnded: [
    "The sale of this listing has ended.",
    "Look for another listing; as the seller, choose a later end.",
  ],
  ScoreOutOfBounds: ["A score is not between one and five.", FORM],
  SegmentLimitsOutOfBounds: ["The segment limits are out of bounds.", FORM],
  SeqMismatch: [
    "The record does not begin where the last one ended.",
    "Read the newest record and send it again.",
  ],
  SignerMissing: ["The purchase carries no signing key.", REPORT],
  StakeNotWithdrawable: [
    "The stake cannot be taken out yet.",
    "Take the relay off the list and wait for the time shown.",
  ],
  StakeTooLow: ["The stake is below the minimum.", "Send at least the minimum."],
  StopMismatch: ["The subscription has changed since the message was signed.", "Sign it again."],
  StringTooLong: ["A text is too long.", FORM],
  SubjectExists: ["This person was named in this round already.", "Leave this person out and send it again."],
  SubjectMissing: ["A person's entry is empty.", FORM],
  SubjectUnknown: ["This person was not named in this round.", "Check the entry, or name the person first."],
  SubscriptionMismatch: ["The message belongs to another subscription.", REPORT],
  SubscriptionTermsMissing: [
    "The purchase runs on a subscription, which must be refunded in the same step.",
    "Send it again with the subscription's terms.",
  ],
  SubscriptionUnknown: ["This subscription has never been funded.", "Check the purchase, or buy first."],
  TermsInvalid: ["The terms sent along are neither those of a channel nor of a subscription.", REPORT],
  TermsMismatch: ["The listing has changed since the page was loaded.", RELOAD],
  TextTooLong: ["The text is too long.", "Shorten it."],
  TickMismatch: ["The small payments shown do not belong to what was signed.", REPORT],
  TokenReturnedFalse: ["The token refused the transfer.", "Check the balance and the allowance."],
  TokenUnreadable: [
    "At the token's address is no token that says what an account holds.",
    "Check the token's address and the chain.",
  ],
  TooManyGrants: ["This account holds four live grants for the listing.", "Use or close one of them first."],
  TooManyMarkets: ["More than eight markets are listed.", FORM],
  TooManyPlans: ["More than eight plans are listed.", FORM],
  TooManyRelays: ["More than four relays are listed.", FORM],
  TooManyTicks: ["More small payments were claimed than the signature allows.", REPORT],
  UnitMissing: ["The plan has no unit.", FORM],
  UpfrontMissing: ["The plan has nothing that is due at once, though its kind demands it.", FORM],
  UpfrontNotCovered: ["The amount does not cover what is due at once.", "Pay at least the price shown."],
  VersionNotForSale: ["A newer version of the listing is on sale.", RELOAD],
  WindowEmpty: ["The access would end before it begins.", "Choose a later end."],
  WindowMissing: ["The plan has no access window.", FORM],
  WindowNotOpen: [
    "Time is paid for from the purchase on, so the access cannot begin later.",
    "Let it begin at once.",
  ],
  WindowTooLong: ["The access asked for is longer than the plan allows.", "Choose an earlier end."],
  WrongSignature: ["The signature is not by the right key.", "Sign again with the right account."],
  WrongValue: ["The amount sent is not the amount named.", FORM],
  // Tokens and Permit2
  ERC20InsufficientBalance: [
    "The account does not hold enough of the token.",
    "Add tokens, or choose a smaller amount.",
  ],
  ERC20InsufficientAllowance: [
    "The account has not allowed this much of the token.",
    "Allow the amount in the wallet first.",
  ],
  ERC20InvalidSender: ["The token refused the sending account.", "Use another account."],
  ERC20InvalidReceiver: ["The token refused the receiving account.", "Choose another account to receive it."],
  ERC20InvalidApprover: ["The token refused the account that allows.", "Use another account."],
  ERC20InvalidSpender: ["The token refused the account that is allowed.", REPORT],
  ERC2612ExpiredSignature: ["The signed allowance has expired.", "Sign it again."],
  ERC2612InvalidSigner: ["The allowance was signed by another account.", "Switch the wallet and sign again."],
  InvalidAccountNonce: ["The signed message was used already, or an older one came first.", "Sign it again."],
  EnforcedPause: ["The token's issuer has paused it.", "Try again later, or pay with another token."],
  InsufficientBalance: [
    "The account does not hold enough of the token.",
    "Add tokens, or choose a smaller amount.",
  ],
  InsufficientAllowance: [
    "The account has not allowed this much of the token.",
    "Allow the amount in the wallet first.",
  ],
  TransferFailed: ["The token refused the transfer.", "Check the balance and the allowance."],
  TransferFromFailed: [
    "The token refused the transfer.",
    "Check the balance, and that Permit2 is allowed to move the token.",
  ],
  AuthorizationNotInTime: [
    "The signed payment is not valid now.",
    "Check the clock of this device and sign again.",
  ],
  AuthorizationGone: [
    "The signed payment was used or cancelled already.",
    "See whether the purchase is there; if not, sign again.",
  ],
  AuthorizationNotSigned: [
    "The payment was signed by another account, or for something else.",
    "Switch the wallet and sign again.",
  ],
  CallerNotRecipient: ["The signed payment is meant for somebody else.", REPORT],
  SignatureExpired: ["The signed payment has expired.", "Sign it again."],
  InvalidNonce: [
    "The signed payment was used or cancelled already.",
    "See whether the purchase is there; if not, sign again.",
  ],
  InvalidSigner: [
    "The payment was signed by another account, or for something else.",
    "Switch the wallet and sign again.",
  ],
  InvalidSignature: ["The signature of the payment is malformed.", "Sign it again."],
  InvalidSignatureLength: ["The signature of the payment is malformed.", "Sign it again."],
  InvalidContractSignature: [
    "The wallet contract did not accept the signature of the payment.",
    "Sign it again with an owner of the wallet.",
  ],
  InvalidAmount: ["More was asked for than was signed.", REPORT],
  AccountFrozen: [
    "The token's issuer has frozen an account of this payment.",
    "Use another account or another token.",
  ],
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
  KeysRotated: [
    "The keys of this purchase were changed.",
    "Go on where they were changed, or open it again with the wallet that bought it.",
  ],
  Unconfirmed: [
    "The purchase is not settled on the chain yet.",
    "Wait a moment; it is tried again by itself.",
  ],
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
  BadTick: ["A small payment did not pass the relay's checks.", "Wait for the next try; it is signed anew."],
  GatewayOffline: [
    "The seller's gateway is not there.",
    "Wait, or stop: the deposit comes back after the challenge time.",
  ],
  BadSegment: [
    "A piece of data did not pass its checks and was refused.",
    "Try another relay; you do not pay for it.",
  ],
  BadKey: ["The publisher's key is not registered or is revoked.", "Stop, to get back what is left."],
  NoRight: ["This purchase only reads.", "Buy a plan that may send commands."],
  Replayed: [
    "A command of this number was taken before; it may have been carried out.",
    "Look at the device, then send a new one.",
  ],
  TooLarge: ["The command is too long.", "Shorten it."],
  UnknownDevice: ["The listing has no such device.", "Check its name."],
  DeviceAway: ["The device is not listening; nothing was handed over.", "Try again later."],
  NoAnswer: [
    "The answer was lost; the command may have been carried out.",
    "Look at the device before you send another.",
  ],
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
  WalletLocked: [
    "The wallet has not allowed this page to use the account.",
    "Unlock the wallet, connect it again and choose the account.",
  ],
  WalletCannot: [
    "The wallet cannot do what it was asked for.",
    "Choose another way to pay, or use another wallet.",
  ],
  WalletOffline: ["The wallet has no connection to any chain.", "Check its network, then try again."],
  WalletOffChain: [
    "The wallet has no connection to this chain.",
    "Check the address of this chain's node in the wallet's settings, then try again.",
  ],
  WalletBusy: [
    "The wallet is still waiting for an answer to an earlier question.",
    "Open the wallet, answer that question, then try again.",
  ],
  BatchNotPossible: [
    "The wallet cannot send these steps together on this chain.",
    "Choose another way to pay: with one confirmation for each step, it works.",
  ],
  BatchTooLarge: [
    "The wallet does not take so many steps at once.",
    "Do fewer at once, or choose another way to pay.",
  ],
  BatchRepeated: [
    "The wallet was given this very request before.",
    "Look in the wallet whether it was sent, before you send it again.",
  ],
  BatchUnknown: [
    "The wallet does not know what became of the request.",
    "It may have been sent: look at Activity and at My data before you pay again.",
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
  TransactionReplaced: [
    "The wallet sent another transaction in its place, so this one did not happen.",
    "If you did not cancel it yourself, look in the wallet before you try again.",
  ],
  Reverted: ["A contract refused, without a reason that this program knows.", REPORT],
  EventMissing: ["The transaction did not do what was expected.", REPORT],
  ChainFault: ["The chain answered with an error.", "Look at the details, and try again."],
  TokenDomainUnknown: [
    "The token does not say how payments in it are signed.",
    "Allow the amount in the wallet first, and pay in one transaction.",
  ],
  Permit2Missing: [
    "Permit2, through which this payment was to go, is not deployed on this chain.",
    "Allow the amount in the wallet first, and pay in one transaction.",
  ],
  SegmentError: [
    "A piece of data did not pass its checks and was refused.",
    "Try another relay; you do not pay for it.",
  ],
  KeysElsewhere: [
    "The keys of this purchase were changed somewhere else.",
    "Open it where they were changed, or change them once more here.",
  ],
  SealError: [
    "A key could not be opened.",
    "Restore the keys of this purchase, or ask the seller for a new one.",
  ],
  CommandError: ["The command or its result is not well formed.", FORM],
  ClosedError: ["The connection ended.", "It is opened again by itself."],
  VerifyError: ["The file does not pass its checks.", "Do not rely on it; the line that failed is named."],
  VersionUnknown: ["The listing has no such version.", RELOAD],
  TimeoutError: ["The answer took too long.", "Try again, or another relay."],
  NotReceived: [
    "The seller asks to be paid for data that never arrived, for more than one prepayment.",
    "Nothing more is signed. Stop the stream: the rest of the deposit comes back.",
  ],
  FalseSegment: [
    "The seller has signed a piece of data that is not what it says; every relay has the same.",
    "It is not counted. Stop the stream to get the rest back, or open it again if you pay by time.",
  ],
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
