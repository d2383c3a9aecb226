// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IChannels} from "./IChannels.sol";
import {IHubs} from "./IHubs.sol";
import {IListings} from "./IListings.sol";
import {Funding, Grant, Purchase} from "../types/GrantTypes.sol";

/// @title IGrants
/// @notice Purchase and access. One call pays for a plan of a listing and records who may read, with which key, until when.
///
/// `grantId = keccak256(abi.encode(listingId, buyer, paymentId))`. What the payment id is depends on the plan:
/// - message and byte: the id of the channel in Channels whose terms are derived from listing and purchase:
///   `Terms {payer: buyer, payee, operator, token, signer, listingId, relaysHash: keccak256(abi.encode(relays)), relayBps, market,
///   marketBps: 0 without a market, challenge, salt}`
/// - free: the salt
/// - given by the seller: `keccak256(abi.encode(nonce))`
///
/// `salt = keccak256(abi.encode(buyerSalt, version, plan, price, termsHash, encryptionKey, signer, notBefore, notAfter))` with `price` of
/// the plan and `termsHash` of the listing's agreement (the field in its terms), so a channel id commits to the whole purchase.
///
/// A buyer has at most four grants of a listing at a time. A fifth takes the place of one that is over: its window has
/// passed, it was revoked, or (only if there is none such) its channel is spent or closing. That one ends for ever.
///
/// No money stays here: what a purchase brings goes on to Channels in the same call, and tokens move only from the caller.
/// Nobody owns this contract; it cannot be paused or upgraded. Amounts in the smallest unit of the listing's token,
/// times in unix seconds.
///
/// Reverts of Listings ({IListings-checkSale}), Channels ({IChannels-fundFor}) and of the token come through unchanged.
interface IGrants {
    // ------------------------------------------------------------------------------------------------------- errors

    /// @notice Nobody but the buyer himself can buy this way.
    error NotBuyer(address caller, address buyer);

    /// @notice The buyer is zero.
    error AccountMissing();

    /// @notice A session key must be named.
    error SignerMissing();

    /// @notice An X25519 key must be named, or nothing could be sealed to the buyer.
    error EncryptionKeyMissing();

    /// @notice The listing has no plan of this number.
    error PlanUnknown(uint8 plan, uint256 count);

    /// @notice Plans of this kind cannot be bought in this deployment.
    error PlanKindNotSupported(uint8 kind);

    /// @notice The payee is no longer the hub's payout address; the listing must be revised.
    error PayeeNotPayout(address payee, address payout);

    /// @notice The operator no longer holds PUBLISHER in the hub.
    error OperatorNotPublisher(uint64 hubId, address operator);

    /// @notice The listing is sold no longer.
    error SaleEnded(uint40 saleUntil);

    /// @notice The listing does not sell through this market.
    error MarketNotListed(address market);

    /// @notice The window ends before it begins, or before now.
    error WindowEmpty(uint40 notBefore, uint40 notAfter);

    /// @notice The plan allows shorter windows only.
    error WindowTooLong(uint40 window, uint40 maximum);

    /// @notice Money cannot come this way in this deployment.
    error FundingNotSupported(Funding funding);

    /// @notice NATIVE is for token 0, PULL for all others.
    error FundingNotForToken(Funding funding, address token);

    /// @notice A free plan takes no money, so its funding is NONE.
    error FundingNotForPlan(Funding funding, uint8 kind);

    /// @notice The native coin sent along is not what this purchase takes.
    error WrongValue(uint256 value, uint256 expected);

    /// @notice An amount is stated though nothing is to be paid.
    error AmountWithoutFunding(uint96 amount);

    /// @notice What the channel could spend afterwards is less than the plan's entry.
    error EntryNotCovered(bytes32 channelId, uint256 spendable, uint96 entry);

    /// @notice The channel that should pay is closing.
    error ChannelIsClosing(bytes32 channelId, uint40 closeAt);

    /// @notice Sale by approval is not possible in this deployment.
    error RestrictedNotSupported();

    /// @notice Attestations are not looked at in this deployment.
    error AttestationNotSupported();

    /// @notice A gift grants nothing, or a right that has no meaning.
    error RightsInvalid(uint8 rights);

    /// @notice The same purchase or gift was made before.
    error GrantExists(bytes32 grantId);

    /// @notice There is no such grant.
    error GrantUnknown(bytes32 grantId);

    /// @notice The grant was revoked or replaced before.
    error GrantIsRevoked(bytes32 grantId);

    /// @notice The buyer has four grants of the listing and none of them is over.
    error TooManyGrants(uint64 listingId, address buyer, uint256 maximum);

    /// @notice The seller revoked a grant of this buyer and has not unblocked him.
    error BuyerIsBlocked(uint64 listingId, address buyer);

    /// @notice The buyer is not blocked.
    error BuyerNotBlocked(uint64 listingId, address buyer);

    /// @notice The caller is neither MANAGER nor owner of the listing's hub.
    error RoleMissing(uint64 hubId, address account, uint8 roles);

    // ------------------------------------------------------------------------------------------------------- events

    /// @notice A plan was bought. With the listing version's terms this is all that makes up the channel's terms.
    /// @param notBefore As offered (part of the salt). Access begins at this or at the block's time, whichever is later.
    /// @param amount What the caller put in with this call, 0 if the money was there already.
    event Purchased(
        bytes32 indexed grantId,
        uint64 indexed listingId,
        address indexed buyer,
        bytes32 paymentId,
        uint32 version,
        uint8 plan,
        uint8 rights,
        address signer,
        bytes32 encryptionKey,
        bytes32 buyerSalt,
        uint40 notBefore,
        uint40 notAfter,
        address market,
        uint96 amount
    );

