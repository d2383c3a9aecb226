// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Escrow} from "./base/Escrow.sol";
import {IChannels} from "./interfaces/IChannels.sol";
import {Authorizations} from "./libraries/Authorizations.sol";
import {ChannelHash} from "./libraries/ChannelHash.sol";
import {Cuts, Payout} from "./libraries/Cuts.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {Tokens} from "./libraries/Tokens.sol";
import {
    Channel,
    ClaimCommon,
    ClaimRow,
    CloseNotice,
    CloseOffer,
    SkipReason,
    Terms,
    TickRow,
    TickVoucher,
    Voucher
} from "./types/ChannelTypes.sol";
import {DepositCap} from "./types/EscrowTypes.sol";

/// @title Channels
contract Channels is IChannels, Escrow {
    uint40 private constant MIN_CHALLENGE = 1 hours;
    uint40 private constant MAX_CHALLENGE = 30 days;
    uint16 private constant MAX_TICKS = 1_024; // bounds the hashes that a claim may cost

    mapping(bytes32 channelId => Channel) private _channels;

    constructor(DepositCap[] memory caps) Escrow("Weir Channels", caps) {}

    // ------------------------------------------------------------------------------------------------- putting money in

    /// @inheritdoc IChannels
    function fund(Terms memory terms, uint96 amount, uint96 minCredited)
        external
        payable
        nonReentrant
        returns (bytes32 channelId, uint96 credited)
    {
        _requirePayer(terms);
        channelId = channelIdOf(terms);
        if (_channels[channelId].closeAt != 0) _cancel(channelId);
        credited = _add(channelId, terms, _collect(terms.token, amount), minCredited);
    }

    /// @inheritdoc IChannels
    function fundFor(Terms memory terms, uint96 amount, uint96 minCredited)
        external
        payable
        nonReentrant
        returns (bytes32 channelId, uint96 credited)
    {
        channelId = _requireOpen(terms);
        credited = _add(channelId, terms, _collect(terms.token, amount), minCredited);
    }

    /// @inheritdoc IChannels
    function fundWith3009(
        Terms memory terms,
        uint96 amount,
        uint96 minCredited,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 fundSalt,
        bytes calldata signature
    ) external nonReentrant returns (bytes32 channelId, uint96 credited) {
        channelId = _requireOpen(terms);
        bytes32 nonce = ChannelHash.fundNonce(channelId, amount, fundSalt);
        uint256 arrived = Authorizations.collectWith3009(
            _requireToken(terms.token), terms.payer, amount, validAfter, validBefore, nonce, signature
        );
        credited = _add(channelId, terms, uint96(arrived), minCredited);
    }

    /// @inheritdoc IChannels
    function fundWithPermit2(
        Terms memory terms,
        uint96 amount,
        uint96 minCredited,
        bytes32 fundSalt,
        uint256 deadline,
        bytes calldata signature
    ) external nonReentrant returns (bytes32 channelId, uint96 credited) {
        channelId = _requireOpen(terms);
        uint256 arrived = Authorizations.collectWithPermit2(
            _requireToken(terms.token),
            terms.payer,
            amount,
            uint256(ChannelHash.fundNonce(channelId, amount, fundSalt)),
            deadline,
            ChannelHash.terms(terms),
            ChannelHash.TERMS_WITNESS,
            signature
        );
        credited = _add(channelId, terms, uint96(arrived), minCredited);
    }

    /// @inheritdoc IChannels
    function fundWithPermit(
        Terms memory terms,
        uint96 amount,
        uint96 minCredited,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant returns (bytes32 channelId, uint96 credited) {
        _requirePayer(terms);
        Authorizations.tryPermit(_requireToken(terms.token), msg.sender, amount, deadline, v, r, s);
        channelId = channelIdOf(terms);
        if (_channels[channelId].closeAt != 0) _cancel(channelId);
        credited = _add(channelId, terms, uint96(Tokens.collect(terms.token, amount)), minCredited);
    }

    /// @dev Laws first, then what arrived: the money of an unlawful channel goes back with the revert.
    function _add(bytes32 channelId, Terms memory terms, uint96 credited, uint96 minCredited)
        private
        returns (uint96)
    {
        _requireLawful(terms);
        _requireCredited(credited, minCredited);

        Channel storage channel = _channels[channelId];
        (uint256 claimed, uint256 before, uint256 rest) = _read(channel);
        uint96 deposit = SafeCast.toUint96(before + credited);
        _requireBelowCap(terms.token, uint96(deposit - claimed)); // claimed is never above the deposit
        _write(channel, claimed, deposit, rest);

        emit ChannelFunded(channelId, terms.payer, terms.payee, terms.token, terms.listingId, credited, deposit);
        return credited;
    }

    // --------------------------------------------------------------------------------------------------------- claiming

    /// @inheritdoc IChannels
    function claim(ClaimCommon calldata common, ClaimRow[] calldata rows, address to)
        external
        nonReentrant
        returns (uint256 paid)
    {
        address[] calldata relays = common.relays;
        Terms memory terms = _termsOf(common);
        Payout memory payout = _newPayout(terms.relayBps, terms.market, terms.marketBps, relays.length);
        bytes32 domain = _domainSeparatorV4();

        for (uint256 i; i < rows.length; ++i) _claimRow(domain, terms, relays, rows[i], payout);

        paid = payout.payee;
        _payOut(
            payout, terms.token, relays, terms.market, terms.payee, msg.sender == common.payee ? to : common.payee
        );
    }

    /// @inheritdoc IChannels
    function claimTicks(ClaimCommon calldata common, TickRow calldata row, uint16 ticks, address to)
        external
        nonReentrant
        returns (uint256 paid)
    {
        if (row.maxTicks > MAX_TICKS || ticks > row.maxTicks) revert TooManyTicks(ticks, row.maxTicks, MAX_TICKS);
        Terms memory terms = _termsOf(common);
        (terms.payer, terms.signer, terms.salt) = (row.payer, row.signer, row.salt);
        bytes32 channelId = channelIdOf(terms);
        bytes32 digest = _hashTypedDataV4(
            ChannelHash.tickVoucher(channelId, row.base, row.tip, row.tickValue, row.maxTicks, row.relay)
        );
        if (Signatures.recover(digest, row.r, row.vs) != row.signer) revert WrongSignature(channelId);
        bytes32 tip = ChannelHash.tick(channelId, row.preimage, ticks);
        if (tip != row.tip) revert TickMismatch(tip, row.tip);

        Channel storage channel = _channels[channelId];
        (uint256 claimed, uint256 deposit, uint256 rest) = _read(channel);
        uint256 total = uint256(row.base) + uint256(ticks) * row.tickValue;
        if (total > deposit) total = deposit;
        if (total <= claimed) revert NothingToClaim(channelId, uint96(claimed));

        _write(channel, total, deposit, rest);
        Payout memory payout = _newPayout(terms.relayBps, terms.market, terms.marketBps, common.relays.length);
        Cuts.add(payout, common.relays, row.relay, claimed, total);
        emit ChannelClaimed(channelId, uint96(total)); // not above the deposit
        paid = payout.payee;
        address recipient = msg.sender == common.payee ? to : common.payee;
        _payOut(payout, terms.token, common.relays, terms.market, terms.payee, recipient);
    }

    function _claimRow(
        bytes32 domain,
        Terms memory terms,
        address[] calldata relays,
        ClaimRow calldata row,
        Payout memory payout
    ) private {
        (terms.payer, terms.signer, terms.salt) = (row.payer, row.signer, row.salt);
        bytes32 channelId = ChannelHash.channelId(deployment, terms);
        Channel storage channel = _channels[channelId];
        (uint256 claimed, uint256 deposit, uint256 rest) = _read(channel);
        (uint96 cumulative, address relay) = (row.cumulative, row.relay);
        uint256 total = cumulative < deposit ? cumulative : deposit;
        if (total <= claimed) {
            emit ClaimSkipped(channelId, SkipReason.NOTHING_NEW);
            return;
        }

        bytes32 digest = MessageHashUtils.toTypedDataHash(domain, ChannelHash.voucher(channelId, cumulative, relay));
        if (Signatures.recover(digest, row.r, row.vs) != row.signer) {
            emit ClaimSkipped(channelId, SkipReason.WRONG_SIGNATURE);
            return;
        }

        _write(channel, total, deposit, rest);
        Cuts.add(payout, relays, relay, claimed, total);
        emit ChannelClaimed(channelId, uint96(total));
    }

    // ---------------------------------------------------------------------------------------------------------- closing

    /// @inheritdoc IChannels
    function close(
        Terms memory terms,
        address[] calldata relays,
        Voucher calldata voucher,
        bytes calldata signature,
        uint96 capture
    ) external nonReentrant returns (uint96 refund) {
        bytes32 channelId = channelIdOf(terms);
        Channel memory channel = _known(channelId);
        if (msg.sender != terms.payee && msg.sender != terms.operator) {
            revert NotPayeeOrOperator(msg.sender, terms.payee, terms.operator);
        }
        if (capture > channel.claimed) {
            _requireVoucher(channelId, terms.signer, voucher, signature);
            if (capture > voucher.cumulative) revert CaptureAboveVoucher(capture, voucher.cumulative);
        }
        return _close(channelId, channel, terms, relays, capture, voucher.relay);
    }

    /// @inheritdoc IChannels
    function closeWithOffer(
        Terms memory terms,
        address[] calldata relays,
        CloseOffer calldata offer,
        bytes calldata offerSignature,
        Voucher calldata voucher,
        bytes calldata voucherSignature
    ) external nonReentrant returns (uint96 refund) {
        bytes32 channelId = channelIdOf(terms);
        Channel memory channel = _known(channelId);
        _requireCurrent(channelId, channel, offer.channelId, offer.epoch, offer.deadline);
        if (!Signatures.isByEither(terms.payee, terms.operator, hashCloseOffer(offer), offerSignature)) {
            revert WrongSignature(channelId);
        }
        uint96 total = offer.finalCumulative;
        if (total < channel.claimed) revert FinalBelowClaimed(total, channel.claimed);
        if (total > channel.claimed) {
            _requireVoucher(channelId, terms.signer, voucher, voucherSignature);
            if (total > voucher.cumulative) revert FinalAboveVoucher(total, voucher.cumulative);
        }
        return _close(channelId, channel, terms, relays, total, voucher.relay);
    }

    /// @inheritdoc IChannels
    function requestClose(Terms memory terms) external nonReentrant returns (uint40 closeAt) {
        _requirePayer(terms);
        bytes32 channelId = channelIdOf(terms);
        return _requestClose(channelId, _known(channelId), terms.challenge);
    }

    /// @inheritdoc IChannels
    function requestCloseWithNotice(Terms memory terms, CloseNotice calldata notice, bytes calldata signature)
        external
        nonReentrant
        returns (uint40 closeAt)
    {
        bytes32 channelId = channelIdOf(terms);
        Channel memory channel = _known(channelId);
        _requireCurrent(channelId, channel, notice.channelId, notice.epoch, notice.deadline);
        bytes32 digest = hashCloseNotice(notice);
        if (
            Signatures.recover(digest, signature) != terms.signer
                && !Signatures.isByEither(terms.payer, terms.payer, digest, signature)
        ) revert WrongSignature(channelId);
        return _requestClose(channelId, channel, terms.challenge);
    }

    /// @inheritdoc IChannels
    function cancelClose(Terms memory terms) external nonReentrant {
        _requirePayer(terms);
        bytes32 channelId = channelIdOf(terms);
        if (_channels[channelId].closeAt == 0) revert ChannelNotClosing(channelId);
        _cancel(channelId);
    }

    /// @inheritdoc IChannels
    function withdraw(Terms memory terms) external nonReentrant returns (uint96 refund) {
        bytes32 channelId = channelIdOf(terms);
        Channel memory channel = _channels[channelId];
        if (channel.closeAt == 0) revert ChannelNotClosing(channelId);
        if (block.timestamp < channel.closeAt) revert ChallengeRunning(channelId, channel.closeAt);

        refund = channel.deposit - channel.claimed;
        uint24 epoch = _nextEpoch(channel.epoch);
        _write(_channels[channelId], channel.claimed, channel.claimed, uint256(epoch) << 40);

        emit ChannelWithdrawn(channelId, refund, epoch);
        _push(terms.payer, terms.token, terms.payer, refund);
    }

    function _close(
        bytes32 channelId,
        Channel memory channel,
        Terms memory terms,
        address[] calldata relays,
        uint96 wanted,
        address relay
    ) private returns (uint96 refund) {
        _requireRelays(relays, terms.relaysHash);
        Payout memory payout = _newPayout(terms.relayBps, terms.market, terms.marketBps, relays.length);
        uint96 before = channel.claimed;
        uint96 total = wanted < channel.deposit ? wanted : channel.deposit;
        if (total < before) total = before;

        refund = channel.deposit - total;
        uint24 epoch = _nextEpoch(channel.epoch);
        _write(_channels[channelId], total, total, uint256(epoch) << 40);
        Cuts.add(payout, relays, relay, before, total);

        emit ChannelClosed(channelId, total, refund, epoch);
        _payOut(payout, terms.token, relays, terms.market, terms.payee, terms.payee);
        _push(terms.payer, terms.token, terms.payer, refund);
    }

    function _requestClose(bytes32 channelId, Channel memory channel, uint40 challenge)
        private
        returns (uint40 closeAt)
    {
        if (channel.closeAt != 0) revert ChannelIsClosing(channelId, channel.closeAt);
        closeAt = SafeCast.toUint40(block.timestamp + challenge);
        _channels[channelId].closeAt = closeAt;
        emit ChannelClosing(channelId, closeAt);
    }

    function _cancel(bytes32 channelId) private {
        Channel storage channel = _channels[channelId];
        uint24 epoch = _nextEpoch(channel.epoch);
        (channel.closeAt, channel.epoch) = (0, epoch);
        emit ChannelCloseCancelled(channelId, epoch);
    }

    /// @dev Goes round: a payee who closes an empty channel 2^24 times over must not end up with one that gives nothing back. What fits
    /// again then is a message as many closes old whose deadline still runs.
    function _nextEpoch(uint24 epoch) private pure returns (uint24) {
        unchecked {
            return epoch + 1;
        }
    }

    /// @dev The slot in one read and one write; field by field costs three more. `rest` is closeAt and epoch.
    function _read(Channel storage channel) private view returns (uint256 claimed, uint256 deposit, uint256 rest) {
        assembly ("memory-safe") {
            let word := sload(channel.slot)
            claimed := and(word, 0xffffffffffffffffffffffff)
            deposit := and(shr(96, word), 0xffffffffffffffffffffffff)
            rest := shr(192, word)
        }
    }

    /// @dev Both totals fit in 96 bits.
    function _write(Channel storage channel, uint256 claimed, uint256 deposit, uint256 rest) private {
        assembly ("memory-safe") {
            sstore(channel.slot, or(claimed, or(shl(96, deposit), shl(192, rest))))
        }
    }

    // ------------------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IChannels
    function channelIdOf(Terms memory terms) public view returns (bytes32) {
        return ChannelHash.channelId(deployment, terms);
    }

    /// @inheritdoc IChannels
    function channels(bytes32 channelId) external view returns (Channel memory) {
        return _channels[channelId];
    }

    /// @inheritdoc IChannels
    function hashVoucher(Voucher calldata voucher) public view returns (bytes32) {
        return _hashTypedDataV4(ChannelHash.voucher(voucher.channelId, voucher.cumulative, voucher.relay));
    }

    /// @inheritdoc IChannels
    function hashTickVoucher(TickVoucher calldata voucher) external view returns (bytes32) {
        return _hashTypedDataV4(
            ChannelHash.tickVoucher(
                voucher.channelId, voucher.base, voucher.tip, voucher.tickValue, voucher.maxTicks, voucher.relay
            )
        );
    }

    /// @inheritdoc IChannels
    function hashCloseOffer(CloseOffer calldata offer) public view returns (bytes32) {
        return _hashTypedDataV4(
            ChannelHash.closeOffer(offer.channelId, offer.finalCumulative, offer.epoch, offer.deadline)
        );
    }

    /// @inheritdoc IChannels
    function hashCloseNotice(CloseNotice calldata notice) public view returns (bytes32) {
        return _hashTypedDataV4(ChannelHash.closeNotice(notice.channelId, notice.epoch, notice.deadline));
    }

    // ------------------------------------------------------------------------------------------------------------- laws

    function _requirePayer(Terms memory terms) private view {
        if (msg.sender != terms.payer) revert NotPayer(msg.sender, terms.payer);
    }

    function _requireLawful(Terms memory terms) private pure {
        _requireParties(terms.payer, terms.payee, terms.signer);
        _requireLawfulCuts(terms.relayBps, terms.marketBps);
        if (terms.challenge < MIN_CHALLENGE || terms.challenge > MAX_CHALLENGE) {
            revert ChallengeOutOfBounds(terms.challenge, MIN_CHALLENGE, MAX_CHALLENGE);
        }
    }

    /// @dev Nobody but the payer may undo his exit.
    function _requireOpen(Terms memory terms) private view returns (bytes32 channelId) {
        channelId = channelIdOf(terms);
        uint40 closeAt = _channels[channelId].closeAt;
        if (closeAt != 0) revert ChannelIsClosing(channelId, closeAt);
    }

    function _requireCurrent(bytes32 channelId, Channel memory channel, bytes32 signedFor, uint24 epoch, uint40 deadline)
        private
        view
    {
        if (signedFor != channelId) revert ChannelMismatch(signedFor, channelId);
        if (epoch != channel.epoch) revert EpochMismatch(epoch, channel.epoch);
        if (block.timestamp > deadline) revert DeadlinePassed(deadline);
    }

    function _requireVoucher(bytes32 channelId, address signer, Voucher calldata voucher, bytes calldata signature)
        private
        view
    {
        if (voucher.channelId != channelId) revert ChannelMismatch(voucher.channelId, channelId);
        if (Signatures.recover(hashVoucher(voucher), signature) != signer) revert WrongSignature(channelId);
    }

    /// @dev A channel that was ever funded has a deposit or an ended close.
    function _known(bytes32 channelId) private view returns (Channel memory channel) {
        channel = _channels[channelId];
        if (channel.deposit == 0 && channel.epoch == 0) revert ChannelUnknown(channelId);
    }

    function _termsOf(ClaimCommon calldata common) private pure returns (Terms memory terms) {
        terms.payee = common.payee;
        terms.operator = common.operator;
        terms.token = common.token;
        terms.listingId = common.listingId;
        terms.relaysHash = ChannelHash.relays(common.relays);
        terms.relayBps = common.relayBps;
        terms.market = common.market;
        terms.marketBps = common.marketBps;
        terms.challenge = common.challenge;
    }
}
