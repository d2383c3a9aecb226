// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IHubs} from "./interfaces/IHubs.sol";
import {IListings} from "./interfaces/IListings.sol";
import {Tokens} from "./libraries/Tokens.sol";
import {Roles} from "./types/HubTypes.sol";
import {Listing, ListingFlags, ListingTerms, Plan, PlanKind, Rights, SegmentLimits} from "./types/ListingTypes.sol";

/// @title Listings
contract Listings is IListings {
    uint256 internal constant MAX_METADATA = 8192; // as for hubs
    uint256 internal constant MAX_PLANS = 8; // a page can show them side by side; bounds every loop over them
    uint256 internal constant MAX_RELAYS = 4; // travels with every claim
    uint256 internal constant MAX_MARKETS = 8;
    uint16 internal constant MAX_RELAY_BPS = 3_000; // the cap that Channels has
    uint16 internal constant MAX_MARKET_BPS = 1_000; // the cap that Channels has
    uint40 internal constant MIN_CHALLENGE = 1 hours; // the bounds that Channels has
    uint40 internal constant MAX_CHALLENGE = 30 days;
    uint32 internal constant MAX_FLUSH_MS = 3_600_000; // a reader who waits longer cannot tell it from a dead stream
    uint32 internal constant MAX_MESSAGES = 65_536;
    uint32 internal constant MAX_BYTES = 1 << 20; // a relay or browser holds a whole segment in memory
    uint32 internal constant KNOWN_FLAGS = (1 << 24) - 1;
    uint8 internal constant KNOWN_RIGHTS = Rights.READ | Rights.HISTORY | Rights.WRITE;
    uint8 internal constant SELLER = Roles.MANAGER | Roles.OWNER;

    /// @inheritdoc IListings
    IHubs public immutable hubs;

    /// @inheritdoc IListings
    address public immutable disputes;

    /// @inheritdoc IListings
    uint256 public immutable minimumBond;

    /// @inheritdoc IListings
    uint40 public immutable disputeWindow;

    /// @inheritdoc IListings
    uint64 public listingCount;

    /// @inheritdoc IListings
    mapping(uint64 listingId => mapping(uint32 version => bytes32)) public termsHashOf;

    /// @inheritdoc IListings
    mapping(address holder => uint256) public owed;

    mapping(uint64 listingId => Listing) internal _listings;

    modifier onlySeller(uint64 listingId) {
        _requireSeller(_known(listingId).hubId);
        _;
    }

    modifier onlyDisputes() {
        if (msg.sender != disputes) revert NotDisputes(msg.sender, disputes);
        _;
    }

    constructor(IHubs hubs_, address disputes_, uint256 minimumBond_, uint40 disputeWindow_) {
        hubs = hubs_;
        disputes = disputes_;
        minimumBond = minimumBond_;
        disputeWindow = disputeWindow_;
    }

    // ------------------------------------------------------------------------------------------------------- offering

    /// @inheritdoc IListings
    function createListing(uint64 hubId, ListingTerms calldata terms, string calldata metadata)
        external
        payable
        returns (uint64 listingId)
    {
        _requireSeller(hubId);
        if (msg.value < minimumBond) revert BondTooLow(msg.value, minimumBond);
        _validate(hubId, terms, metadata);

        listingId = ++listingCount;
        _listings[listingId] = Listing(hubId, 1, false, 0, SafeCast.toUint96(msg.value), 0);
        termsHashOf[listingId][1] = keccak256(abi.encode(terms));
        emit ListingCreated(listingId, hubId, 1, terms, metadata);
    }

    /// @inheritdoc IListings
    function reviseListing(uint64 listingId, ListingTerms calldata terms, string calldata metadata)
        external
        onlySeller(listingId)
        returns (uint32 version)
    {
        Listing storage revised = _listings[listingId];
        if (revised.closedAt != 0) revert ListingIsClosed(listingId);
        _validate(revised.hubId, terms, metadata);

        version = ++revised.version;
        termsHashOf[listingId][version] = keccak256(abi.encode(terms));
        emit ListingRevised(listingId, revised.hubId, version, terms, metadata);
    }

    /// @inheritdoc IListings
    function pauseListing(uint64 listingId) external onlySeller(listingId) {
        Listing storage paused = _listings[listingId];
        if (paused.closedAt != 0) revert ListingIsClosed(listingId);
        if (paused.paused) revert ListingIsPaused(listingId);

        paused.paused = true;
        emit ListingPaused(listingId);
    }

    /// @inheritdoc IListings
    function resumeListing(uint64 listingId) external onlySeller(listingId) {
        Listing storage resumed = _listings[listingId];
        if (resumed.closedAt != 0) revert ListingIsClosed(listingId);
        if (!resumed.paused) revert ListingNotPaused(listingId);

        resumed.paused = false;
        emit ListingResumed(listingId);
    }

    /// @inheritdoc IListings
    function closeListing(uint64 listingId) external onlySeller(listingId) {
        Listing storage closed = _listings[listingId];
        if (closed.closedAt != 0) revert ListingIsClosed(listingId);

        closed.closedAt = uint40(block.timestamp);
        emit ListingClosed(listingId, uint40(block.timestamp) + disputeWindow);
    }

    // ----------------------------------------------------------------------------------------------------------- bond

    /// @inheritdoc IListings
    function topUpBond(uint64 listingId) external payable {
        Listing storage raised = _known(listingId);
        if (raised.closedAt != 0) revert ListingIsClosed(listingId);
        if (msg.value == 0) revert AmountMissing();

        uint96 bond = SafeCast.toUint96(raised.bond + msg.value);
        raised.bond = bond;
        emit BondToppedUp(listingId, msg.sender, msg.value, bond);
    }

    /// @inheritdoc IListings
    function withdrawBond(uint64 listingId) external returns (uint256 amount) {
        Listing storage closed = _known(listingId);
        if (closed.closedAt == 0) revert BondNotReturnable(listingId, 0);
        uint40 from = closed.closedAt + disputeWindow;
        if (block.timestamp < from) revert BondNotReturnable(listingId, from);
        if (closed.lockedBond != 0) revert BondIsLocked(listingId, closed.lockedBond);
        amount = closed.bond;
        if (amount == 0) revert BondIsReturned(listingId);

        closed.bond = 0;
        address to = hubs.hub(closed.hubId).payout;
        emit BondReturned(listingId, to, amount);
        (bool sent,) = to.call{value: amount}("");
        if (!sent) revert BondRefused(to, amount);
    }

    /// @inheritdoc IListings
    function lockBond(uint64 listingId, uint256 amount) external onlyDisputes {
        Listing storage accused = _known(listingId);
        uint256 free = accused.bond - accused.lockedBond;
        if (amount > free) revert BondNotFree(listingId, amount, free);

        uint96 locked = accused.lockedBond + uint96(amount);
        accused.lockedBond = locked;
        emit BondLocked(listingId, amount, locked);
    }

    /// @inheritdoc IListings
    function releaseBond(uint64 listingId, uint256 amount) external onlyDisputes {
        uint96 locked = _unlock(listingId, amount);
        emit BondReleased(listingId, amount, locked);
    }

    /// @inheritdoc IListings
    function drawBond(uint64 listingId, address to, uint256 amount) external onlyDisputes {
        _unlock(listingId, amount);
        Listing storage condemned = _listings[listingId];
        uint96 bond = condemned.bond - uint96(amount);
        condemned.bond = bond;
        emit BondDrawn(listingId, to, amount, bond);
        if (amount == 0 || Tokens.push(Tokens.NATIVE, to, amount)) return;
        owed[to] += amount;
        emit OwedCredited(to, amount);
    }

    /// @inheritdoc IListings
    function pull(address holder, address to) external returns (uint256 amount) {
        if (msg.sender != holder && to != holder) revert RecipientNotHolder(to, holder);
        amount = owed[holder];
        if (amount == 0) revert NothingOwed(holder);

        owed[holder] = 0;
        emit OwedPulled(holder, to, amount);
        Tokens.send(Tokens.NATIVE, to, amount);
    }

    // ---------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IListings
    function listing(uint64 listingId) external view returns (Listing memory) {
        return _known(listingId);
    }

    /// @inheritdoc IListings
    function hubOf(uint64 listingId) external view returns (uint64) {
        return _known(listingId).hubId;
    }

    /// @inheritdoc IListings
    function checkSale(uint64 listingId, uint32 version, bytes32 termsHash) external view {
        Listing storage sold = _listings[listingId]; // one slot; what is locked lies in the next, which no sale reads
        if (sold.version == 0) revert ListingUnknown(listingId);
        if (sold.closedAt != 0) revert ListingIsClosed(listingId);
        if (sold.paused) revert ListingIsPaused(listingId);
        if (sold.version != version) revert VersionNotForSale(listingId, version, sold.version);
        bytes32 expected = termsHashOf[listingId][version];
        if (termsHash != expected) revert TermsMismatch(termsHash, expected);
        if (sold.bond < minimumBond) revert BondTooLow(sold.bond, minimumBond);
    }

    // --------------------------------------------------------------------------------------------------------- rules

    function _known(uint64 listingId) internal view returns (Listing storage known) {
        known = _listings[listingId];
        if (known.version == 0) revert ListingUnknown(listingId);
    }

    function _requireSeller(uint64 hubId) internal view {
        if (!hubs.hasRole(hubId, msg.sender, SELLER)) revert RoleMissing(hubId, msg.sender, SELLER);
    }

    function _unlock(uint64 listingId, uint256 amount) internal returns (uint96 locked) {
        Listing storage accused = _known(listingId);
        locked = accused.lockedBond;
        if (amount > locked) revert BondNotLocked(listingId, amount, locked);
        locked -= uint96(amount);
        accused.lockedBond = locked;
    }

    function _validate(uint64 hubId, ListingTerms calldata terms, string calldata metadata) internal view {
        if (terms.hubId != hubId) revert HubMismatch(terms.hubId, hubId);
        (address payout, bool isPublisher) = hubs.sellerOf(hubId, terms.operator);
        if (terms.payee != payout) revert PayeeNotPayout(terms.payee, payout);
        if (!isPublisher) revert OperatorNotPublisher(hubId, terms.operator);
        if (terms.saleUntil != 0 && terms.saleUntil < block.timestamp) revert SaleEnded(terms.saleUntil);

        _validateMetadata(terms.metadataHash, metadata);
        _validateParties(terms);
        _validateStream(terms);
        _validateGates(terms);

        if (terms.plans.length > MAX_PLANS) revert TooManyPlans(terms.plans.length, MAX_PLANS);
        for (uint256 i = 0; i < terms.plans.length; i++) {
            _validatePlan(i, terms.plans[i], terms);
        }
    }

    function _validateMetadata(bytes32 metadataHash, string calldata metadata) internal pure {
        uint256 length = bytes(metadata).length;
        if (length > MAX_METADATA) revert MetadataTooLong(length, MAX_METADATA);
        bytes32 actual = keccak256(bytes(metadata));
        if (metadataHash != actual) revert MetadataMismatch(metadataHash, actual);
    }

    /// @dev Who else earns, and how long money can be held back.
    function _validateParties(ListingTerms calldata terms) internal pure {
        uint256 relays = terms.relays.length;
        uint256 markets = terms.markets.length;
        if (relays > MAX_RELAYS) revert TooManyRelays(relays, MAX_RELAYS);
        if (markets > MAX_MARKETS) revert TooManyMarkets(markets, MAX_MARKETS);
        for (uint256 i = 0; i < relays; i++) {
            if (_isZeroOrRepeated(terms.relays, i)) revert RelayInvalid(terms.relays[i]);
        }
        for (uint256 i = 0; i < markets; i++) {
            if (_isZeroOrRepeated(terms.markets, i)) revert MarketInvalid(terms.markets[i]);
        }
        if (terms.relayBps > MAX_RELAY_BPS) revert RelayCutTooHigh(terms.relayBps, MAX_RELAY_BPS);
        uint16 maxMarketBps = markets == 0 ? 0 : MAX_MARKET_BPS; // nobody may name himself and take a cut
        if (terms.marketBps > maxMarketBps) revert MarketCutTooHigh(terms.marketBps, maxMarketBps);
        if (terms.challenge < MIN_CHALLENGE || terms.challenge > MAX_CHALLENGE) {
            revert ChallengeOutOfBounds(terms.challenge, MIN_CHALLENGE, MAX_CHALLENGE);
        }
    }

    function _validateStream(ListingTerms calldata terms) internal pure {
        if (terms.epochLength == 0) revert EpochLengthMissing();
        SegmentLimits calldata segment = terms.segment;
        bool isMissing = segment.flushMs == 0 || segment.maxMessages == 0 || segment.maxBytes == 0;
        bool isTooHigh = segment.flushMs > MAX_FLUSH_MS || segment.maxMessages > MAX_MESSAGES
            || segment.maxBytes > MAX_BYTES;
        if (isMissing || isTooHigh) {
            revert SegmentLimitsOutOfBounds(segment.flushMs, segment.maxMessages, segment.maxBytes);
        }
    }

    function _validateGates(ListingTerms calldata terms) internal pure {
        if (terms.flags & ~KNOWN_FLAGS != 0) revert FlagsUnknown(terms.flags);
        uint32 both = ListingFlags.OPEN | ListingFlags.PERSONAL_DATA;
        if (terms.flags & both == both) revert PersonalDataIsOpen(terms.flags);
        if ((terms.attestationSchema == 0) != (terms.attester == address(0))) {
            revert AttestationIncomplete(terms.attestationSchema, terms.attester);
        }
    }

    function _validatePlan(uint256 i, Plan calldata plan, ListingTerms calldata terms) internal pure {
        if (plan.kind > PlanKind.FREE) revert PlanKindUnknown(plan.kind);
        if (plan.rights == 0 || plan.rights & ~KNOWN_RIGHTS != 0) revert RightsInvalid(plan.rights);
        if (plan.maxWindow == 0) revert WindowMissing(i);
        if (plan.kind <= PlanKind.BYTE) return _validateMeteredPlan(i, plan, terms);

        // What is not metered is bounded by the time for which keys are out.
        if (plan.notice < terms.epochLength) revert NoticeTooShort(i, plan.notice, terms.epochLength);
        if (plan.kind == PlanKind.PERIOD) _validatePeriodPlan(i, plan);
        else if (plan.kind == PlanKind.FLAT) _validateFlatPlan(i, plan);
        else _validateFreePlan(i, plan);
    }

    function _validateMeteredPlan(uint256 i, Plan calldata plan, ListingTerms calldata terms) internal pure {
        if (plan.rights & Rights.HISTORY != 0) revert HistoryOnMeteredPlan(i);
        if (plan.price == 0) revert PriceMissing(i);
        if (plan.promoPrice > plan.price) revert PromotionAbovePrice(i);
        if (plan.unit == 0) revert UnitMissing(i);
        uint256 largest = plan.kind == PlanKind.MESSAGE ? terms.segment.maxMessages : terms.segment.maxBytes;
        uint256 leastEntry = 2 * Math.ceilDiv(plan.price * largest, plan.unit);
        if (plan.entry < leastEntry) revert EntryTooLow(i, plan.entry, leastEntry);
    }

    function _validatePeriodPlan(uint256 i, Plan calldata plan) internal pure {
        if (plan.price == 0) revert PriceMissing(i);
        if (plan.period == 0) revert PeriodMissing(i);
        // The past is handed over in the first second, so it cannot be paid for by the hour.
        if (plan.rights & Rights.HISTORY != 0 && plan.upfront == 0) revert UpfrontMissing(i);
        if (plan.promoPrice > plan.price) revert PromotionAbovePrice(i);
        if (plan.unit != 0 || plan.entry != 0) revert MeterOnTimePlan(i);
    }

    function _validateFlatPlan(uint256 i, Plan calldata plan) internal pure {
        if (plan.upfront == 0) revert UpfrontMissing(i);
        if (plan.price != 0 || plan.period != 0) revert PeriodOnFlatPlan(i);
        if (plan.promoPrice > plan.upfront) revert PromotionAbovePrice(i);
        if (plan.unit != 0 || plan.entry != 0) revert MeterOnTimePlan(i);
    }

    function _validateFreePlan(uint256 i, Plan calldata plan) internal pure {
        if (plan.price != 0 || plan.upfront != 0 || plan.entry != 0 || plan.promoPrice != 0) {
            revert PriceOnFreePlan(i);
        }
    }

    /// @dev Quadratic over at most eight.
    function _isZeroOrRepeated(address[] calldata list, uint256 i) internal pure returns (bool) {
        if (list[i] == address(0)) return true;
        for (uint256 j = 0; j < i; j++) {
            if (list[j] == list[i]) return true;
        }
        return false;
    }
}
