// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IChannels} from "./IChannels.sol";
import {IHubs} from "./IHubs.sol";
import {IConsents} from "./IConsents.sol";
import {IEAS} from "./IEAS.sol";
import {IListings} from "./IListings.sol";
import {ISubscriptions} from "./ISubscriptions.sol";
import {Approval, Funding, Grant, Purchase} from "../types/GrantTypes.sol";
import {SubscriptionTerms} from "../types/SubscriptionTypes.sol";

/// @title IGrants
/// @notice Purchase and access. One call pays for a plan of a listing and records who may read, with which key, until when.
///
/// `grantId = keccak256(abi.encode(listingId, buyer, paymentId))`. What the payment id is depends on the plan:
/// - message and byte: the id of the channel in Channels whose terms are derived from listing and purchase:
///   `Terms {payer: buyer, payee, operator, token, signer, listingId, relaysHash: keccak256(abi.encode(relays)), relayBps, market,
///   marketBps: 0 without a market, challenge, salt}`
/// - period and flat: the id of the subscription in Subscriptions whose terms are derived in the same way: `SubscriptionTerms {payer: buyer,
///   payee, operator, token, signer, stopper: this contract, listingId, price, period, upfront, relaysHash, relayBps, market, marketBps,
///   notice, salt}`; a flat plan has price 0, period 0 and its whole price as `upfront`
/// - free: the salt
/// - given by the seller: `keccak256(abi.encode(nonce))`
///
/// `salt = keccak256(abi.encode(buyerSalt, version, plan, unitPrice, termsHash, encryptionKey, signer, notBefore, notAfter))` with `termsHash` of the
/// listing's agreement (the field in its terms), so a payment's id commits to the whole purchase and one signature or one transaction
/// binds all of it. `unitPrice` is the plan's `price`; of a flat plan its `upfront`; and of period and flat plans the promotion's price while
/// it lasts. A metered promotion binds segments by their time, so it is no part of the purchase.
///
/// A buyer has at most four grants of a listing at a time. A fifth takes the place of one that is over: its window has passed, or it was
/// revoked. If there is none such, a purchase (never a gift) takes that of one whose channel is spent or closing, or whose subscription does
/// not run. That one ends for ever.
///
/// No money stays here: what a purchase brings goes on to an escrow in the same call. Tokens move only from the caller, or under
/// the buyer's signature over payment id and amount.
/// Nobody owns this contract; it cannot be paused or upgraded. Amounts in the smallest unit of the listing's token,
/// times in unix seconds.
///
/// Restricted listings are sold by approval: the buyer posts {requestGrant}, a manager signs an Approval (EIP-712, domain `Weir Grants`, `1`)
/// and hands it over, by {approveRequest} or otherwise, and the buyer's purchase carries it. No money is held meanwhile.
///
/// Reverts of Listings ({IListings-checkSale}), the escrows ({IChannels-fundFor}, {ISubscriptions-fundFor}) and
/// of the token come through unchanged.
interface IGrants {
    // ------------------------------------------------------------------------------------------------------- errors

    /// @notice Without a signed funding nobody but the buyer himself can buy.
    error NotBuyer(address caller, address buyer);

    /// @notice The buyer is zero.
    error AccountMissing();

    /// @notice A session key must be named.
    error SignerMissing();

    /// @notice An X25519 key must be named, or nothing could be sealed to the buyer.
    error EncryptionKeyMissing();

    /// @notice The listing has no plan of this number.
    error PlanUnknown(uint8 plan, uint256 count);

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

    /// @notice A period is paid from the purchase on, so its window cannot begin later.
    error WindowNotOpen(uint40 notBefore);

    /// @notice The plan allows shorter windows only.
    error WindowTooLong(uint40 window, uint40 maximum);

    /// @notice NATIVE is for token 0, everything else for tokens.
    error FundingNotForToken(Funding funding, address token);

    /// @notice A free plan takes no money, so its funding is NONE.
    error FundingNotForPlan(Funding funding, uint8 kind);

    /// @notice The native coin sent along is not what this purchase takes.
    error WrongValue(uint256 value, uint256 expected);

    /// @notice An amount is stated though nothing is to be paid.
    error AmountWithoutFunding(uint96 amount);

    /// @notice `authorization` is not what this funding takes, by its length or by what stands where the signature should be.
    error AuthorizationMalformed(Funding funding, uint256 length);

    /// @notice What the channel could spend afterwards is less than the plan's entry.
    error EntryNotCovered(bytes32 channelId, uint256 spendable, uint96 entry);

    /// @notice The subscription holds less than what is due at once.
    error UpfrontNotCovered(bytes32 subscriptionId, uint256 deposit, uint96 upfront);

