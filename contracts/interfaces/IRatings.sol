// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IChannels} from "./IChannels.sol";
import {IGrants} from "./IGrants.sol";
import {IHubs} from "./IHubs.sol";
import {IListings} from "./IListings.sol";
import {ISubscriptions} from "./ISubscriptions.sol";

/// @title IRatings
/// @notice What paying buyers say about a listing: four scores and a comment, with the amount that was settled for it.
///
/// A rating is made through a grant whose payment Grants recorded; anybody can make a channel that names a listing, and such
/// a channel counts for nothing here. Free and given grants have no payment, so they cannot rate, and neither can accounts
/// with a role in the listing's hub.
///
/// A buyer has one rating per listing. Rating again appends a revision, through the same or another grant; nothing is ever
/// changed or deleted. A response belongs to the one revision it answers, so it never stands under another text.
///
/// **A rating shows a cost, it is no proof of honesty.** A seller can buy from himself with another account. What that costs
/// him for certain are the cuts and the gas: so the event carries `cuts`, and whoever weighs ratings should weigh by it, in
/// known tokens, with a limit per rater. `cuts` is what relays and market had of the settled amount at most: it counts in
/// full if the terms name relays, though a voucher without a listed relay pays no cut; and a relay or a market can be the
/// seller himself.
///
/// Texts travel in calldata and events; the contract keeps counts only. It holds no money, has no owner and cannot be
/// paused or upgraded. Amounts in the smallest unit of the token.
interface IRatings {
    // ------------------------------------------------------------------------------------------------------- errors

    /// @notice The terms are neither abi.encode(Terms), 384 bytes, nor abi.encode(SubscriptionTerms), 512 bytes.
    error TermsInvalid(uint256 length);

    /// @notice The grant is unknown, free or given, or its payment is not that of these terms.
    error PaymentMismatch(bytes32 grantId, bytes32 paymentId, bytes32 expected);

    /// @notice The caller is not the grant's buyer.
    error NotBuyer(bytes32 grantId, address caller);

    /// @notice The seller has claimed nothing yet.
    error NothingSettled(bytes32 paymentId);

    /// @notice The caller has a role in the listing's hub.
    error OwnListing(uint64 listingId, address account);

    /// @notice A score is 1 to 5.
    error ScoreOutOfBounds(uint256 question, uint8 score);

    /// @notice A comment or a response has at most 1,024 bytes.
    error TextTooLong(uint256 length, uint256 maximum);

    /// @notice The caller is neither MANAGER nor owner of the hub.
    error RoleMissing(uint64 hubId, address account, uint8 roles);

    /// @notice The buyer's rating has no revision of this number.
    error RevisionUnknown(uint64 listingId, address buyer, uint32 revision, uint32 revisions);

    /// @notice This revision has its response.
    error ResponseExists(uint64 listingId, address buyer, uint32 revision);

    // ------------------------------------------------------------------------------------------------------- events

    /// @notice A buyer rated a listing.
    /// @param revision Counts from 1 per listing and buyer; the highest is the one that counts.
    /// @param token Of `settled` and `cuts`; 0 = the native coin.
    /// @param settled All that the payment had paid out by now, cuts included.
    /// @param cuts What relays and market had of it by the terms, divided as in {IChannels-claim}.
    /// @param scores As described, in time, communication, no other issues; 1 to 5 each.
    event Rated(
        uint64 indexed listingId,
        address indexed buyer,
        bytes32 indexed grantId,
        uint32 revision,
        address token,
        uint256 settled,
        uint256 cuts,
        uint8[4] scores,
        string comment
    );

    /// @notice The hub answered one revision of a rating.
    event Responded(
        uint64 indexed listingId, address indexed buyer, uint32 indexed revision, address by, string text
    );

    // ------------------------------------------------------------------------------------------------------- functions

    /// @notice Rates the listing of a grant that the caller has paid for.
    /// @dev Emits {Rated}. Works after the grant has ended, and for closed listings.
    ///
    /// Requirements:
    /// - {IGrants-paymentOf} the grant is the id of these terms
    /// - the caller is the grant's buyer: `grantId == keccak256(abi.encode(listingId, caller, paymentId))`
    /// - something was claimed from the payment
    /// - the caller has no role in the listing's hub
    /// - each score is 1 to 5; `comment` has at most 1,024 bytes
    /// @param terms `abi.encode(Terms)` for message and byte plans, `abi.encode(SubscriptionTerms)` for period and flat plans.
    /// @param scores As described, in time, communication, no other issues.
    /// @return revision 1 for the first.
    function rate(bytes32 grantId, bytes calldata terms, uint8[4] calldata scores, string calldata comment)
        external
        returns (uint32 revision);

    /// @notice Answers one revision of a buyer's rating, once.
    /// @dev Emits {Responded}. Requirements: the caller is MANAGER or owner of the listing's hub; the revision exists and
    /// has no response; `text` has at most 1,024 bytes.
    function respond(uint64 listingId, address buyer, uint32 revision, string calldata text) external;

    // ---------------------------------------------------------------------------------------------------------- views

    /// @notice How often the buyer has rated the listing; 0 = never.
    function revisionsOf(uint64 listingId, address buyer) external view returns (uint32);

    /// @notice Whether this revision has a response.
    function hasResponse(uint64 listingId, address buyer, uint32 revision) external view returns (bool);

    /// @notice The registry of hubs.
    function hubs() external view returns (IHubs);

    /// @notice The listings that are rated.
    function listings() external view returns (IListings);

    /// @notice The record of payments that is believed.
    function grants() external view returns (IGrants);

    /// @notice The metered escrow.
    function channels() external view returns (IChannels);

    /// @notice The time escrow.
    function subscriptions() external view returns (ISubscriptions);
}
