// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IChannels} from "./interfaces/IChannels.sol";
import {IGrants} from "./interfaces/IGrants.sol";
import {IHubs} from "./interfaces/IHubs.sol";
import {IListings} from "./interfaces/IListings.sol";
import {IRatings} from "./interfaces/IRatings.sol";
import {ISubscriptions} from "./interfaces/ISubscriptions.sol";
import {Cuts} from "./libraries/Cuts.sol";
import {Terms} from "./types/ChannelTypes.sol";
import {Roles} from "./types/HubTypes.sol";
import {SubscriptionTerms} from "./types/SubscriptionTypes.sol";

/// @title Ratings
contract Ratings is IRatings {
    uint256 internal constant MAX_TEXT = 1024; // a long paragraph; a page may show it whole
    uint256 internal constant CHANNEL_TERMS = 12 * 32; // abi.encode(Terms): static, so the length tells the two apart
    uint256 internal constant SUBSCRIPTION_TERMS = 16 * 32;
    uint8 internal constant SELLER = Roles.MANAGER | Roles.OWNER;

    /// @dev What a payment's terms and its slot say.
    struct Settlement {
        bytes32 paymentId;
        uint64 listingId;
        address token;
        uint256 claimed;
        uint256 cuts;
    }

    /// @inheritdoc IRatings
    IHubs public immutable hubs;

    /// @inheritdoc IRatings
    IListings public immutable listings;

    /// @inheritdoc IRatings
    IGrants public immutable grants;

    /// @inheritdoc IRatings
    IChannels public immutable channels;

    /// @inheritdoc IRatings
    ISubscriptions public immutable subscriptions;

    /// @inheritdoc IRatings
    mapping(uint64 listingId => mapping(address buyer => uint32)) public revisionsOf;

    /// @inheritdoc IRatings
    mapping(uint64 listingId => mapping(address buyer => mapping(uint32 revision => bool))) public hasResponse;

    constructor(IGrants grants_, ISubscriptions subscriptions_) {
        grants = grants_;
        hubs = grants_.hubs();
        listings = grants_.listings();
        channels = grants_.channels();
        subscriptions = subscriptions_;
    }

    /// @inheritdoc IRatings
    function rate(bytes32 grantId, bytes calldata terms, uint8[4] calldata scores, string calldata comment)
        external
        returns (uint32 revision)
    {
        Settlement memory settled = _settlementOf(terms);
        bytes32 recorded = grants.paymentOf(grantId);
        if (settled.paymentId != recorded) revert PaymentMismatch(grantId, settled.paymentId, recorded);
        bytes32 ownGrantId = keccak256(abi.encode(settled.listingId, msg.sender, recorded));
        if (grantId != ownGrantId) revert NotBuyer(grantId, msg.sender);
        if (settled.claimed == 0) revert NothingSettled(recorded);
        uint64 hubId = listings.hubOf(settled.listingId);
        if (hubs.rolesOf(hubId, msg.sender) != 0) revert OwnListing(settled.listingId, msg.sender);
        _requireScores(scores);
        _requireShort(comment);

        revision = ++revisionsOf[settled.listingId][msg.sender];
        emit Rated(
            settled.listingId,
            msg.sender,
            grantId,
            revision,
            settled.token,
            settled.claimed,
            settled.cuts,
            scores,
            comment
        );
    }

    /// @inheritdoc IRatings
    function respond(uint64 listingId, address buyer, uint32 revision, string calldata text) external {
        uint64 hubId = listings.hubOf(listingId);
        if (!hubs.hasRole(hubId, msg.sender, SELLER)) revert RoleMissing(hubId, msg.sender, SELLER);
        uint32 revisions = revisionsOf[listingId][buyer];
        if (revision == 0 || revision > revisions) revert RevisionUnknown(listingId, buyer, revision, revisions);
        if (hasResponse[listingId][buyer][revision]) revert ResponseExists(listingId, buyer, revision);
        _requireShort(text);

        hasResponse[listingId][buyer][revision] = true;
        emit Responded(listingId, buyer, revision, msg.sender, text);
    }

    // ---------------------------------------------------------------------------------------------------------- inside

    function _settlementOf(bytes calldata encoded) internal view returns (Settlement memory settled) {
        if (encoded.length == CHANNEL_TERMS) {
            Terms memory terms = abi.decode(encoded, (Terms));
            settled.paymentId = channels.channelIdOf(terms);
            settled.listingId = terms.listingId;
            settled.token = terms.token;
            settled.claimed = channels.channels(settled.paymentId).claimed;
            settled.cuts = _cuts(settled.claimed, terms.relaysHash, terms.relayBps, terms.market, terms.marketBps);
        } else if (encoded.length == SUBSCRIPTION_TERMS) {
            SubscriptionTerms memory terms = abi.decode(encoded, (SubscriptionTerms));
            settled.paymentId = subscriptions.subscriptionIdOf(terms);
            settled.listingId = terms.listingId;
            settled.token = terms.token;
            settled.claimed = subscriptions.subscriptions(settled.paymentId).claimed;
            settled.cuts = _cuts(settled.claimed, terms.relaysHash, terms.relayBps, terms.market, terms.marketBps);
        } else {
            revert TermsInvalid(encoded.length);
        }
    }

    function _cuts(uint256 claimed, bytes32 relaysHash, uint16 relayBps, address market, uint16 marketBps)
        internal
        pure
        returns (uint256)
    {
        bool hasRelays = relaysHash != keccak256(abi.encode(new address[](0)));
        (uint256 relays, uint256 atMarket) =
            Cuts.due(claimed, hasRelays ? relayBps : 0, market == address(0) ? 0 : marketBps);
        return relays + atMarket;
    }

    function _requireScores(uint8[4] calldata scores) internal pure {
        for (uint256 i; i < scores.length; ++i) {
            if (scores[i] == 0 || scores[i] > 5) revert ScoreOutOfBounds(i, scores[i]);
        }
    }

    function _requireShort(string calldata text) internal pure {
        uint256 length = bytes(text).length;
        if (length > MAX_TEXT) revert TextTooLong(length, MAX_TEXT);
    }
}