    /// @notice The subscription buys no time from now on.
    error NothingPaidAhead(bytes32 subscriptionId, uint256 stop);

    /// @notice More time would be paid for than the window gives.
    error PaidBeyondWindow(uint256 stop, uint40 notAfter);

    /// @notice The channel that should pay is closing.
    error ChannelIsClosing(bytes32 channelId, uint40 closeAt);

    /// @notice The listing is sold by approval only, and the purchase carries none.
    error ApprovalMissing(uint64 listingId);

    /// @notice The approval was not signed by the manager it names, or for something else.
    error ApprovalInvalid(address manager);

    /// @notice The deadline of the approval lies in the past.
    error DeadlinePassed(uint40 deadline);

    /// @notice A data subject's consent is missing, withdrawn or out of its window.
    error ConsentMissing(uint64 listingId);

    /// @notice The listing is sold only to holders of an attestation with this schema by this attester.
    error AttestationMissing(bytes32 schema, address attester);

    /// @notice There is no attestation service in this deployment.
    error AttestationsNotAvailable();

    /// @notice There is no attestation of this uid.
    error AttestationUnknown(bytes32 uid);

    /// @notice The attestation says something else.
    error AttestationSchemaMismatch(bytes32 schema, bytes32 expected);

    /// @notice Somebody else made the attestation.
    error AttesterMismatch(address attester, address expected);

    /// @notice The attestation is about somebody else.
    error AttestationNotForBuyer(address recipient, address buyer);

    /// @notice The attestation was revoked.
    error AttestationRevoked(bytes32 uid, uint64 revocationTime);

    /// @notice The attestation has expired.
    error AttestationExpired(bytes32 uid, uint64 expirationTime);

    /// @notice More purchases at once than a cart holds.
    error CartTooLarge(uint256 count, uint256 maximum);

    /// @notice A note or reason is too long, in bytes.
    error TextTooLong(uint256 length, uint256 maximum);

    /// @notice The grant runs on a subscription: its terms are needed to refund it.
    error SubscriptionTermsMissing(bytes32 grantId);

    /// @notice The grant does not run on a subscription.
    error NoSubscription(bytes32 grantId);

    /// @notice The passed terms are not those of the grant's payment.
    error PaymentMismatch(bytes32 paymentId, bytes32 expected);

    /// @notice The grant does not depend on a consent, or the consent is alive.
    error GrantNotSuspended(bytes32 grantId);

    /// @notice The grant belongs to somebody else.
    error NotGrantee(address caller, bytes32 grantId);

    /// @notice A gift grants nothing, or a right that has no meaning.
    error RightsInvalid(uint8 rights);

    /// @notice The same purchase or gift was made before.
    error GrantExists(bytes32 grantId);

    /// @notice There is no such grant.
    error GrantUnknown(bytes32 grantId);

    /// @notice The grant was revoked or replaced before.
    error GrantIsRevoked(bytes32 grantId);

    /// @notice The buyer has four grants of the listing and none of them gives up its place; to a gift, none whose payment could go on.
    error TooManyGrants(uint64 listingId, address buyer, uint256 maximum);

    /// @notice The listing is closed for ever.
    error ListingIsClosed(uint64 listingId);

    /// @notice Another version is for sale.
    error VersionNotForSale(uint64 listingId, uint32 version, uint32 newest);

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

    /// @notice A subscription was stopped with its refund because the listing's consent had ended. The buyer is not blocked.
    event GrantSuspended(bytes32 indexed grantId, uint64 indexed listingId);

    /// @notice One purchase of a cart failed; its money was not touched.
    /// @param index Its place in the cart.
    /// @param reason The revert's data, at most 256 bytes of it; empty if it ran out of gas.
    event PurchaseSkipped(uint64 indexed listingId, address indexed buyer, uint256 index, bytes reason);

    /// @notice A buyer asks to be let in.
    /// @param note Sealed to the hub's X25519 key; at most 4,096 bytes.
    event GrantRequested(uint64 indexed listingId, address indexed buyer, uint32 version, bytes note);

    /// @notice A manager's approval, for the buyer to pick up.
    event RequestApproved(
        uint64 indexed listingId,
        address indexed buyer,
        uint32 version,
        bytes32 termsHash,
        address manager,
        uint40 deadline,
        bytes signature
    );

    /// @notice A manager said no.
    event RequestDeclined(uint64 indexed listingId, address indexed buyer, address manager, string reason);

    /// @notice From here on, keys are sealed to `encryptionKey` and sessions signed by `signer`. The voucher signer of a channel stays.
    event KeysRotated(bytes32 indexed grantId, uint64 indexed listingId, bytes32 encryptionKey, address signer);

