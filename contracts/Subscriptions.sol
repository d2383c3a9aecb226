// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Escrow} from "./base/Escrow.sol";
import {ISubscriptions} from "./interfaces/ISubscriptions.sol";
import {Authorizations} from "./libraries/Authorizations.sol";
import {ChannelHash} from "./libraries/ChannelHash.sol";
import {Cuts, Payout} from "./libraries/Cuts.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {SubscriptionHash} from "./libraries/SubscriptionHash.sol";
import {Tokens} from "./libraries/Tokens.sol";
import {DepositCap} from "./types/EscrowTypes.sol";
import {
    CancelNotice,
    Subscription,
    SubscriptionCommon,
    SubscriptionRow,
    SubscriptionTerms
} from "./types/SubscriptionTypes.sol";

/// @title Subscriptions
contract Subscriptions is ISubscriptions, Escrow {
    uint32 private constant FOR_EVER = type(uint32).max;

    mapping(bytes32 subscriptionId => Subscription) private _subscriptions;

    constructor(DepositCap[] memory caps) Escrow("Weir Subscriptions", caps) {}

    // ------------------------------------------------------------------------------------------------- putting money in

    /// @inheritdoc ISubscriptions
    function fund(SubscriptionTerms memory terms, uint96 amount, uint96 minCredited)
        external
        payable
        nonReentrant
        returns (bytes32 subscriptionId, uint96 credited)
    {
        _requirePayer(terms);
        subscriptionId = subscriptionIdOf(terms);
        credited = _add(subscriptionId, terms, _collect(terms.token, amount), minCredited);
    }

    /// @inheritdoc ISubscriptions
    function fundFor(SubscriptionTerms memory terms, uint96 amount, uint96 minCredited)
        external
        payable
        nonReentrant
        returns (bytes32 subscriptionId, uint96 credited)
    {
        subscriptionId = subscriptionIdOf(terms);
        if (block.timestamp >= _subscriptions[subscriptionId].stop) _requirePayerOrStopper(terms);
        credited = _add(subscriptionId, terms, _collect(terms.token, amount), minCredited);
    }

    /// @inheritdoc ISubscriptions
    function fundWith3009(
        SubscriptionTerms memory terms,
        uint96 amount,
        uint96 minCredited,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 fundSalt,
        bytes calldata signature
    ) external nonReentrant returns (bytes32 subscriptionId, uint96 credited) {
        subscriptionId = subscriptionIdOf(terms);
        uint256 arrived = Authorizations.collectWith3009(
            _requireToken(terms.token),
            terms.payer,
            amount,
            validAfter,
            validBefore,
            _fundNonce(subscriptionId, amount, fundSalt),
            signature
        );
        credited = _add(subscriptionId, terms, uint96(arrived), minCredited);
    }

    /// @inheritdoc ISubscriptions
    function fundWithPermit2(
        SubscriptionTerms memory terms,
        uint96 amount,
        uint96 minCredited,
        bytes32 fundSalt,
        uint256 deadline,
        bytes calldata signature
    ) external nonReentrant returns (bytes32 subscriptionId, uint96 credited) {
        subscriptionId = subscriptionIdOf(terms);
        uint256 arrived = Authorizations.collectWithPermit2(
            _requireToken(terms.token),
            terms.payer,
            amount,
            uint256(_fundNonce(subscriptionId, amount, fundSalt)),
            deadline,
            SubscriptionHash.terms(terms),
            SubscriptionHash.TERMS_WITNESS,
            signature
        );
        credited = _add(subscriptionId, terms, uint96(arrived), minCredited);
    }

    /// @inheritdoc ISubscriptions
    function fundWithPermit(
        SubscriptionTerms memory terms,
        uint96 amount,
        uint96 minCredited,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant returns (bytes32 subscriptionId, uint96 credited) {
        _requirePayer(terms);
        Authorizations.tryPermit(_requireToken(terms.token), msg.sender, amount, deadline, v, r, s);
        subscriptionId = subscriptionIdOf(terms);
        credited = _add(subscriptionId, terms, uint96(Tokens.collect(terms.token, amount)), minCredited);
    }

    /// @dev Laws first, then what arrived: the money of an unlawful subscription goes back with the revert.
    function _add(bytes32 subscriptionId, SubscriptionTerms memory terms, uint96 credited, uint96 minCredited)
        private
        returns (uint96)
    {
        _requireLawful(terms);
        _requireCredited(credited, minCredited);

        Subscription memory subscription = _subscriptions[subscriptionId];
        uint96 deposit = SafeCast.toUint96(uint256(subscription.deposit) + credited);
        _requireBelowCap(terms.token, deposit - subscription.claimed);
        (uint32 start, uint32 end) = _timeFor(subscriptionId, subscription, terms, deposit);
        _store(subscriptionId, subscription.claimed, deposit, start, end);

        emit SubscriptionFunded(
            subscriptionId, terms.payer, terms.payee, terms.token, terms.listingId, credited, deposit, start, end
        );
        return credited;
    }

    /// @dev The paid time once `deposit` is there. What has vested stays what it was: after the end, start moves by the gap.
    function _timeFor(
        bytes32 subscriptionId,
        Subscription memory before,
        SubscriptionTerms memory terms,
        uint96 deposit
    ) private view returns (uint32 start, uint32 end) {
        uint32 time = SafeCast.toUint32(block.timestamp);
        bool known = before.start != 0;
        start = known ? before.start : time;
        uint32 length = known ? before.stop - start : 0;
        if (known && time > before.stop) start += time - before.stop;

        if (terms.price == 0) {
            if (known && before.deposit >= terms.upfront) revert FlatIsPaid(subscriptionId, before.stop);
            return (start, deposit < terms.upfront ? start : FOR_EVER);
        }
        uint256 until = deposit < terms.upfront
            ? start
            : start + uint256(deposit - terms.upfront) * terms.period / terms.price;
        end = until < FOR_EVER ? uint32(until) : FOR_EVER;
        if (end <= start + length) revert BuysNoTime(subscriptionId, deposit);
    }

    // --------------------------------------------------------------------------------------------------------- claiming

    /// @inheritdoc ISubscriptions
    function claim(SubscriptionCommon calldata common, SubscriptionRow[] calldata rows, address to)
        external
        nonReentrant
        returns (uint256 paid)
    {
        SubscriptionTerms memory terms = _termsOf(common);
        Payout memory payout = _newPayout(terms.relayBps, terms.market, terms.marketBps, common.relays.length);

        for (uint256 i; i < rows.length; ++i) _claimRow(terms, rows[i], payout);

        paid = payout.payee;
        address recipient = msg.sender == common.payee ? to : common.payee;
        _payOut(payout, terms.token, common.relays, terms.market, terms.payee, recipient);
    }

    function _claimRow(SubscriptionTerms memory terms, SubscriptionRow calldata row, Payout memory payout) private {
        (terms.payer, terms.signer, terms.salt) = (row.payer, row.signer, row.salt);
        (terms.price, terms.period, terms.upfront, terms.notice) = (row.price, row.period, row.upfront, row.notice);
        bytes32 subscriptionId = subscriptionIdOf(terms);
        Subscription memory subscription = _subscriptions[subscriptionId];
        uint96 total = _vestedAt(subscription, terms, block.timestamp);
        if (total <= subscription.claimed) {
            emit ClaimSkipped(subscriptionId);
            return;
        }
        _store(subscriptionId, total, subscription.deposit, subscription.start, subscription.stop);
        Cuts.addShared(payout, subscription.claimed, total);
        emit SubscriptionClaimed(subscriptionId, total);
    }

    // ----------------------------------------------------------------------------------------------------------- ending

    /// @inheritdoc ISubscriptions
    function cancel(SubscriptionTerms memory terms, address[] calldata relays)
        external
        nonReentrant
        returns (uint96 refund)
    {
        if (msg.sender != terms.payer && msg.sender != terms.signer) {
            revert NotPayerOrSigner(msg.sender, terms.payer, terms.signer);
        }
        bytes32 subscriptionId = subscriptionIdOf(terms);
        return _end(subscriptionId, _known(subscriptionId), terms, relays, terms.notice, false);
    }

    /// @inheritdoc ISubscriptions
    function cancelWithNotice(
        SubscriptionTerms memory terms,
        address[] calldata relays,
        CancelNotice calldata notice,
        bytes calldata signature
    ) external nonReentrant returns (uint96 refund) {
        bytes32 subscriptionId = subscriptionIdOf(terms);
        Subscription memory subscription = _known(subscriptionId);
        if (notice.subscriptionId != subscriptionId) revert SubscriptionMismatch(notice.subscriptionId, subscriptionId);
        if (notice.stop != subscription.stop) revert StopMismatch(notice.stop, subscription.stop);
        if (block.timestamp > notice.deadline) revert DeadlinePassed(notice.deadline);
        bytes32 digest = hashCancelNotice(notice);
        if (
            Signatures.recover(digest, signature) != terms.signer
                && !Signatures.isByEither(terms.payer, terms.payer, digest, signature)
        ) revert WrongSignature(subscriptionId);
        return _end(subscriptionId, subscription, terms, relays, terms.notice, false);
    }

    /// @inheritdoc ISubscriptions
    function stop(SubscriptionTerms memory terms, address[] calldata relays)
        external
        nonReentrant
        returns (uint96 refund)
    {
        if (msg.sender != terms.payee && msg.sender != terms.stopper) {
            revert NotPayeeOrStopper(msg.sender, terms.payee, terms.stopper);
        }
        bytes32 subscriptionId = subscriptionIdOf(terms);
        return _end(subscriptionId, _known(subscriptionId), terms, relays, 0, true);
    }

    /// @dev Time ends `notice` seconds from now, unless it ends sooner: then the whole schedule moves one second back, which
    /// pays the same and leaves another `stop`, so that no message signed before the end fits any more.
    function _end(
        bytes32 subscriptionId,
        Subscription memory subscription,
        SubscriptionTerms memory terms,
        address[] calldata relays,
        uint40 notice,
        bool bySeller
    ) private returns (uint96 refund) {
        bool listed = _requireRelaysOrNone(relays, terms.relaysHash);
        Payout memory payout = _newPayout(terms.relayBps, terms.market, terms.marketBps, relays.length);
        uint96 before = subscription.claimed;

        uint256 end = block.timestamp + notice;
        if (end < subscription.stop) subscription.stop = uint32(end);
        else (subscription.start, subscription.stop) = (subscription.start - 1, subscription.stop - 1);
        uint96 total = listed ? _vestedAt(subscription, terms, block.timestamp) : before;
        uint96 deposit = _vestedAt(subscription, terms, subscription.stop);
        refund = subscription.deposit - deposit;
        _store(subscriptionId, total, deposit, subscription.start, subscription.stop);
        Cuts.addShared(payout, before, total);

        emit SubscriptionEnded(subscriptionId, bySeller, total, refund, subscription.start, subscription.stop);
        _payOut(payout, terms.token, relays, terms.market, terms.payee, terms.payee);
        _push(terms.payer, terms.token, terms.payer, refund);
    }

    /// @dev The whole slot in one write; field by field costs three more.
    function _store(bytes32 subscriptionId, uint256 claimed, uint256 deposit, uint256 start, uint256 end) private {
        Subscription storage subscription = _subscriptions[subscriptionId];
        uint256 word = claimed | (deposit << 96) | (start << 192) | (end << 224);
        assembly ("memory-safe") {
            sstore(subscription.slot, word)
        }
    }

    // ------------------------------------------------------------------------------------------------------------ views

    /// @inheritdoc ISubscriptions
    function vested(SubscriptionTerms memory terms, uint40 time) external view returns (uint96) {
        return _vestedAt(_subscriptions[subscriptionIdOf(terms)], terms, time);
    }

    /// @inheritdoc ISubscriptions
    function isActive(bytes32 subscriptionId) external view returns (bool) {
        Subscription storage subscription = _subscriptions[subscriptionId];
        return subscription.start <= block.timestamp && block.timestamp < subscription.stop;
    }

    /// @inheritdoc ISubscriptions
    function subscriptions(bytes32 subscriptionId) external view returns (Subscription memory) {
        return _subscriptions[subscriptionId];
    }

    /// @inheritdoc ISubscriptions
    function subscriptionIdOf(SubscriptionTerms memory terms) public view returns (bytes32) {
        return SubscriptionHash.subscriptionId(deployment, terms);
    }

    /// @inheritdoc ISubscriptions
    function hashCancelNotice(CancelNotice calldata notice) public view returns (bytes32) {
        return _hashTypedDataV4(SubscriptionHash.cancelNotice(notice.subscriptionId, notice.stop, notice.deadline));
    }

    /// @dev Always from the start and never from the last claim, so that claims lose no fractions. Nothing for one never
    /// funded: its period may be zero.
    function _vestedAt(Subscription memory subscription, SubscriptionTerms memory terms, uint256 time)
        private
        pure
        returns (uint96)
    {
        if (subscription.start == 0) return 0;
        uint256 until = time < subscription.stop ? time : subscription.stop;
        uint256 due = terms.upfront;
        if (terms.price != 0 && until > subscription.start) {
            due += uint256(terms.price) * (until - subscription.start) / terms.period;
        }
        return due < subscription.deposit ? uint96(due) : subscription.deposit;
    }

    function _fundNonce(bytes32 subscriptionId, uint96 amount, bytes32 fundSalt) private view returns (bytes32) {
        return SubscriptionHash.fundNonce(subscriptionId, amount, _subscriptions[subscriptionId].stop, fundSalt);
    }

    // ------------------------------------------------------------------------------------------------------------- laws

    function _requirePayer(SubscriptionTerms memory terms) private view {
        if (msg.sender != terms.payer) revert NotPayer(msg.sender, terms.payer);
    }

    /// @dev Only what runs takes gifts. Before it runs, a stranger's coin would change the state that a purchase was signed for; after its
    /// end, it could bring back the one that a withheld top-up was signed for.
    function _requirePayerOrStopper(SubscriptionTerms memory terms) private view {
        if (msg.sender != terms.payer && msg.sender != terms.stopper) {
            revert NotPayerOrStopper(msg.sender, terms.payer, terms.stopper);
        }
    }

    function _requireLawful(SubscriptionTerms memory terms) private pure {
        _requireParties(terms.payer, terms.payee, terms.signer);
        _requireLawfulCuts(terms.relayBps, terms.marketBps);
        if (terms.price != 0 && terms.period == 0) revert PeriodMissing(terms.price);
    }

    /// @return listed False if the list is withheld: then no cut can be worked out, and the payee's side waits for {claim}.
    function _requireRelaysOrNone(address[] calldata relays, bytes32 expected) private pure returns (bool listed) {
        listed = ChannelHash.relays(relays) == expected;
        if (!listed && relays.length != 0) _requireRelays(relays, expected);
    }

    function _known(bytes32 subscriptionId) private view returns (Subscription memory subscription) {
        subscription = _subscriptions[subscriptionId];
        if (subscription.start == 0) revert SubscriptionUnknown(subscriptionId);
    }

    function _termsOf(SubscriptionCommon calldata common) private pure returns (SubscriptionTerms memory terms) {
        terms.payee = common.payee;
        terms.operator = common.operator;
        terms.token = common.token;
        terms.stopper = common.stopper;
        terms.listingId = common.listingId;
        terms.relaysHash = ChannelHash.relays(common.relays);
        terms.relayBps = common.relayBps;
        terms.market = common.market;
        terms.marketBps = common.marketBps;
    }
}
