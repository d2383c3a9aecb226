// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IHubs} from "./IHubs.sol";
import {Listing, ListingTerms} from "../types/ListingTypes.sol";

/// @title IListings
/// @notice What is sold. A listing is a stream offered by a hub, in numbered versions of its terms.
///
/// The terms travel in calldata and in the event, and one hash per version is stored:
/// `termsHashOf(listingId, version) = keccak256(abi.encode(terms))`. A purchase names its version; a later revision changes
/// nothing about it. Only the newest version is for sale.
///
/// Each listing holds a bond in the chain's native coin, which answers for what its hub publishes. Disputes alone may lock
/// parts of it and draw what is locked. What is left goes back to the hub's payout address after the listing
/// was closed, the dispute window has passed and nothing is locked. A bond below the minimum, because some of it was
/// drawn, stops new sales until somebody tops it up.
///
/// A drawn part is pushed to whom it is due. If he does not take it, it waits in {owed}, so nobody can keep a decided
/// dispute from ending.
///
/// Nobody owns this contract; it cannot be paused or upgraded. Amounts in the smallest unit of `terms.token` (bonds: in the
/// native coin's), times in unix seconds, cuts in basis points (1/10,000). {Tokens-GasTooLow} and
/// {Tokens-NativeTransferFailed} come from the library.
interface IListings {
    // ------------------------------------------------------------------------------------------------------- errors

    /// @notice No listing has this id.
    error ListingUnknown(uint64 listingId);

    /// @notice The caller is neither MANAGER nor owner of the hub.
    error RoleMissing(uint64 hubId, address account, uint8 roles);

    /// @notice The terms name another hub than the call or the listing.
    error HubMismatch(uint64 hubId, uint64 expected);

    /// @notice The payee is not the hub's payout address.
    error PayeeNotPayout(address payee, address payout);

    /// @notice The operator does not hold PUBLISHER in the hub.
    error OperatorNotPublisher(uint64 hubId, address operator);

    /// @notice More than eight plans.
    error TooManyPlans(uint256 count, uint256 maximum);

    /// @notice More than four relays.
    error TooManyRelays(uint256 count, uint256 maximum);

    /// @notice A relay is zero or stands twice in the list.
    error RelayInvalid(address relay);

    /// @notice More than eight markets.
    error TooManyMarkets(uint256 count, uint256 maximum);

    /// @notice A market is zero or stands twice in the list.
    error MarketInvalid(address market);

    /// @notice The relays' cut is above 3,000 basis points.
    error RelayCutTooHigh(uint16 relayBps, uint16 maximum);

    /// @notice The market's cut is above 1,000 basis points, or above zero without a list of markets.
    error MarketCutTooHigh(uint16 marketBps, uint16 maximum);

    /// @notice The challenge is not between one hour and thirty days.
    error ChallengeOutOfBounds(uint40 challenge, uint40 minimum, uint40 maximum);

    /// @notice An epoch lasts at least one second.
    error EpochLengthMissing();

    /// @notice A segment limit is zero or too high.
    error SegmentLimitsOutOfBounds(uint32 flushMs, uint32 maxMessages, uint32 maxBytes);

    /// @notice The sale would have ended already.
    error SaleEnded(uint40 saleUntil);

    /// @notice A flag is set that has no meaning.
    error FlagsUnknown(uint32 flags);

    /// @notice What everybody may read has no consent that could be withdrawn: OPEN and PERSONAL_DATA exclude each other.
    error PersonalDataIsOpen(uint32 flags);

    /// @notice The metadata is longer than 8,192 bytes.
    error MetadataTooLong(uint256 length, uint256 maximum);

    /// @notice The metadata is not the text that the terms name.
    error MetadataMismatch(bytes32 metadataHash, bytes32 expected);

    /// @notice There is no such kind of plan.
    error PlanKindUnknown(uint8 kind);

    /// @notice A plan grants nothing, or a right that has no meaning.
    error RightsInvalid(uint8 rights);

    /// @notice Plan number `plan` is metered and would grant HISTORY.
    error HistoryOnMeteredPlan(uint256 plan);