    /// @notice The seller gave access. The buyer's own account is the signer of its sessions.
    /// @param version The newest version of the listing at the time.
    event GrantGiven(
        bytes32 indexed grantId,
        uint64 indexed listingId,
        address indexed buyer,
        bytes32 paymentId,
        uint32 version,
        uint8 rights,
        bytes32 encryptionKey,
        uint40 notBefore,
        uint40 notAfter
    );

    /// @notice The seller ended a grant and blocked its buyer.
    event GrantRevoked(bytes32 indexed grantId, uint64 indexed listingId, uint40 revokedAt);

    /// @notice A grant that was over gave its place to a fifth one and ended for ever.
    event GrantReplaced(bytes32 indexed grantId, bytes32 indexed replacedBy);

    /// @notice The buyer may buy the listing again. Revoked grants stay revoked.
    event Unblocked(uint64 indexed listingId, address indexed buyer);

    // --------------------------------------------------------------------------------------------------------- buying

    /// @notice Pays for a plan and records the grant.
    /// @dev Emits {Purchased}, {GrantReplaced} if a grant that is over makes room, and with money {IChannels-ChannelFunded}.
    ///
    /// Requirements:
    /// - the listing's newest version is bought, with exactly its terms; it is neither paused nor closed; `saleUntil` is not past
    /// - the payee is the hub's payout address and the operator holds PUBLISHER now
    /// - `signer` and `encryptionKey` are set; `market` is 0 or listed, or any if the listing names no markets
    /// - the window is not empty, ends in the future, and `notAfter - max(notBefore, now) <= maxWindow`
    /// - the buyer is not blocked, has not made the same purchase before, and has room for a grant
    /// - NATIVE, PULL, NONE: the caller is the buyer
    /// - NATIVE: the token is 0 and `msg.value == amount`; otherwise `msg.value == 0`
    /// - PULL: the token is not 0, the caller allows Grants `amount`, or attaches an EIP-2612 permit for Grants:
    ///   `authorization = abi.encode(uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)`. A permit that somebody landed
    ///   first is no error. At least `minCredited` arrives
    /// - NONE: `amount` is 0: a free plan, or a channel that was funded before and is not closing
    /// - message and byte plans: afterwards the channel can spend at least the plan's `entry`
    /// - `attestation` is 0 and `approval.signature` empty
    /// @return grantId The grant's id.
    function buy(Purchase calldata purchase) external payable returns (bytes32 grantId);

    /// @notice What {buy} would do now: reverts with the same errors, or names the ids.
    /// @dev Who calls, the value sent along, allowances and balances are not looked at; `amount` is taken as credited in full.
    /// @return paymentId The channel id, or the salt of a free plan.
    /// @return grantId The grant's id.
    function check(Purchase calldata purchase) external view returns (bytes32 paymentId, bytes32 grantId);

    // -------------------------------------------------------------------------------------------------- seller's acts

    /// @notice Gives access without payment. Works for paused and closed listings too.
    /// @dev Emits {GrantGiven}, {GrantReplaced} if a grant that is over makes room.
    ///
    /// Requirements: the caller is MANAGER or owner of the listing's hub; buyer and `encryptionKey` are set; `rights` has at least one right and
    /// none unknown; the window is not empty and ends in the future; the buyer is not blocked and has room; the nonce is
    /// new for listing and buyer.
    /// @param nonce The seller's choice; `paymentId = keccak256(abi.encode(nonce))`.
    /// @param encryptionKey The buyer's X25519 key.
    /// @return grantId The grant's id.
    function giveGrant(
        uint64 listingId,
        address buyer,
        uint8 rights,
        uint40 notBefore,
        uint40 notAfter,
        bytes32 nonce,
        bytes32 encryptionKey
    ) external returns (bytes32 grantId);

    /// @notice Ends a grant at once and blocks its buyer until {unblock}.
    /// @dev Emits {GrantRevoked}. Requirements: the caller is MANAGER or owner of the listing's hub; the grant exists and is neither revoked
    /// nor replaced. A channel is not touched: its payer leaves by {IChannels-requestClose}, its payee by {IChannels-close}.
    function revokeGrant(bytes32 grantId) external;

    /// @notice Lets a buyer buy again.
    /// @dev Emits {Unblocked}. Requirements: the caller is MANAGER or owner of the listing's hub; the buyer is blocked.
    function unblock(uint64 listingId, address buyer) external;

    // ---------------------------------------------------------------------------------------------------------- views

    /// @notice Whether the grant gives all of `rights` now: `notBefore <= now < notAfter`, not revoked, and for message and byte plans
    /// the channel can spend something and is not closing. False for unknown grants.
    /// @dev It gates new segments and keys only; what was bought stays fetchable.
    function isActive(bytes32 grantId, uint8 rights) external view returns (bool);

    /// @notice Whether one of the buyer's grants of the listing gives all of `rights` now.
    function isActive(uint64 listingId, address buyer, uint8 rights) external view returns (bool);

    /// @notice The payment behind a grant; 0 for unknown grants. Only payments recorded here are evidence: anybody can
    /// open a channel that names a listing.
    function paymentOf(bytes32 grantId) external view returns (bytes32);

    /// @notice A grant; all zero for unknown ones.
    function grants(bytes32 grantId) external view returns (Grant memory);

    /// @notice The buyer's grants of a listing that hold a place now, at most four, in no order.
    function grantsOf(uint64 listingId, address buyer) external view returns (bytes32[] memory);

    /// @notice Whether the buyer is kept from buying the listing.
    function isBlocked(uint64 listingId, address buyer) external view returns (bool);

    /// @notice The registry of hubs.
    function hubs() external view returns (IHubs);

    /// @notice The listings that are sold here.
    function listings() external view returns (IListings);

    /// @notice The metered escrow.
    function channels() external view returns (IChannels);
}