    /// @notice A grant that was over gave its place to a fifth one and ended for ever.
    event GrantReplaced(bytes32 indexed grantId, bytes32 indexed replacedBy);

    /// @notice The buyer may buy the listing again. Revoked grants stay revoked.
    event Unblocked(uint64 indexed listingId, address indexed buyer);

    // --------------------------------------------------------------------------------------------------------- buying

    /// @notice Pays for a plan and records the grant.
    /// @dev Emits {Purchased}, {GrantReplaced} if a grant that is over makes room, and with money {IChannels-ChannelFunded} or
    /// {ISubscriptions-SubscriptionFunded}.
    ///
    /// Requirements:
    /// - the listing's newest version is bought, with exactly its terms; it is neither paused nor closed; `saleUntil` is not past
    /// - the payee is the hub's payout address and the operator holds PUBLISHER now
    /// - `signer` and `encryptionKey` are set; `market` is 0 or listed, or any if the listing names no markets
    /// - the window is not empty, ends in the future, and `notAfter - max(notBefore, now) <= maxWindow`
    /// - the buyer is not blocked, has not made the same purchase before, and has room for a grant
    /// - NATIVE, PULL, NONE: the caller is the buyer
    /// - NATIVE: the token is 0 and `msg.value == amount`; otherwise `msg.value == 0` and, with money, the token is not 0
    /// - PULL: the caller allows Grants `amount`, or attaches an EIP-2612 permit for Grants:
    ///   `authorization = abi.encode(uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)`. A permit that somebody landed
    ///   first is no error. At least `minCredited` arrives
    /// - EIP3009: `authorization = abi.encode(uint256 validAfter, uint256 validBefore, bytes32 fundSalt, bytes signature)`, and PERMIT2:
    ///   `authorization = abi.encode(bytes32 fundSalt, uint256 deadline, bytes signature)`, for {IChannels-fundWith3009}, {IChannels-fundWithPermit2} or
    ///   those of {ISubscriptions} with `stop` 0. The caller may be anyone. An authorisation that somebody landed first is no error
    /// - NONE: `amount` is 0: a free plan, or an escrow that was funded before
    /// - message and byte plans: afterwards the channel is not closing and can spend at least the plan's `entry`
    /// - period and flat plans: afterwards the subscription holds at least its `upfront` and runs; a period's paid time ends within the
    ///   window, which has begun
    /// - restricted listings: `approval` is signed by a manager for this listing, version, buyer and agreement, and has not lapsed
    /// - listings with personal data, or for whose data anybody was ever asked: the consents are alive
    /// - listings that demand an attestation: `attestation` is one of that schema, by that attester, for the buyer, neither revoked nor expired
    /// @return grantId The grant's id.
    function buy(Purchase calldata purchase) external payable returns (bytes32 grantId);

    /// @notice Several purchases of the caller, each with its own outcome: one that fails leaves {PurchaseSkipped} and its money.
    /// @dev Native purchases are paid from `msg.value` in order; what is left goes back to the caller at the end. Each has 1.5 million
    /// gas at most. Requirements: at most 16; the caller is the buyer of each; enough gas for each.
    /// @return bought How many were recorded.
    function buyMany(Purchase[] calldata purchases) external payable returns (uint256 bought);

    /// @notice One purchase of a cart. Only this contract itself may call it.
    function buyOne(Purchase calldata purchase) external payable returns (bytes32 grantId);

    /// @notice What {buy} would do now: reverts with the same errors, or names the ids.
    /// @dev Who calls, the value sent along, allowances and balances are not looked at; `amount` is taken as credited in full.
    /// @return paymentId The channel or subscription id, or the salt of a free plan.
    /// @return grantId The grant's id.
    function check(Purchase calldata purchase) external view returns (bytes32 paymentId, bytes32 grantId);

    // ---------------------------------------------------------------------------------------------- sale by approval

    /// @notice Asks the seller of a restricted listing for an approval.
    /// @dev Emits {GrantRequested}. Nothing is stored and nothing is held. Requirements: the listing is not closed; `version` is its newest;
    /// the caller is not blocked; the note has at most 4,096 bytes.
    /// @param note Sealed to the hub's X25519 key.
    function requestGrant(uint64 listingId, uint32 version, bytes calldata note) external;

