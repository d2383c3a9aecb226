// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IChannels} from "../interfaces/IChannels.sol";
import {IConsents} from "../interfaces/IConsents.sol";
import {Attestation, IEAS} from "../interfaces/IEAS.sol";
import {IGrants} from "../interfaces/IGrants.sol";
import {IHubs} from "../interfaces/IHubs.sol";
import {IListings} from "../interfaces/IListings.sol";
import {ISubscriptions} from "../interfaces/ISubscriptions.sol";
import {Authorizations} from "../libraries/Authorizations.sol";
import {ChannelHash} from "../libraries/ChannelHash.sol";
import {GrantHash} from "../libraries/GrantHash.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {SubscriptionHash} from "../libraries/SubscriptionHash.sol";
import {Tokens} from "../libraries/Tokens.sol";
import {Channel, Terms} from "../types/ChannelTypes.sol";
import {Approval, Funding, Purchase} from "../types/GrantTypes.sol";
import {Roles} from "../types/HubTypes.sol";
import {ListingFlags, ListingTerms, Plan, PlanKind} from "../types/ListingTypes.sol";
import {Subscription, SubscriptionTerms} from "../types/SubscriptionTypes.sol";

/// @title Checkout
/// @dev The first half of Grants: is this purchase what the listing offers, and is it paid? It records nothing.
abstract contract Checkout is IGrants, EIP712 {
    using SafeERC20 for IERC20;

    uint40 internal constant FOR_EVER = type(uint40).max;
    uint8 internal constant SELLER = Roles.MANAGER | Roles.OWNER;
    uint256 internal constant PERMIT_BYTES = 5 * 32; // of an EIP-2612 permit as `authorization`

    /// @inheritdoc IGrants
    IHubs public immutable hubs;

    /// @inheritdoc IGrants
    IListings public immutable listings;

    /// @inheritdoc IGrants
    IChannels public immutable channels;

    /// @inheritdoc IGrants
    ISubscriptions public immutable subscriptions;

    /// @inheritdoc IGrants
    IConsents public immutable consents;

    /// @inheritdoc IGrants
    IEAS public immutable eas;

    constructor(
        IHubs hubs_,
        IListings listings_,
        IChannels channels_,
        ISubscriptions subscriptions_,
        IConsents consents_,
        IEAS eas_
    ) EIP712("Weir Grants", "1") {
        hubs = hubs_;
        listings = listings_;
        channels = channels_;
        subscriptions = subscriptions_;
        consents = consents_;
        eas = eas_;
    }

    // ---------------------------------------------------------------------------------------------------- the offer

    /// @dev Everything about a purchase that can be said without moving money.
    function _checkOffer(Purchase calldata purchase) internal view returns (Plan calldata plan) {
        ListingTerms calldata listing = purchase.listing;
        listings.checkSale(purchase.listingId, purchase.version, GrantHash.listing(listing));
        if (purchase.plan >= listing.plans.length) revert PlanUnknown(purchase.plan, listing.plans.length);
        plan = listing.plans[purchase.plan];
        // The listing is as it was created, so whatever Listings refuses cannot stand in it; its sale may have ended since.
        if (listing.saleUntil != 0 && block.timestamp > listing.saleUntil) revert SaleEnded(listing.saleUntil);
        (address payout, bool isPublisher) = hubs.sellerOf(listing.hubId, listing.operator);
        if (listing.payee != payout) revert PayeeNotPayout(listing.payee, payout);
        if (!isPublisher) revert OperatorNotPublisher(listing.hubId, listing.operator);

        _checkBuyer(purchase, plan);
        _checkFunding(purchase, listing.token, plan.kind);
        if (!_isMarketListed(purchase.market, listing.markets)) revert MarketNotListed(purchase.market);
        _checkGates(purchase);
    }

    function _checkBuyer(Purchase calldata purchase, Plan calldata plan) private view {
        if (purchase.buyer == address(0)) revert AccountMissing();
        if (purchase.signer == address(0)) revert SignerMissing();
        if (purchase.encryptionKey == 0) revert EncryptionKeyMissing();
        uint40 start = _laterOf(purchase.notBefore, uint40(block.timestamp));
        if (purchase.notAfter <= start) revert WindowEmpty(purchase.notBefore, purchase.notAfter);
        uint40 window = purchase.notAfter - start;
        if (plan.maxWindow != FOR_EVER && window > plan.maxWindow) revert WindowTooLong(window, plan.maxWindow);
        // A period is paid from the purchase on, so its access may not begin later.
        if (plan.kind == PlanKind.PERIOD && purchase.notBefore > block.timestamp) {
            revert WindowNotOpen(purchase.notBefore);
        }
    }

    function _checkFunding(Purchase calldata purchase, address token, uint8 kind) private pure {
        Funding funding = purchase.funding;
        if (funding == Funding.NONE) {
            if (purchase.amount != 0) revert AmountWithoutFunding(purchase.amount);
            return;
        }
        if (kind == PlanKind.FREE) revert FundingNotForPlan(funding, kind);
        if ((funding == Funding.NATIVE) != (token == Tokens.NATIVE)) revert FundingNotForToken(funding, token);
    }

    function _isMarketListed(address market, address[] calldata markets) private pure returns (bool) {
        if (market == address(0) || markets.length == 0) return true;
        for (uint256 i = 0; i < markets.length; i++) {
            if (markets[i] == market) return true;
        }
        return false;
    }

    /// @dev Who may buy: approval, consent of the data subjects, attestation.
    function _checkGates(Purchase calldata purchase) private view {
        ListingTerms calldata listing = purchase.listing;
        if (listing.flags & ListingFlags.RESTRICTED != 0) _checkApproval(purchase);
        // Once anybody was asked, no later version's flags make the consent unnecessary.
        bool isPersonal = listing.flags & ListingFlags.PERSONAL_DATA != 0 || consents.isGated(purchase.listingId);
        if (isPersonal && !consents.isAlive(purchase.listingId)) revert ConsentMissing(purchase.listingId);
        if (listing.attestationSchema != 0) _checkAttestation(purchase);
    }

    function _checkApproval(Purchase calldata purchase) private view {
        Approval calldata approval = purchase.approval;
        ListingTerms calldata listing = purchase.listing;
        if (approval.signature.length == 0) revert ApprovalMissing(purchase.listingId);
        _requireApproval(
            purchase.listingId, listing.hubId, purchase.version, purchase.buyer, listing.termsHash, approval
        );
    }

    function _requireApproval(
        uint64 listingId,
        uint64 hubId,
        uint32 version,
        address buyer,
        bytes32 termsHash,
        Approval calldata approval
    ) internal view {
        if (block.timestamp > approval.deadline) revert DeadlinePassed(approval.deadline);
        if (!hubs.hasRole(hubId, approval.manager, SELLER)) revert RoleMissing(hubId, approval.manager, SELLER);
        bytes32 digest = hashApproval(listingId, version, buyer, termsHash, approval.deadline);
        if (!Signatures.isByEither(approval.manager, approval.manager, digest, approval.signature)) {
            revert ApprovalInvalid(approval.manager);
        }
    }

    function _checkAttestation(Purchase calldata purchase) private view {
        ListingTerms calldata listing = purchase.listing;
        bytes32 uid = purchase.attestation;
        if (uid == 0) revert AttestationMissing(listing.attestationSchema, listing.attester);
        if (address(eas) == address(0)) revert AttestationsNotAvailable();
        Attestation memory found = eas.getAttestation(uid);
        if (found.uid != uid) revert AttestationUnknown(uid);
        if (found.schema != listing.attestationSchema) {
            revert AttestationSchemaMismatch(found.schema, listing.attestationSchema);
        }
        if (found.attester != listing.attester) revert AttesterMismatch(found.attester, listing.attester);
        if (found.recipient != purchase.buyer) revert AttestationNotForBuyer(found.recipient, purchase.buyer);
        if (found.revocationTime != 0) revert AttestationRevoked(uid, found.revocationTime);
        if (found.expirationTime != 0 && block.timestamp >= found.expirationTime) {
            revert AttestationExpired(uid, found.expirationTime);
        }
    }

    // -------------------------------------------------------------------------------------------------------- price

    /// @dev What one unit, one period or the whole of flat access costs now. Metered promotions bind by segment, not by purchase.
    function _unitPriceOf(Plan calldata plan) internal view returns (uint96) {
        if (plan.kind == PlanKind.PERIOD || plan.kind == PlanKind.FLAT) {
            if (plan.promoPrice != 0 && block.timestamp < plan.promoUntil) return plan.promoPrice;
            if (plan.kind == PlanKind.FLAT) return plan.upfront;
        }
        return plan.price;
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
            relaysHash: ChannelHash.relays(listing.relays),
            relayBps: listing.relayBps,
            market: purchase.market,
            marketBps: purchase.market == address(0) ? 0 : listing.marketBps,
            challenge: listing.challenge,
            salt: salt
        });
    }

    function _subscriptionTermsOf(Purchase calldata purchase, Plan calldata plan, uint96 unitPrice, bytes32 salt)
        internal
        view
        returns (SubscriptionTerms memory)
    {
        ListingTerms calldata listing = purchase.listing;
        bool isFlat = plan.kind == PlanKind.FLAT;
        return SubscriptionTerms({
            payer: purchase.buyer,
            payee: listing.payee,
            operator: listing.operator,
            token: listing.token,
            signer: purchase.signer,
            stopper: address(this),
            listingId: purchase.listingId,
            price: isFlat ? 0 : unitPrice,
            period: isFlat ? 0 : plan.period,
            upfront: isFlat ? unitPrice : plan.upfront,
            relaysHash: ChannelHash.relays(listing.relays),
            relayBps: listing.relayBps,
            market: purchase.market,
            marketBps: purchase.market == address(0) ? 0 : listing.marketBps,
            notice: plan.notice,
            salt: salt
        });
    }

    // -------------------------------------------------------------------------------------------------------- money

    /// @dev Moves the money on to the escrow and makes sure that enough is there afterwards, whoever put it there.
    function _pay(Purchase calldata purchase, Plan calldata plan, uint96 unitPrice, bytes32 salt)
        internal
        returns (bytes32 paymentId)
    {
        if (plan.kind == PlanKind.PERIOD || plan.kind == PlanKind.FLAT) {
            SubscriptionTerms memory subscription = _subscriptionTermsOf(purchase, plan, unitPrice, salt);
            paymentId = _paySubscription(purchase, subscription);
            _requireSubscribed(purchase, subscription, paymentId, 0);
            return paymentId;
        }
        uint96 credited = 0;
        (paymentId, credited) = _payChannel(purchase, _termsOf(purchase, salt));
        // What was credited just now is spendable: no claim can come between.
        if (credited < plan.entry) _requireEntry(paymentId, 0, plan.entry);
    }

    function _payChannel(Purchase calldata purchase, Terms memory terms)
        private
        returns (bytes32 channelId, uint96 credited)
    {
        (Funding funding, uint96 amount, uint96 least) = (purchase.funding, purchase.amount, purchase.minCredited);
        if (funding == Funding.NATIVE) return channels.fundFor{value: amount}(terms, amount, least);
        if (funding == Funding.PULL) return channels.fundFor(terms, _pull(purchase, address(channels)), least);
        channelId = channels.channelIdOf(terms);
        if (funding == Funding.EIP3009) {
            bytes calldata signature = _signatureIn(purchase, 3);
            (uint256 validAfter, uint256 validBefore, bytes32 fundSalt) =
                abi.decode(purchase.authorization, (uint256, uint256, bytes32));
            try channels.fundWith3009(terms, amount, least, validAfter, validBefore, fundSalt, signature) returns (
                bytes32, uint96 arrived
            ) {
                credited = arrived;
            } catch (bytes memory reason) {
                bytes32 nonce = ChannelHash.fundNonce(channelId, amount, fundSalt);
                if (!Authorizations.isUsed3009(terms.token, terms.payer, nonce)) _revert(reason);
            }
        } else if (funding == Funding.PERMIT2) {
            bytes calldata signature = _signatureIn(purchase, 2);
            (bytes32 fundSalt, uint256 deadline) = abi.decode(purchase.authorization, (bytes32, uint256));
            try channels.fundWithPermit2(terms, amount, least, fundSalt, deadline, signature) returns (
                bytes32, uint96 arrived
            ) {
                credited = arrived;
            } catch (bytes memory reason) {
                bytes32 nonce = ChannelHash.fundNonce(channelId, amount, fundSalt);
                if (!Authorizations.isUsedPermit2(terms.payer, nonce)) _revert(reason);
            }
        }
    }

    function _paySubscription(Purchase calldata purchase, SubscriptionTerms memory terms)
        private
        returns (bytes32 subscriptionId)
    {
        (Funding funding, uint96 amount, uint96 least) = (purchase.funding, purchase.amount, purchase.minCredited);
        if (funding == Funding.NATIVE) {
            (subscriptionId,) = subscriptions.fundFor{value: amount}(terms, amount, least);
            return subscriptionId;
        }
        if (funding == Funding.PULL) {
            (subscriptionId,) = subscriptions.fundFor(terms, _pull(purchase, address(subscriptions)), least);
            return subscriptionId;
        }
        subscriptionId = subscriptions.subscriptionIdOf(terms);
        if (funding == Funding.EIP3009) {
            bytes calldata signature = _signatureIn(purchase, 3);
            (uint256 validAfter, uint256 validBefore, bytes32 fundSalt) =
                abi.decode(purchase.authorization, (uint256, uint256, bytes32));
            try subscriptions.fundWith3009(terms, amount, least, validAfter, validBefore, fundSalt, signature) {}
            catch (bytes memory reason) {
                // The purchase is the first funding, so its signature was made for a subscription that had never run.
                bytes32 nonce = SubscriptionHash.fundNonce(subscriptionId, amount, 0, fundSalt);
                if (!Authorizations.isUsed3009(terms.token, terms.payer, nonce)) _revert(reason);
            }
        } else if (funding == Funding.PERMIT2) {
            bytes calldata signature = _signatureIn(purchase, 2);
            (bytes32 fundSalt, uint256 deadline) = abi.decode(purchase.authorization, (bytes32, uint256));
            try subscriptions.fundWithPermit2(terms, amount, least, fundSalt, deadline, signature) {}
            catch (bytes memory reason) {
                bytes32 nonce = SubscriptionHash.fundNonce(subscriptionId, amount, 0, fundSalt);
                if (!Authorizations.isUsedPermit2(terms.payer, nonce)) _revert(reason);
            }
        }
    }

    /// @dev The signature in `authorization = abi.encode(word, …, bytes signature)`, behind that many words. Looked for by hand, because
    /// decoding what does not fit reverts without a name.
    function _signatureIn(Purchase calldata purchase, uint256 words) private pure returns (bytes calldata signature) {
        bytes calldata data = purchase.authorization;
        uint256 offset = 0x20 * (words + 1);
        if (data.length >= offset + 0x20 && uint256(bytes32(data[offset - 0x20:])) == offset) {
            uint256 length = uint256(bytes32(data[offset:]));
            signature = data[offset + 0x20:];
            if (length <= signature.length) return signature[:length];
        }
        revert AuthorizationMalformed(purchase.funding, data.length);
    }

    /// @dev Takes the tokens from the buyer, who is the caller, and allows the escrow exactly what arrived.
    function _pull(Purchase calldata purchase, address escrow) private returns (uint96 arrived) {
        address token = purchase.listing.token;
        (address buyer, uint96 amount) = (purchase.buyer, purchase.amount);
        uint256 length = purchase.authorization.length;
        if (length != 0) {
            if (length != PERMIT_BYTES) revert AuthorizationMalformed(Funding.PULL, length);
            (uint256 value, uint256 deadline, uint256 v, bytes32 r, bytes32 s) =
                abi.decode(purchase.authorization, (uint256, uint256, uint256, bytes32, bytes32));
            Authorizations.tryPermit(token, buyer, value, deadline, uint8(v), r, s);
        }

        uint256 before = Tokens.balance(token);
        IERC20(token).safeTransferFrom(buyer, address(this), amount);
        arrived = uint96(Tokens.arrivedSince(token, before, amount)); // never above amount
        IERC20(token).forceApprove(escrow, arrived);
    }

    function _requireEntry(bytes32 channelId, uint96 coming, uint96 entry) internal view {
        Channel memory channel = channels.channels(channelId);
        if (channel.closeAt != 0) revert ChannelIsClosing(channelId, channel.closeAt);
        uint256 spendable = uint256(channel.deposit) - channel.claimed + coming;
        if (spendable < entry) revert EntryNotCovered(channelId, spendable, entry);
    }

    /// @dev Paid and running, and no time is paid for that the window does not give. `coming` is what a later call would put in.
    function _requireSubscribed(
        Purchase calldata purchase,
        SubscriptionTerms memory terms,
        bytes32 subscriptionId,
        uint96 coming
    ) internal view {
        Subscription memory subscription = subscriptions.subscriptions(subscriptionId);
        uint256 deposit = uint256(subscription.deposit) + coming;
        if (deposit < terms.upfront) revert UpfrontNotCovered(subscriptionId, deposit, terms.upfront);
        uint256 stop = subscription.stop;
        if (coming != 0) {
            uint256 start = subscription.start == 0 ? block.timestamp : subscription.start;
            stop = terms.price == 0 ? type(uint32).max : start + (deposit - terms.upfront) * terms.period / terms.price;
        }
        if (stop <= block.timestamp) revert NothingPaidAhead(subscriptionId, stop);
        bool isTimed = terms.price != 0 && purchase.notAfter != FOR_EVER;
        if (isTimed && stop > purchase.notAfter) revert PaidBeyondWindow(stop, purchase.notAfter);
    }

    function _revert(bytes memory reason) private pure {
        assembly ("memory-safe") {
            revert(add(reason, 0x20), mload(reason))
        }
    }

    // -------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IGrants
    function hashApproval(uint64 listingId, uint32 version, address buyer, bytes32 termsHash, uint40 deadline)
        public
        view
        returns (bytes32)
    {
        return _hashTypedDataV4(GrantHash.approval(listingId, version, buyer, termsHash, deadline));
    }

    /// @inheritdoc IGrants
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    function _laterOf(uint40 a, uint40 b) internal pure returns (uint40) {
        return a > b ? a : b;
    }
}