    /// @notice Plan number `plan` is metered or paid by the period and has no price.
    error PriceMissing(uint256 plan);

    /// @notice Plan number `plan` is paid by the period and does not say how long one is.
    error PeriodMissing(uint256 plan);

    /// @notice Plan number `plan` is flat and costs nothing, or is paid by the period, grants HISTORY and has nothing due at
    /// once.
    error UpfrontMissing(uint256 plan);

    /// @notice Plan number `plan` is flat and states a price or a period.
    error PeriodOnFlatPlan(uint256 plan);

    /// @notice Plan number `plan` is paid by time and states a unit or an entry.
    error MeterOnTimePlan(uint256 plan);

    /// @notice Plan number `plan` is free and states a price.
    error PriceOnFreePlan(uint256 plan);

    /// @notice The promotion of plan number `plan` costs more than its price (flat: its upfront).
    error PromotionAbovePrice(uint256 plan);

    /// @notice Plan number `plan` is metered and has no unit.
    error UnitMissing(uint256 plan);

    /// @notice The prepayment of plan number `plan` does not cover two of the largest segments.
    error EntryTooLow(uint256 plan, uint96 entry, uint256 minimum);

    /// @notice Plan number `plan` could not be bought for any time.
    error WindowMissing(uint256 plan);

    /// @notice The notice of plan number `plan` is shorter than an epoch.
    error NoticeTooShort(uint256 plan, uint40 notice, uint40 minimum);

    /// @notice A demanded attestation names its schema and its attester, or neither.
    error AttestationIncomplete(bytes32 attestationSchema, address attester);

    /// @notice The bond sent along, or left after a dispute, is too small.
    error BondTooLow(uint256 bond, uint256 minimum);

    /// @notice Nothing was sent along.
    error AmountMissing();

    /// @notice Only Disputes may do this (`disputes` = 0: nobody in this deployment).
    error NotDisputes(address caller, address disputes);

    /// @notice Less of the bond is free than is to be locked.
    error BondNotFree(uint64 listingId, uint256 amount, uint256 free);

    /// @notice Less of the bond is locked than is to be released or drawn.
    error BondNotLocked(uint64 listingId, uint256 amount, uint256 locked);

    /// @notice An open dispute keeps part of the bond.
    error BondIsLocked(uint64 listingId, uint256 locked);

    /// @notice The bond stays until `from` (0 = the listing is not closed yet).
    error BondNotReturnable(uint64 listingId, uint40 from);

    /// @notice There is no bond to return any more.
    error BondIsReturned(uint64 listingId);

    /// @notice The payout address did not take the bond.
    error BondRefused(address to, uint256 amount);

    /// @notice Nothing is owed to this holder.
    error NothingOwed(address holder);

    /// @notice Somebody else's balance can be sent to its holder only.
    error RecipientNotHolder(address to, address holder);

    /// @notice The listing is paused.
    error ListingIsPaused(uint64 listingId);

    /// @notice The listing is not paused.
    error ListingNotPaused(uint64 listingId);

    /// @notice The listing is closed for ever.
    error ListingIsClosed(uint64 listingId);

    /// @notice Only the newest version is for sale.
    error VersionNotForSale(uint64 listingId, uint32 version, uint32 newest);

    /// @notice The terms offered are not those of the version.
    error TermsMismatch(bytes32 termsHash, bytes32 expected);

    // ------------------------------------------------------------------------------------------------------- events

    /// @notice A listing was created; `version` is 1.
    event ListingCreated(
        uint64 indexed listingId, uint64 indexed hubId, uint32 version, ListingTerms terms, string metadata
    );

    /// @notice A listing has new terms. Earlier purchases keep theirs.
    event ListingRevised(
        uint64 indexed listingId, uint64 indexed hubId, uint32 version, ListingTerms terms, string metadata
    );

    /// @notice No new sales until it resumes.
    event ListingPaused(uint64 indexed listingId);

    /// @notice It is for sale again.
    event ListingResumed(uint64 indexed listingId);