    /// @notice Publishes a signed approval where the buyer finds it. Anyone may send it.
    /// @dev Emits {RequestApproved}. Requirements: `approval.manager` is MANAGER or owner of the listing's hub and signed for exactly
    /// this; the deadline has not passed. An approval may also be handed over in private.
    /// @param termsHash The hash of the agreement's text, as in the listing's terms.
    function approveRequest(
        uint64 listingId,
        uint32 version,
        address buyer,
        bytes32 termsHash,
        Approval calldata approval
    ) external;

    /// @notice Says no, with a reason of at most 512 bytes that everybody can read.
    /// @dev Emits {RequestDeclined}. Requirements: the caller is MANAGER or owner of the listing's hub.
    function declineRequest(uint64 listingId, address buyer, string calldata reason) external;

    // -------------------------------------------------------------------------------------------------- seller's acts

    /// @notice Gives access without payment. Works for paused and closed listings too.
    /// @dev Emits {GrantGiven}, {GrantReplaced} if a grant whose window has passed or that was revoked makes room. From the first round of
    /// consent of its listing on, opened before or after it was given, a gift gives access only while the consents are alive.
    ///
    /// Requirements: the caller is MANAGER or owner of the listing's hub; buyer and `encryptionKey` are set; `rights` has at least one right and
    /// none unknown; the window is not empty and ends in the future; the buyer is not blocked and has an empty place or one whose grant is over
    /// (a purchase that rests, because its channel is spent or closing or its subscription does not run, is not); the nonce is new for
    /// listing and buyer.
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
    /// nor replaced; no subscription of it runs (see below). A channel is not touched: its payer leaves by {IChannels-requestClose}, its payee by
    /// {IChannels-close}.
    function revokeGrant(bytes32 grantId) external;

    /// @notice The same for a grant that runs on a subscription, which is stopped in the same call: what has not vested goes back to its payer.
    /// @dev Emits {GrantRevoked} and {ISubscriptions-SubscriptionEnded}. Requirements as above, and: terms and relays are the subscription's.
    function revokeGrant(bytes32 grantId, SubscriptionTerms calldata terms, address[] calldata relays) external;

    /// @notice Stops the subscription of a grant whose listing has lost the consent of a data subject. Anyone may call it.
    /// @dev Emits {GrantSuspended} and {ISubscriptions-SubscriptionEnded}. The grant ends; the buyer is not blocked.
    /// Requirements: the grant depends on a consent, which is not alive now; it is neither revoked nor replaced; terms and relays are the
    /// subscription's.
    function stopSuspended(bytes32 grantId, SubscriptionTerms calldata terms, address[] calldata relays) external;

    /// @notice Lets a buyer buy again.
    /// @dev Emits {Unblocked}. Requirements: the caller is MANAGER or owner of the listing's hub; the buyer is blocked.
    function unblock(uint64 listingId, address buyer) external;

    // --------------------------------------------------------------------------------------------------- buyer's acts

    /// @notice Names a new encryption key and a new signer of sessions, for instance after a device was lost.
    /// @dev Emits {KeysRotated}. The voucher signer of a channel stays what its terms say. Requirements: the caller is the grant's buyer; it is
    /// neither revoked nor replaced; both are set.
    function rotateKeys(bytes32 grantId, bytes32 encryptionKey, address signer) external;

    // ---------------------------------------------------------------------------------------------------------- views

    /// @notice Whether the grant gives all of `rights` now: `notBefore <= now < notAfter`, not revoked, the data subjects' consent
    /// alive if it depends on one, and the payment alive: a channel that can spend something and is not closing, a subscription that runs.
    /// False for unknown grants.
    /// @dev It gates new segments and keys only; what was bought stays fetchable.
    function isActive(bytes32 grantId, uint8 rights) external view returns (bool);

    /// @notice Whether one of the buyer's grants of the listing gives all of `rights` now.
    function isActive(uint64 listingId, address buyer, uint8 rights) external view returns (bool);

    /// @notice The payment behind a grant; 0 for unknown grants. Only payments recorded here are evidence: anybody can
    /// open a channel that names a listing.
    function paymentOf(bytes32 grantId) external view returns (bytes32);

    /// @notice A grant; all zero for unknown ones. `personal` is what holds now: it becomes true with the first round of consent at the latest.
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

    /// @notice The time escrow.
    function subscriptions() external view returns (ISubscriptions);

    /// @notice The consents of data subjects.
    function consents() external view returns (IConsents);

    /// @notice The attestation service, or 0.
    function eas() external view returns (IEAS);

    /// @notice The EIP-712 domain separator for the current chain id.
    function DOMAIN_SEPARATOR() external view returns (bytes32);

    /// @notice The digest that a manager signs.
    function hashApproval(uint64 listingId, uint32 version, address buyer, bytes32 termsHash, uint40 deadline)
        external
        view
        returns (bytes32);
}
