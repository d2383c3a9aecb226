// Written by `npm run generate` from contracts/. Do not edit.
/** Every named error of the contracts, with the contracts that declare it. */
export const CONTRACT_ERRORS = {
  "AccountMissing": [
    "Hubs",
    "Grants"
  ],
  "AmountWithoutFunding": [
    "Grants"
  ],
  "AttestationNotSupported": [
    "Listings",
    "Grants"
  ],
  "BondIsReturned": [
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
  "CaptureAboveVoucher": [
    "Channels"
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
  "ConsentNotSupported": [
    "Listings"
  ],
  "CreditedTooLittle": [
    "Channels"
  ],
  "DeadlinePassed": [
    "Channels"
  ],
  "DepositAboveCap": [
    "Channels"
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
  "DisputesNotSupported": [
    "Listings"
  ],
  "EncryptionKeyMissing": [
    "Hubs",
    "Grants"
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
  "FinalAboveVoucher": [
    "Channels"
  ],
  "FinalBelowClaimed": [
    "Channels"
  ],
  "FlagsUnknown": [
    "Listings"
  ],
  "FundingNotForPlan": [
    "Grants"
  ],
  "FundingNotForToken": [
    "Grants"
  ],
  "FundingNotSupported": [
    "Grants"
  ],
  "GasTooLow": [
    "Channels"
  ],
  "GrantExists": [
    "Grants"
  ],
  "GrantIsRevoked": [
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
    "Channels"
  ],
  "ListingIsClosed": [
    "Listings"
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
  "NativeTransferFailed": [
    "Channels"
  ],
  "NotBuyer": [
    "Grants"
  ],
  "NotPayeeOrOperator": [
    "Channels"
  ],
  "NotPayer": [
    "Channels"
  ],
  "NotPendingOwner": [
    "Hubs"
  ],
  "NotYetSupported": [
    "Channels"
  ],
  "NothingOwed": [
    "Channels"
  ],
  "NoticeTooShort": [
    "Listings"
  ],
  "OperatorNotPublisher": [
    "Listings",
    "Grants"
  ],
  "PartyMissing": [
    "Channels"
  ],
  "PayeeNotPayout": [
    "Listings",
    "Grants"
  ],
  "PlanKindNotSupported": [
    "Listings",
    "Grants"
  ],
  "PlanUnknown": [
    "Grants"
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
    "Channels"
  ],
  "ReentrancyGuardReentrantCall": [
    "Channels",
    "Grants"
  ],
  "RelayCutTooHigh": [
    "Channels",
    "Listings"
  ],
  "RelayInvalid": [
    "Listings"
  ],
  "RelaysMismatch": [
    "Channels"
  ],
  "RestrictedNotSupported": [
    "Listings",
    "Grants"
  ],
  "RightsInvalid": [
    "Listings",
    "Grants"
  ],
  "RoleMissing": [
    "Hubs",
    "Listings",
    "Grants"
  ],
  "RolesInvalid": [
    "Hubs"
  ],
  "SafeCastOverflowedUintDowncast": [
    "Channels",
    "Listings"
  ],
  "SafeERC20FailedOperation": [
    "Channels",
    "Grants"
  ],
  "SaleEnded": [
    "Listings",
    "Grants"
  ],
  "SegmentLimitsOutOfBounds": [
    "Listings"
  ],
  "SignerMissing": [
    "Grants"
  ],
  "StringTooLong": [
    "Channels"
  ],
  "TermsMismatch": [
    "Listings"
  ],
  "TokenReturnedFalse": [
    "Channels"
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
    "Listings"
  ],
  "UnitMissing": [
    "Listings"
  ],
  "VersionNotForSale": [
    "Listings"
  ],
  "WindowEmpty": [
    "Grants"
  ],
  "WindowMissing": [
    "Listings"
  ],
  "WindowTooLong": [
    "Grants"
  ],
  "WrongSignature": [
    "Channels"
  ],
  "WrongValue": [
    "Channels",
    "Grants"
  ]
} as const;

export type ContractErrorName = keyof typeof CONTRACT_ERRORS;
