// Written by `npm run generate` from contracts/. Do not edit.
/** Every named error of the contracts, with the contracts that declare it. */
export const CONTRACT_ERRORS = {
  "AccountMissing": [
    "Hubs",
    "Grants"
  ],
  "AmountMissing": [
    "Listings"
  ],
  "AmountWithoutFunding": [
    "Grants"
  ],
  "ApprovalInvalid": [
    "Grants"
  ],
  "ApprovalMissing": [
    "Grants"
  ],
  "AttestationExpired": [
    "Grants"
  ],
  "AttestationIncomplete": [
    "Listings"
  ],
  "AttestationMissing": [
    "Grants"
  ],
  "AttestationNotForBuyer": [
    "Grants"
  ],
  "AttestationRevoked": [
    "Grants"
  ],
  "AttestationSchemaMismatch": [
    "Grants"
  ],
  "AttestationUnknown": [
    "Grants"
  ],
  "AttestationsNotAvailable": [
    "Grants"
  ],
  "AttesterMismatch": [
    "Grants"
  ],
  "AuthorizationMalformed": [
    "Grants"
  ],
  "BatchOutOfBounds": [
    "Consents",
    "Anchors"
  ],
  "BondIsLocked": [
    "Listings"
  ],
  "BondIsReturned": [
    "Listings"
  ],
  "BondNotFree": [
    "Listings"
  ],
  "BondNotLocked": [
    "Listings"
  ],
  "BondNotReturnable": [
    "Listings"
  ],
  "BondRefused": [
    "Listings"
  ],
  "BondTooLow": [
    "Listings"
  ],
  "BuyerIsBlocked": [
    "Grants"
  ],
  "BuyerNotBlocked": [
    "Grants"
  ],
  "BuysNoTime": [
    "Subscriptions"
  ],
  "CaptureAboveVoucher": [
    "Channels"
  ],
  "CartTooLarge": [
    "Grants"
  ],
  "ChallengeOutOfBounds": [
    "Channels",
    "Listings"
  ],
  "ChallengeRunning": [
    "Channels"
  ],
  "ChannelIsClosing": [
    "Channels",
    "Grants"
  ],
  "ChannelMismatch": [
    "Channels"
  ],
  "ChannelNotClosing": [
    "Channels"
  ],
  "ChannelUnknown": [
    "Channels"
  ],
  "ConsentIsGiven": [
    "Consents"
  ],
  "ConsentIsWithdrawn": [
    "Consents"
  ],
  "ConsentMissing": [
    "Grants"
  ],
  "CountOutOfBounds": [
    "Anchors"
  ],
  "CreditedTooLittle": [
    "Channels",
    "Subscriptions"
  ],
  "DeadlinePassed": [
    "Channels",
    "Subscriptions",
    "Grants"
  ],
  "DepositAboveCap": [
    "Channels",
    "Subscriptions"
  ],
  "DeviceExists": [
    "Hubs"
  ],
  "DeviceNameInvalid": [
    "Hubs"
  ],
  "DeviceUnknown": [
    "Hubs"
  ],
  "EncryptionKeyMissing": [
    "Hubs",
    "Grants"
  ],
  "EndpointsInvalid": [
    "Relays"
  ],
  "EntryNotCovered": [
    "Grants"
  ],
  "EntryTooLow": [
    "Listings"
  ],
  "EpochLengthMissing": [
    "Listings"
  ],
  "EpochMismatch": [
    "Channels"
  ],
  "FeeTooHigh": [
    "Relays"
  ],
  "FinalAboveVoucher": [
    "Channels"
  ],
  "FinalBelowClaimed": [
    "Channels"
  ],
  "FlagsUnknown": [
    "Listings"
  ],
  "FlatIsPaid": [
    "Subscriptions"
  ],
  "FormMissing": [
    "Consents"
  ],
  "FundingNotForPlan": [
    "Grants"
  ],
  "FundingNotForToken": [
    "Grants"
  ],
  "GasTooLow": [
    "Channels",
    "Subscriptions",
    "Listings",
    "Grants"
  ],
  "GrantExists": [
    "Grants"
  ],
  "GrantIsRevoked": [
    "Grants"
  ],
  "GrantNotSuspended": [
    "Grants"
  ],
  "GrantUnknown": [
    "Grants"
  ],
  "HistoryOnMeteredPlan": [
    "Listings"
  ],
  "HubMismatch": [
    "Listings"
  ],
  "HubUnknown": [
    "Hubs"
  ],
  "InvalidShortString": [
    "Channels",
    "Subscriptions",
    "Grants"
  ],
  "ListingIsClosed": [
    "Listings",
    "Grants"
  ],
  "ListingIsPaused": [
    "Listings"
  ],
  "ListingNotPaused": [
    "Listings"
  ],
  "ListingUnknown": [
    "Listings"
  ],
  "MarketCutTooHigh": [
    "Channels",
    "Subscriptions",
    "Listings"
  ],
  "MarketInvalid": [
    "Listings"
  ],
  "MarketNotListed": [
    "Grants"
  ],
  "MetadataMismatch": [
    "Listings"
  ],
  "MetadataTooLong": [
    "Hubs",
    "Listings"
  ],
  "MeterOnTimePlan": [
    "Listings"
  ],
  "NativeNotSigned": [
    "Channels",
    "Subscriptions"
  ],
  "NativeTransferFailed": [
    "Channels",
    "Subscriptions",
    "Listings",
    "Grants",
    "Relays"
  ],
  "NoSubscription": [
    "Grants"
  ],
  "NotBuyer": [
    "Grants",
    "Ratings"
  ],
  "NotConsentOperator": [
    "Consents"
  ],
  "NotDisputes": [
    "Listings"
  ],
  "NotGrantee": [
    "Grants"
  ],
  "NotPayeeOrOperator": [
    "Channels"
  ],
  "NotPayeeOrStopper": [
    "Subscriptions"
  ],
  "NotPayer": [
    "Channels",
    "Subscriptions"
  ],
  "NotPayerOrSigner": [
    "Subscriptions"
  ],
  "NotPayerOrStopper": [
    "Subscriptions"
  ],
  "NotPendingOwner": [
    "Hubs"
  ],
  "NotPublisher": [
    "Anchors"
  ],
  "NothingOwed": [
    "Channels",
    "Subscriptions",
    "Listings"
  ],
  "NothingPaidAhead": [
    "Grants"
  ],
  "NothingSettled": [
    "Ratings"
  ],
  "NothingToClaim": [
    "Channels"
  ],
  "NoticeTooShort": [
    "Listings"
  ],
  "OperatorNotPublisher": [
    "Listings",
    "Grants"
  ],
  "OwnListing": [
    "Ratings"
  ],
  "PaidBeyondWindow": [
    "Grants"
  ],
  "PartyMissing": [
    "Channels",
    "Subscriptions"
  ],
  "PayeeNotPayout": [
    "Listings",
    "Grants"
  ],
  "PaymentMismatch": [
    "Grants",
    "Ratings"
  ],
  "PeerIdInvalid": [
    "Relays"
  ],
  "PeriodMissing": [
    "Subscriptions",
    "Listings"
  ],
  "PeriodOnFlatPlan": [
    "Listings"
  ],
  "PersonalDataIsOpen": [
    "Listings"
  ],
  "PlanKindUnknown": [
    "Listings"
  ],
  "PlanUnknown": [
    "Grants"
  ],
  "PreviousRootMismatch": [
    "Anchors"
  ],
  "PriceMissing": [
    "Listings"
  ],
  "PriceOnFreePlan": [
    "Listings"
  ],
  "PromotionAbovePrice": [
    "Listings"
  ],
  "PublicKeyInvalid": [
    "Hubs"
  ],
  "PublisherKeyIsRevoked": [
    "Hubs"
  ],
  "PublisherKeyUnknown": [
    "Hubs"
  ],
  "RecipientNotHolder": [
    "Channels",
    "Subscriptions",
    "Listings"
  ],
  "ReentrancyGuardReentrantCall": [
    "Channels",
    "Subscriptions",
    "Grants"
  ],
  "RelayCutTooHigh": [
    "Channels",
    "Subscriptions",
    "Listings"
  ],
  "RelayExists": [
    "Relays"
  ],
  "RelayInvalid": [
    "Listings"
  ],
  "RelayIsLeaving": [
    "Relays"
  ],
  "RelayUnknown": [
    "Relays"
  ],
  "RelaysMismatch": [
    "Channels",
    "Subscriptions"
  ],
  "ResponseExists": [
    "Ratings"
  ],
  "RevisionUnknown": [
    "Ratings"
  ],
  "RightsInvalid": [
    "Listings",
    "Grants"
  ],
  "RoleMissing": [
    "Hubs",
    "Listings",
    "Consents",
    "Grants",
    "Ratings"
  ],
  "RolesInvalid": [
    "Hubs"
  ],
  "RootMissing": [
    "Anchors"
  ],
  "RoundIsWithdrawn": [
    "Consents"
  ],
  "RoundUnknown": [
    "Consents"
  ],
  "SafeCastOverflowedUintDowncast": [
    "Channels",
    "Subscriptions",
    "Listings",
    "Relays"
  ],
  "SafeERC20FailedOperation": [
    "Channels",
    "Subscriptions",
    "Listings",
    "Grants",
    "Relays"
  ],
  "SaleEnded": [
    "Listings",
    "Grants"
  ],
  "ScoreOutOfBounds": [
    "Ratings"
  ],
  "SegmentLimitsOutOfBounds": [
    "Listings"
  ],
  "SeqMismatch": [
    "Anchors"
  ],
  "SignerMissing": [
    "Grants"
  ],
  "StakeNotWithdrawable": [
    "Relays"
  ],
  "StakeTooLow": [
    "Relays"
  ],
  "StopMismatch": [
    "Subscriptions"
  ],
  "StringTooLong": [
    "Channels",
    "Subscriptions",
    "Grants"
  ],
  "SubjectExists": [
    "Consents"
  ],
  "SubjectMissing": [
    "Consents"
  ],
  "SubjectUnknown": [
    "Consents"
  ],
  "SubscriptionMismatch": [
    "Subscriptions"
  ],
  "SubscriptionTermsMissing": [
    "Grants"
  ],
  "SubscriptionUnknown": [
    "Subscriptions"
  ],
  "TermsInvalid": [
    "Ratings"
  ],
  "TermsMismatch": [
    "Listings"
  ],
  "TextTooLong": [
    "Grants",
    "Ratings"
  ],
  "TickMismatch": [
    "Channels"
  ],
  "TokenReturnedFalse": [
    "Channels",
    "Subscriptions",
    "Listings"
  ],
  "TokenUnreadable": [
    "Channels",
    "Subscriptions",
    "Grants"
  ],
  "TooManyGrants": [
    "Grants"
  ],
  "TooManyMarkets": [
    "Listings"
  ],
  "TooManyPlans": [
    "Listings"
  ],
  "TooManyRelays": [
    "Channels",
    "Subscriptions",
    "Listings"
  ],
  "TooManyTicks": [
    "Channels"
  ],
  "UnitMissing": [
    "Listings"
  ],
  "UpfrontMissing": [
    "Listings"
  ],
  "UpfrontNotCovered": [
    "Grants"
  ],
  "VersionNotForSale": [
    "Listings",
    "Grants"
  ],
  "WindowEmpty": [
    "Consents",
    "Grants"
  ],
  "WindowMissing": [
    "Listings"
  ],
  "WindowNotOpen": [
    "Grants"
  ],
  "WindowTooLong": [
    "Grants"
  ],
  "WrongSignature": [
    "Channels",
    "Subscriptions"
  ],
  "WrongValue": [
    "Channels",
    "Subscriptions",
    "Grants"
  ]
} as const;

export type ContractErrorName = keyof typeof CONTRACT_ERRORS;
