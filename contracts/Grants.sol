// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IChannels} from "./interfaces/IChannels.sol";
import {IGrants} from "./interfaces/IGrants.sol";
import {IHubs} from "./interfaces/IHubs.sol";
import {IListings} from "./interfaces/IListings.sol";
import {Channel, Terms} from "./types/ChannelTypes.sol";
import {Funding, GIVEN, Grant, Purchase} from "./types/GrantTypes.sol";
import {Roles} from "./types/HubTypes.sol";
import {ListingTerms, Plan, PlanKind, Rights} from "./types/ListingTypes.sol";

/// @title Grants
contract Grants is IGrants, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    uint256 internal constant MAX_GRANTS = 4; // a purchase, its successor, a gift, one spare; bounds every loop
    uint256 internal constant NO_PLACE = type(uint256).max;
    uint40 internal constant FOR_EVER = type(uint40).max;
    uint8 internal constant KNOWN_RIGHTS = Rights.READ | Rights.HISTORY | Rights.WRITE;
    uint8 internal constant SELLER = Roles.MANAGER | Roles.OWNER;

    /// @inheritdoc IGrants
    IHubs public immutable hubs;

    /// @inheritdoc IGrants
    IListings public immutable listings;

    /// @inheritdoc IGrants
    IChannels public immutable channels;

    mapping(bytes32 grantId => Grant) internal _grants;

    /// @dev Filled from the front, never emptied.
    mapping(uint64 listingId => mapping(address buyer => bytes32[MAX_GRANTS])) internal _places;

    constructor(IHubs hubs_, IListings listings_, IChannels channels_) {
        hubs = hubs_;
        listings = listings_;
        channels = channels_;
    }

    // --------------------------------------------------------------------------------------------------------- buying

    /// @inheritdoc IGrants
    function buy(Purchase calldata purchase) external payable nonReentrant returns (bytes32 grantId) {
        if (msg.sender != purchase.buyer) revert NotBuyer(msg.sender, purchase.buyer);
        uint256 expectedValue = purchase.funding == Funding.NATIVE ? purchase.amount : 0;
        if (msg.value != expectedValue) revert WrongValue(msg.value, expectedValue);
        Plan calldata plan = _checkOffer(purchase);

        bytes32 paymentId = _saltOf(purchase, plan.price);
        if (plan.kind != PlanKind.FREE) paymentId = _pay(purchase, plan.entry, paymentId);
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

    /// @inheritdoc IGrants
    function check(Purchase calldata purchase) external view returns (bytes32 paymentId, bytes32 grantId) {
        Plan calldata plan = _checkOffer(purchase);

        paymentId = _saltOf(purchase, plan.price);
        if (plan.kind != PlanKind.FREE) {
            paymentId = channels.channelIdOf(_termsOf(purchase, paymentId));
            _requireEntry(paymentId, purchase.amount, plan.entry);
        }
        grantId = _grantIdOf(purchase.listingId, purchase.buyer, paymentId);
        _findPlace(purchase.listingId, purchase.buyer, grantId);
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
        Grant storage revoked = _grants[grantId];
        uint64 listingId = revoked.listingId;
        if (listingId == 0) revert GrantUnknown(grantId);
        _requireSeller(listingId);
        if (revoked.revokedAt != 0) revert GrantIsRevoked(grantId);

        revoked.revokedAt = uint40(block.timestamp);
        revoked.blocks = true;
        emit GrantRevoked(grantId, listingId, uint40(block.timestamp));
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

    // ---------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IGrants
    function isActive(bytes32 grantId, uint8 rights) public view returns (bool) {
        Grant storage held = _grants[grantId];
        if (held.listingId == 0 || held.rights & rights != rights) return false;
        if (block.timestamp < held.notBefore) return false;
        return !_isEnded(held) && !_isUnpaid(held);
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
    function grants(bytes32 grantId) external view returns (Grant memory) {
        return _grants[grantId];
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

    // ---------------------------------------------------------------------------------------------------- the offer

    /// @dev Everything about a purchase that can be said without moving money.
    function _checkOffer(Purchase calldata purchase) internal view returns (Plan calldata plan) {
        ListingTerms calldata listing = purchase.listing;
        listings.checkSale(purchase.listingId, purchase.version, keccak256(abi.encode(listing)));
        if (purchase.plan >= listing.plans.length) revert PlanUnknown(purchase.plan, listing.plans.length);
        plan = listing.plans[purchase.plan];
        // The listing is as it was created, so whatever Listings refuses cannot stand in it; its sale may have ended since.
        if (listing.saleUntil != 0 && block.timestamp > listing.saleUntil) revert SaleEnded(listing.saleUntil);
        (address payout, bool isPublisher) = hubs.sellerOf(listing.hubId, listing.operator);
        if (listing.payee != payout) revert PayeeNotPayout(listing.payee, payout);
        if (!isPublisher) revert OperatorNotPublisher(listing.hubId, listing.operator);

        _checkBuyer(purchase, plan.maxWindow);
        _checkFunding(purchase, listing.token, plan.kind);
        if (!_isMarketListed(purchase.market, listing.markets)) revert MarketNotListed(purchase.market);
        if (purchase.attestation != 0) revert AttestationNotSupported();
        if (purchase.approval.signature.length != 0) revert RestrictedNotSupported();
    }

    function _checkBuyer(Purchase calldata purchase, uint40 maxWindow) internal view {
        if (purchase.buyer == address(0)) revert AccountMissing();
        if (purchase.signer == address(0)) revert SignerMissing();
        if (purchase.encryptionKey == 0) revert EncryptionKeyMissing();
        uint40 start = _laterOf(purchase.notBefore, uint40(block.timestamp));
        if (purchase.notAfter <= start) revert WindowEmpty(purchase.notBefore, purchase.notAfter);
        uint40 window = purchase.notAfter - start;
        if (maxWindow != FOR_EVER && window > maxWindow) revert WindowTooLong(window, maxWindow);
    }

    function _checkFunding(Purchase calldata purchase, address token, uint8 kind) internal pure {
        Funding funding = purchase.funding;
        if (funding == Funding.EIP3009 || funding == Funding.PERMIT2) revert FundingNotSupported(funding);
        if (funding == Funding.NONE) {
            if (purchase.amount != 0) revert AmountWithoutFunding(purchase.amount);
            return;
        }
        if (kind == PlanKind.FREE) revert FundingNotForPlan(funding, kind);
        if ((funding == Funding.NATIVE) != (token == address(0))) revert FundingNotForToken(funding, token);
    }

    function _isMarketListed(address market, address[] calldata markets) internal pure returns (bool) {
        if (market == address(0) || markets.length == 0) return true;
        for (uint256 i = 0; i < markets.length; i++) {
            if (markets[i] == market) return true;
        }
        return false;
    }

    function _saltOf(Purchase calldata purchase, uint96 unitPrice) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                purchase.buyerSalt,
                purchase.version,
                purchase.plan,
                unitPrice,
                purchase.listing.termsHash,
                purchase.encryptionKey,
                purchase.signer,
                purchase.notBefore,
                purchase.notAfter
            )
        );
    }

    function _termsOf(Purchase calldata purchase, bytes32 salt) internal pure returns (Terms memory) {
        ListingTerms calldata listing = purchase.listing;
        return Terms({
            payer: purchase.buyer,
            payee: listing.payee,
            operator: listing.operator,
            token: listing.token,
            signer: purchase.signer,
            listingId: purchase.listingId,
            relaysHash: keccak256(abi.encode(listing.relays)),
            relayBps: listing.relayBps,
            market: purchase.market,
            marketBps: purchase.market == address(0) ? 0 : listing.marketBps,
            challenge: listing.challenge,
            salt: salt
        });
    }

    // -------------------------------------------------------------------------------------------------------- money

    /// @dev Moves the money on to the channel and makes sure that enough is there afterwards, whoever put it there.
    function _pay(Purchase calldata purchase, uint96 entry, bytes32 salt) internal returns (bytes32 channelId) {
        Terms memory terms = _termsOf(purchase, salt);
        uint96 credited = 0;
        if (purchase.funding == Funding.NONE) {
            channelId = channels.channelIdOf(terms);
        } else if (purchase.funding == Funding.NATIVE) {
            (channelId, credited) =
                channels.fundFor{value: purchase.amount}(terms, purchase.amount, purchase.minCredited);
        } else {
            uint96 arrived = _pull(purchase);
            (channelId, credited) = channels.fundFor(terms, arrived, purchase.minCredited);
        }
        // What was credited just now is spendable: no claim can come between.
        if (credited < entry) _requireEntry(channelId, 0, entry);
    }

    /// @dev Takes the tokens from the caller and allows Channels exactly what arrived.
    function _pull(Purchase calldata purchase) internal returns (uint96 arrived) {
        IERC20 token = IERC20(purchase.listing.token);
        if (purchase.authorization.length != 0) _permit(address(token), purchase.authorization);

        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), purchase.amount);
        uint256 gained = token.balanceOf(address(this)) - before;
        arrived = gained < purchase.amount ? uint96(gained) : purchase.amount;
        token.forceApprove(address(channels), arrived);
    }

    function _permit(address token, bytes calldata authorization) internal {
        (uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) =
            abi.decode(authorization, (uint256, uint256, uint8, bytes32, bytes32));
        try IERC20Permit(token).permit(msg.sender, address(this), value, deadline, v, r, s) {}
        catch {
            // Somebody may have landed it first. The allowance decides: without one the transfer reverts and says why.
        }
    }

    function _requireEntry(bytes32 channelId, uint96 coming, uint96 entry) internal view {
        Channel memory channel = channels.channels(channelId);
        if (channel.closeAt != 0) revert ChannelIsClosing(channelId, channel.closeAt);
        uint256 spendable = uint256(channel.deposit) - channel.claimed + coming;
        if (spendable < entry) revert EntryNotCovered(channelId, spendable, entry);
    }

    // ------------------------------------------------------------------------------------------------------- records

    function _record(address buyer, Grant memory grant) internal returns (bytes32 grantId) {
        grantId = _grantIdOf(grant.listingId, buyer, grant.paymentId);
        uint256 place = _findPlace(grant.listingId, buyer, grantId);
        bytes32[MAX_GRANTS] storage places = _places[grant.listingId][buyer];
        bytes32 replaced = places[place];
        if (replaced != 0) {
            if (_grants[replaced].revokedAt == 0) _grants[replaced].revokedAt = uint40(block.timestamp);
            emit GrantReplaced(replaced, grantId);
        }
        places[place] = grantId;
        _grants[grantId] = grant;
    }

    /// @dev An empty place, else that of a grant whose end is final, else of one whose channel pays nothing now.
    function _findPlace(uint64 listingId, address buyer, bytes32 grantId) internal view returns (uint256) {
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
        for (uint256 i = 0; i < MAX_GRANTS && unpaid == NO_PLACE; i++) {
            if (_isUnpaid(_grants[places[i]])) unpaid = i;
        }
        if (unpaid == NO_PLACE) revert TooManyGrants(listingId, buyer, MAX_GRANTS);
        return unpaid;
    }

    function _isEnded(Grant storage held) internal view returns (bool) {
        return held.revokedAt != 0 || (block.timestamp >= held.notAfter && held.notAfter != FOR_EVER);
    }

    /// @dev Whether a metered grant's channel is spent or closing. A top-up or a cancelled close undoes it.
    function _isUnpaid(Grant storage held) internal view returns (bool) {
        if (held.kind != PlanKind.MESSAGE && held.kind != PlanKind.BYTE) return false;
        Channel memory channel = channels.channels(held.paymentId);
        return channel.closeAt != 0 || channel.deposit <= channel.claimed;
    }

    function _requireSeller(uint64 listingId) internal view {
        uint64 hubId = listings.listing(listingId).hubId;
        if (!hubs.hasRole(hubId, msg.sender, SELLER)) revert RoleMissing(hubId, msg.sender, SELLER);
    }

    function _grantIdOf(uint64 listingId, address buyer, bytes32 paymentId) internal pure returns (bytes32) {
        return keccak256(abi.encode(listingId, buyer, paymentId));
    }

    function _laterOf(uint40 a, uint40 b) internal pure returns (uint40) {
        return a > b ? a : b;
    }
}
