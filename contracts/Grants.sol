// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Checkout} from "./base/Checkout.sol";
import {IChannels} from "./interfaces/IChannels.sol";
import {IConsents} from "./interfaces/IConsents.sol";
import {IEAS} from "./interfaces/IEAS.sol";
import {IGrants} from "./interfaces/IGrants.sol";
import {IHubs} from "./interfaces/IHubs.sol";
import {IListings} from "./interfaces/IListings.sol";
import {ISubscriptions} from "./interfaces/ISubscriptions.sol";
import {GrantHash} from "./libraries/GrantHash.sol";
import {Tokens} from "./libraries/Tokens.sol";
import {Channel} from "./types/ChannelTypes.sol";
import {Approval, Funding, GIVEN, Grant, Purchase} from "./types/GrantTypes.sol";
import {Listing, ListingFlags, Plan, PlanKind, Rights} from "./types/ListingTypes.sol";
import {SubscriptionTerms} from "./types/SubscriptionTypes.sol";

/// @title Grants
contract Grants is Checkout, ReentrancyGuardTransient {
    uint256 internal constant MAX_GRANTS = 4; // a purchase, its successor, a gift, one spare; bounds every loop
    uint256 internal constant NO_PLACE = type(uint256).max;
    uint256 internal constant MAX_CART = 16; // fits a block with room to spare
    uint256 internal constant CART_GAS = 1_500_000; // about five times what a purchase takes: none of a cart can starve the others
    uint256 internal constant MAX_REASON = 256; // of what a failed purchase says, copied into the event
    uint256 internal constant MAX_NOTE = 4_096;
    uint256 internal constant MAX_TEXT = 512;
    uint8 internal constant KNOWN_RIGHTS = Rights.READ | Rights.HISTORY | Rights.WRITE;

    mapping(bytes32 grantId => Grant) internal _grants;

    /// @dev Filled from the front, never emptied.
    mapping(uint64 listingId => mapping(address buyer => bytes32[MAX_GRANTS])) internal _places;

    constructor(
        IHubs hubs_,
        IListings listings_,
        IChannels channels_,
        ISubscriptions subscriptions_,
        IConsents consents_,
        IEAS eas_
    ) Checkout(hubs_, listings_, channels_, subscriptions_, consents_, eas_) {}

    // --------------------------------------------------------------------------------------------------------- buying

    /// @inheritdoc IGrants
    function buy(Purchase calldata purchase) external payable nonReentrant returns (bytes32 grantId) {
        Funding funding = purchase.funding;
        bool isSigned = funding == Funding.EIP3009 || funding == Funding.PERMIT2;
        if (msg.sender != purchase.buyer && !isSigned) revert NotBuyer(msg.sender, purchase.buyer);
        uint256 expectedValue = funding == Funding.NATIVE ? purchase.amount : 0;
        if (msg.value != expectedValue) revert WrongValue(msg.value, expectedValue);
        return _buy(purchase);
    }

    /// @inheritdoc IGrants
    function buyMany(Purchase[] calldata purchases) external payable nonReentrant returns (uint256 bought) {
        if (purchases.length > MAX_CART) revert CartTooLarge(purchases.length, MAX_CART);
        uint256 budget = msg.value;
        for (uint256 i = 0; i < purchases.length; i++) {
            Purchase calldata purchase = purchases[i];
            if (purchase.buyer != msg.sender) revert NotBuyer(msg.sender, purchase.buyer);
            uint256 value = purchase.funding == Funding.NATIVE ? purchase.amount : 0;
            if (value > budget) {
                bytes memory reason = abi.encodeWithSelector(WrongValue.selector, budget, value);
                emit PurchaseSkipped(purchase.listingId, msg.sender, i, reason);
            } else if (_tryBuy(purchase, value, i)) {
                budget -= value;
                bought++;
            }
        }
        if (budget != 0) Tokens.send(Tokens.NATIVE, msg.sender, budget);
    }

    /// @inheritdoc IGrants
    function buyOne(Purchase calldata purchase) external payable returns (bytes32 grantId) {
        if (msg.sender != address(this)) revert NotBuyer(msg.sender, address(this));
        return _buy(purchase);
    }

    /// @inheritdoc IGrants
    function check(Purchase calldata purchase) external view returns (bytes32 paymentId, bytes32 grantId) {
        Plan calldata plan = _checkOffer(purchase);

        uint96 unitPrice = _unitPriceOf(plan);
        paymentId = GrantHash.salt(purchase, unitPrice);
        if (plan.kind == PlanKind.PERIOD || plan.kind == PlanKind.FLAT) {
            SubscriptionTerms memory terms = _subscriptionTermsOf(purchase, plan, unitPrice, paymentId);
            paymentId = subscriptions.subscriptionIdOf(terms);
            _requireSubscribed(purchase, terms, paymentId, purchase.amount);
        } else if (plan.kind != PlanKind.FREE) {
            paymentId = channels.channelIdOf(_termsOf(purchase, paymentId));
            _requireEntry(paymentId, purchase.amount, plan.entry);
        }
        grantId = GrantHash.grantId(purchase.listingId, purchase.buyer, paymentId);
        _findPlace(purchase.listingId, purchase.buyer, grantId, plan.kind);
    }

    function _buy(Purchase calldata purchase) internal returns (bytes32 grantId) {
        Plan calldata plan = _checkOffer(purchase);

        uint96 unitPrice = _unitPriceOf(plan);
        bytes32 paymentId = GrantHash.salt(purchase, unitPrice);
        if (plan.kind != PlanKind.FREE) paymentId = _pay(purchase, plan, unitPrice, paymentId);
        grantId = _record(
            purchase.buyer,
            Grant({
                rights: plan.rights,
                kind: plan.kind,
                version: purchase.version,
                plan: purchase.plan,
                notBefore: _laterOf(purchase.notBefore, uint40(block.timestamp)),
                notAfter: purchase.notAfter,
                revokedAt: 0,
                listingId: purchase.listingId,
                blocks: false,
                personal: purchase.listing.flags & ListingFlags.PERSONAL_DATA != 0,
                paymentId: paymentId
            })
        );
        emit Purchased(
            grantId,
            purchase.listingId,
            purchase.buyer,
            paymentId,
            purchase.version,
            purchase.plan,
            plan.rights,
            purchase.signer,
            purchase.encryptionKey,
            purchase.buyerSalt,
            purchase.notBefore,
            purchase.notAfter,
            purchase.market,
            purchase.amount
        );
    }

    /// @dev One of a cart, with a gas limit, so that a hostile token takes nothing but its own purchase with it. The purchase is handed on
    /// as it lies in the calldata, with whatever follows it: encoding it anew would be code of its own. The reason is copied up to
    /// a limit: a long one would be paid for by the others.
    function _tryBuy(Purchase calldata purchase, uint256 value, uint256 index) internal returns (bool done) {
        if (gasleft() < CART_GAS + CART_GAS / 63 + 100_000) revert Tokens.GasTooLow(gasleft(), CART_GAS);
        bytes memory reason;
        bytes4 selector = this.buyOne.selector;
        uint256 limit = CART_GAS;
        uint256 longest = MAX_REASON;
        assembly ("memory-safe") {
            let free := mload(0x40)
            let size := sub(calldatasize(), purchase)
            mstore(free, selector)
            mstore(add(free, 0x04), 0x20)
            calldatacopy(add(free, 0x24), purchase, size)
            done := call(limit, address(), value, free, add(size, 0x24), 0, 0)
            if iszero(done) {
                size := returndatasize()
                if gt(size, longest) { size := longest }
                reason := free
                mstore(reason, size)
                mstore(0x40, add(add(reason, 0x20), and(add(size, 0x1f), not(0x1f))))
                returndatacopy(add(reason, 0x20), 0, size)
            }
        }
        if (!done) emit PurchaseSkipped(purchase.listingId, msg.sender, index, reason);
    }

    // ---------------------------------------------------------------------------------------------- sale by approval

    /// @inheritdoc IGrants
    function requestGrant(uint64 listingId, uint32 version, bytes calldata note) external {
        if (note.length > MAX_NOTE) revert TextTooLong(note.length, MAX_NOTE);
        Listing memory asked = listings.listing(listingId);
        if (asked.closedAt != 0) revert ListingIsClosed(listingId);
        if (version != asked.version) revert VersionNotForSale(listingId, version, asked.version);
        if (isBlocked(listingId, msg.sender)) revert BuyerIsBlocked(listingId, msg.sender);
        emit GrantRequested(listingId, msg.sender, version, note);
    }

    /// @inheritdoc IGrants
    function approveRequest(
        uint64 listingId,
        uint32 version,
        address buyer,
        bytes32 termsHash,
        Approval calldata approval
    ) external {
        _requireApproval(listingId, listings.hubOf(listingId), version, buyer, termsHash, approval);
        emit RequestApproved(
            listingId, buyer, version, termsHash, approval.manager, approval.deadline, approval.signature
        );
    }

    /// @inheritdoc IGrants
    function declineRequest(uint64 listingId, address buyer, string calldata reason) external {
        _requireSeller(listingId);
        uint256 length = bytes(reason).length;
        if (length > MAX_TEXT) revert TextTooLong(length, MAX_TEXT);
        emit RequestDeclined(listingId, buyer, msg.sender, reason);
    }

    // -------------------------------------------------------------------------------------------------- seller's acts

    /// @inheritdoc IGrants
    function giveGrant(
        uint64 listingId,
        address buyer,
        uint8 rights,
        uint40 notBefore,
        uint40 notAfter,
        bytes32 nonce,
        bytes32 encryptionKey
    ) external nonReentrant returns (bytes32 grantId) {
        _requireSeller(listingId);
        if (buyer == address(0)) revert AccountMissing();
        if (encryptionKey == 0) revert EncryptionKeyMissing();
        if (rights == 0 || rights & ~KNOWN_RIGHTS != 0) revert RightsInvalid(rights);
        notBefore = _laterOf(notBefore, uint40(block.timestamp));
        if (notAfter <= notBefore) revert WindowEmpty(notBefore, notAfter);

        Grant memory given;
        given.rights = rights;
        given.kind = GIVEN;
        given.version = listings.listing(listingId).version;
        given.notBefore = notBefore;
        given.notAfter = notAfter;
        given.listingId = listingId;
        given.paymentId = keccak256(abi.encode(nonce));
        grantId = _record(buyer, given);
        emit GrantGiven(
            grantId, listingId, buyer, given.paymentId, given.version, rights, encryptionKey, notBefore, notAfter
        );
    }

    /// @inheritdoc IGrants
    function revokeGrant(bytes32 grantId) external nonReentrant {
        Grant storage revoked = _revoke(grantId);
        if (_isTimed(revoked) && subscriptions.isActive(revoked.paymentId)) revert SubscriptionTermsMissing(grantId);
    }

    /// @inheritdoc IGrants
    function revokeGrant(bytes32 grantId, SubscriptionTerms calldata terms, address[] calldata relays)
        external
        nonReentrant
    {
        Grant storage revoked = _revoke(grantId);
        _stop(grantId, revoked, terms, relays);
    }

    /// @inheritdoc IGrants
    function unblock(uint64 listingId, address buyer) external nonReentrant {
        _requireSeller(listingId);
        if (!isBlocked(listingId, buyer)) revert BuyerNotBlocked(listingId, buyer);

        bytes32[MAX_GRANTS] storage places = _places[listingId][buyer];
        for (uint256 i = 0; i < MAX_GRANTS; i++) {
            Grant storage held = _grants[places[i]];
            if (held.blocks) held.blocks = false;
        }
        emit Unblocked(listingId, buyer);
    }

    /// @inheritdoc IGrants
    function stopSuspended(bytes32 grantId, SubscriptionTerms calldata terms, address[] calldata relays)
        external
        nonReentrant
    {
        Grant storage suspended = _grants[grantId];
        uint64 listingId = suspended.listingId;
        if (listingId == 0) revert GrantUnknown(grantId);
        if (suspended.revokedAt != 0) revert GrantIsRevoked(grantId);
        if (!_isPersonal(suspended) || consents.isAlive(listingId)) revert GrantNotSuspended(grantId);

        suspended.revokedAt = uint40(block.timestamp);
        emit GrantSuspended(grantId, listingId);
        _stop(grantId, suspended, terms, relays);
    }

    /// @dev The subscription's payer gets back what has not vested; what has goes to the payee.
    function _stop(
        bytes32 grantId,
        Grant storage stopped,
        SubscriptionTerms calldata terms,
        address[] calldata relays
    ) internal {
        if (!_isTimed(stopped)) revert NoSubscription(grantId);
        bytes32 subscriptionId = subscriptions.subscriptionIdOf(terms);
        if (subscriptionId != stopped.paymentId) revert PaymentMismatch(subscriptionId, stopped.paymentId);
        subscriptions.stop(terms, relays);
    }

    function _revoke(bytes32 grantId) internal returns (Grant storage revoked) {
        revoked = _grants[grantId];
        uint64 listingId = revoked.listingId;
        if (listingId == 0) revert GrantUnknown(grantId);
        _requireSeller(listingId);
        if (revoked.revokedAt != 0) revert GrantIsRevoked(grantId);

        revoked.revokedAt = uint40(block.timestamp);
        revoked.blocks = true;
        emit GrantRevoked(grantId, listingId, uint40(block.timestamp));
    }

    // --------------------------------------------------------------------------------------------------- buyer's acts

    /// @inheritdoc IGrants
    function rotateKeys(bytes32 grantId, bytes32 encryptionKey, address signer) external {
        Grant storage held = _grants[grantId];
        uint64 listingId = held.listingId;
        if (listingId == 0) revert GrantUnknown(grantId);
        if (grantId != GrantHash.grantId(listingId, msg.sender, held.paymentId)) revert NotGrantee(msg.sender, grantId);
        if (held.revokedAt != 0) revert GrantIsRevoked(grantId);
        if (encryptionKey == 0) revert EncryptionKeyMissing();
        if (signer == address(0)) revert SignerMissing();
        emit KeysRotated(grantId, listingId, encryptionKey, signer);
    }

    // ---------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IGrants
    function isActive(bytes32 grantId, uint8 rights) public view returns (bool) {
        Grant storage held = _grants[grantId];
        if (held.listingId == 0 || held.rights & rights != rights) return false;
        if (block.timestamp < held.notBefore) return false;
        if (_isEnded(held) || _isUnpaid(held)) return false;
        return !_isPersonal(held) || consents.isAlive(held.listingId);
    }

    /// @inheritdoc IGrants
    function isActive(uint64 listingId, address buyer, uint8 rights) external view returns (bool) {
        bytes32[MAX_GRANTS] storage places = _places[listingId][buyer];
        for (uint256 i = 0; i < MAX_GRANTS; i++) {
            bytes32 grantId = places[i];
            if (grantId == 0) return false;
            if (isActive(grantId, rights)) return true;
        }
        return false;
    }

    /// @inheritdoc IGrants
    function paymentOf(bytes32 grantId) external view returns (bytes32) {
        return _grants[grantId].paymentId;
    }

    /// @inheritdoc IGrants
    function grants(bytes32 grantId) external view returns (Grant memory held) {
        held = _grants[grantId];
        held.personal = _isPersonal(_grants[grantId]);
    }

    /// @inheritdoc IGrants
    function grantsOf(uint64 listingId, address buyer) external view returns (bytes32[] memory held) {
        bytes32[MAX_GRANTS] storage places = _places[listingId][buyer];
        uint256 count = 0;
        while (count < MAX_GRANTS && places[count] != 0) count++;
        held = new bytes32[](count);
        for (uint256 i = 0; i < count; i++) held[i] = places[i];
    }

    /// @inheritdoc IGrants
    function isBlocked(uint64 listingId, address buyer) public view returns (bool) {
        bytes32[MAX_GRANTS] storage places = _places[listingId][buyer];
        for (uint256 i = 0; i < MAX_GRANTS; i++) {
            bytes32 grantId = places[i];
            if (grantId == 0) return false;
            if (_grants[grantId].blocks) return true;
        }
        return false;
    }

    // ------------------------------------------------------------------------------------------------------- records

    function _record(address buyer, Grant memory grant) internal returns (bytes32 grantId) {
        grantId = GrantHash.grantId(grant.listingId, buyer, grant.paymentId);
        uint256 place = _findPlace(grant.listingId, buyer, grantId, grant.kind);
        bytes32[MAX_GRANTS] storage places = _places[grant.listingId][buyer];
        bytes32 replaced = places[place];
        if (replaced != 0) {
            if (_grants[replaced].revokedAt == 0) _grants[replaced].revokedAt = uint40(block.timestamp);
            emit GrantReplaced(replaced, grantId);
        }
        places[place] = grantId;
        _grants[grantId] = grant;
    }

    /// @dev An empty place, else that of a grant whose end is final, else, for a purchase, of one whose payment gives nothing now: such a
    /// grant could come to life again, and that is the buyer's to give up, not the seller's.
    function _findPlace(uint64 listingId, address buyer, bytes32 grantId, uint8 kind) internal view returns (uint256) {
        if (_grants[grantId].listingId != 0) revert GrantExists(grantId);
        bytes32[MAX_GRANTS] storage places = _places[listingId][buyer];
        uint256 ended = NO_PLACE;
        uint256 unpaid = NO_PLACE;
        for (uint256 i = 0; i < MAX_GRANTS; i++) {
            bytes32 heldId = places[i];
            if (heldId == 0) return i;
            Grant storage held = _grants[heldId];
            if (held.blocks) revert BuyerIsBlocked(listingId, buyer);
            if (ended == NO_PLACE && _isEnded(held)) ended = i;
        }
        if (ended != NO_PLACE) return ended;
        for (uint256 i = 0; i < MAX_GRANTS && unpaid == NO_PLACE && kind != GIVEN; i++) {
            if (_isUnpaid(_grants[places[i]])) unpaid = i;
        }
        if (unpaid == NO_PLACE) revert TooManyGrants(listingId, buyer, MAX_GRANTS);
        return unpaid;
    }

    function _isEnded(Grant storage held) internal view returns (bool) {
        return held.revokedAt != 0 || (block.timestamp >= held.notAfter && held.notAfter != FOR_EVER);
    }

    /// @dev Whether what pays for a grant has nothing to give now: a channel is spent or closing, a subscription does not run.
    /// A top-up or a cancelled close undoes it.
    function _isUnpaid(Grant storage held) internal view returns (bool) {
        if (_isTimed(held)) return !subscriptions.isActive(held.paymentId);
        if (held.kind != PlanKind.MESSAGE && held.kind != PlanKind.BYTE) return false;
        Channel memory channel = channels.channels(held.paymentId);
        return channel.closeAt != 0 || channel.deposit <= channel.claimed;
    }

    /// @dev By the terms of the purchase, or from the first round of the listing on, whichever came first.
    function _isPersonal(Grant storage held) internal view returns (bool) {
        return held.personal || consents.isGated(held.listingId);
    }

    function _isTimed(Grant storage held) internal view returns (bool) {
        return held.kind == PlanKind.PERIOD || held.kind == PlanKind.FLAT;
    }

    function _requireSeller(uint64 listingId) internal view {
        uint64 hubId = listings.hubOf(listingId);
        if (!hubs.hasRole(hubId, msg.sender, SELLER)) revert RoleMissing(hubId, msg.sender, SELLER);
    }
}