    /// @notice No new sales, ever.
    /// @param bondFrom When the bond may leave.
    event ListingClosed(uint64 indexed listingId, uint40 bondFrom);

    /// @notice Somebody added to a bond.
    /// @param bond The whole bond afterwards.
    event BondToppedUp(uint64 indexed listingId, address indexed by, uint256 amount, uint96 bond);

    /// @notice A dispute keeps part of a bond.
    /// @param locked All that is locked afterwards.
    event BondLocked(uint64 indexed listingId, uint256 amount, uint96 locked);

    /// @notice A dispute let part of a bond go.
    /// @param locked All that is locked afterwards.
    event BondReleased(uint64 indexed listingId, uint256 amount, uint96 locked);

    /// @notice A decided dispute took part of a bond.
    /// @param bond The whole bond afterwards.
    event BondDrawn(uint64 indexed listingId, address indexed to, uint256 amount, uint96 bond);

    /// @notice A drawn part was not taken and waits for its holder.
    event OwedCredited(address indexed holder, uint256 amount);

    /// @notice A holder's balance left the contract.
    event OwedPulled(address indexed holder, address to, uint256 amount);

    /// @notice The bond went back to the hub's payout address.
    event BondReturned(uint64 indexed listingId, address indexed to, uint256 amount);

    // ------------------------------------------------------------------------------------------------------- offering

    /// @notice Offers a stream; `msg.value` becomes its bond.
    /// @dev Emits {ListingCreated}.
    ///
    /// Requirements:
    /// - the caller is MANAGER or owner of the hub; `terms.hubId == hubId`
    /// - `msg.value >= minimumBond`
    /// - `payee` is the hub's payout address and `operator` holds PUBLISHER: a manager cannot redirect money,
    ///   save the cuts of relays and markets, which the bounds below hold
    /// - at most 8 plans, 4 relays, 8 markets, none of them zero or twice; none at all is a private listing that only gifts open
    /// - `relayBps` <= 3,000; `marketBps` <= 1,000, and 0 without markets; one hour <= `challenge` <= thirty days
    /// - `epochLength` >= 1; segment limits not zero, `flushMs` <= 3,600,000, `maxMessages` <= 65,536, `maxBytes` <= 1 MiB
    /// - `saleUntil` is 0 or not past; no unknown flag, and not both OPEN and PERSONAL_DATA; `attestationSchema` and `attester` are both set or both 0
    /// - message and byte plans: `price` and `unit` not zero, no HISTORY, and `entry` covers two of the largest segments:
    ///   `entry >= 2 * ceil(price * n / unit)`, n = `maxMessages` or `maxBytes`
    /// - period plans: `price` and `period` not zero; with HISTORY `upfront` not zero; `unit` and `entry` are 0
    /// - flat plans: `upfront` not zero; `price`, `period`, `unit` and `entry` are 0
    /// - free plans: `price`, `upfront`, `entry` and `promoPrice` are 0
    /// - period, flat and free plans: `notice` is at least one epoch
    /// - every plan: at least one right and none unknown, `maxWindow` not zero, `promoPrice` <= `price` (flat: <= `upfront`)
    /// - keccak256 of `metadata` is `terms.metadataHash`; at most 8,192 bytes
    /// @param metadata JSON-LD text.
    /// @return listingId Counts from 1.
    function createListing(uint64 hubId, ListingTerms calldata terms, string calldata metadata)
        external
        payable
        returns (uint64 listingId);

    /// @notice Offers the stream on new terms from now on.
    /// @dev Emits {ListingRevised}. Requirements as for {createListing} without the bond; the hub stays; the listing is not
    /// closed.
    /// @return version One more than before.
    function reviseListing(uint64 listingId, ListingTerms calldata terms, string calldata metadata)
        external
        returns (uint32 version);

    /// @notice Stops new sales for now. What was bought stays.
    /// @dev Emits {ListingPaused}. Requirements: the caller is MANAGER or owner; the listing is neither paused nor closed.
    function pauseListing(uint64 listingId) external;

    /// @notice Sells again.
    /// @dev Emits {ListingResumed}. Requirements: the caller is MANAGER or owner; the listing is paused and not closed.
    function resumeListing(uint64 listingId) external;

    /// @notice Stops new sales for ever and starts the clock of the bond. What was bought stays.
    /// @dev Emits {ListingClosed}. Requirements: the caller is MANAGER or owner; the listing is not closed.
    function closeListing(uint64 listingId) external;

    // ----------------------------------------------------------------------------------------------------------- bond

    /// @notice Adds `msg.value` to a listing's bond. Anyone may: it is a gift to the listing's hub, out of which disputes
    /// are paid.
    /// @dev Emits {BondToppedUp}. Requirements: the listing is not closed; `msg.value` is not zero; the bond stays below 2^96.
    function topUpBond(uint64 listingId) external payable;

    /// @notice Sends what is left of a closed listing's bond to the hub's payout address. Anyone may call it.
    /// @dev Emits {BondReturned}. Requirements: the dispute window since {closeListing} has passed; nothing is locked; the
    /// bond is still here; the payout address takes it (if it does not, everything stays as it was).
    /// @return amount What was sent.
    function withdrawBond(uint64 listingId) external returns (uint256 amount);

    /// @notice Keeps part of a bond from leaving, after a close as well.
    /// @dev Emits {BondLocked}. Requirements: the caller is {disputes}; so much of the bond is free.
    function lockBond(uint64 listingId, uint256 amount) external;

    /// @notice Frees a locked part.
    /// @dev Emits {BondReleased}. Requirements: the caller is {disputes}; so much of the bond is locked.
    function releaseBond(uint64 listingId, uint256 amount) external;

    /// @notice Pays out of a locked part. How a penalty is divided is for Disputes to say: it calls once per recipient, a
    /// burn address included.
    /// @dev Emits {BondDrawn}, and {OwedCredited} if the recipient did not take it. Requirements: the caller is {disputes};
    /// so much of the bond is locked; enough gas is left for the push.
    function drawBond(uint64 listingId, address to, uint256 amount) external;

    /// @notice Sends the whole {owed} balance of `holder` away.
    /// @dev Emits {OwedPulled}. Requirements: the caller is `holder` (any `to`), or `to` is `holder`; the balance is not
    /// zero; `to` takes it (otherwise everything stays as it was).
    /// @return amount What was sent.
    function pull(address holder, address to) external returns (uint256 amount);

    // ---------------------------------------------------------------------------------------------------------- views

    /// @notice The registry of hubs.
    function hubs() external view returns (IHubs);

    /// @notice The only contract that may lock or draw bonds; 0 = none.
    function disputes() external view returns (address);

    /// @notice The least bond, in the chain's native coin.
    function minimumBond() external view returns (uint256);

    /// @notice Seconds between {closeListing} and {withdrawBond}.
    function disputeWindow() external view returns (uint40);

    /// @notice How many listings there are; the newest has this id.
    function listingCount() external view returns (uint64);

    /// @notice What `holder` can {pull}, in the native coin.
    function owed(address holder) external view returns (uint256);

    /// @notice A listing as it stands. Reverts with {ListingUnknown}.
    function listing(uint64 listingId) external view returns (Listing memory);

    /// @notice The hub that offers a listing; cheaper than {listing}. Reverts with {ListingUnknown}.
    function hubOf(uint64 listingId) external view returns (uint64);

    /// @notice `keccak256(abi.encode(terms))` of a version, counted from 1; 0 if there is none.
    function termsHashOf(uint64 listingId, uint32 version) external view returns (bytes32);

    /// @notice Reverts unless this version with these terms is for sale now.
    /// @dev Reverts with {ListingUnknown}, {ListingIsClosed}, {ListingIsPaused}, {VersionNotForSale}, {TermsMismatch}
    /// or {BondTooLow} (a dispute drew from the bond). What the terms
    /// themselves limit (`saleUntil`, payee, operator) is for the caller to check.
    function checkSale(uint64 listingId, uint32 version, bytes32 termsHash) external view;
}
