// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IChannels} from "./interfaces/IChannels.sol";
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
    DepositCap,
    SkipReason,
    Terms,
    TickRow,
    Voucher
} from "./types/ChannelTypes.sol";

/// @title Channels
contract Channels is IChannels, EIP712, ReentrancyGuardTransient {
    uint16 private constant MAX_RELAY_BPS = 3_000;
    uint16 private constant MAX_MARKET_BPS = 1_000;
    uint256 private constant MAX_RELAYS = 4;
    uint40 private constant MIN_CHALLENGE = 1 hours;
    uint40 private constant MAX_CHALLENGE = 30 days;

    /// @inheritdoc IChannels
    bytes32 public immutable deployment;

    bool private immutable _capped;
    mapping(address token => uint96) private _caps;
    mapping(bytes32 channelId => Channel) private _channels;

    /// @inheritdoc IChannels
    mapping(address holder => mapping(address token => uint256)) public owed;

    constructor(DepositCap[] memory caps) EIP712("Weir Channels", "1") {
        deployment = ChannelHash.deployment(address(this), block.chainid);
        _capped = caps.length > 0;
        for (uint256 i; i < caps.length; ++i) _caps[caps[i].token] = caps[i].cap;
    }

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
        credited = _fund(channelId, terms, amount, minCredited);
    }

    /// @inheritdoc IChannels
    function fundFor(Terms memory terms, uint96 amount, uint96 minCredited)
        external
        payable
        nonReentrant
        returns (bytes32 channelId, uint96 credited)
    {
        channelId = channelIdOf(terms);
        uint40 closeAt = _channels[channelId].closeAt;
        if (closeAt != 0) revert ChannelIsClosing(channelId, closeAt);
        credited = _fund(channelId, terms, amount, minCredited);
    }

    /// @inheritdoc IChannels
    function fundWith3009(Terms calldata, uint96, uint96, uint256, uint256, bytes32, bytes calldata)
        external
        pure
        returns (bytes32, uint96)
    {
        revert NotYetSupported(msg.sig);
    }

    /// @inheritdoc IChannels
    function fundWithPermit2(Terms calldata, uint96, uint96, uint256, uint256, bytes calldata)
        external
        pure
        returns (bytes32, uint96)
    {
        revert NotYetSupported(msg.sig);
    }

    /// @inheritdoc IChannels
    function fundWithPermit(Terms calldata, uint96, uint96, uint256, uint8, bytes32, bytes32)
        external
        pure
        returns (bytes32, uint96)
    {
        revert NotYetSupported(msg.sig);
    }

    function _fund(bytes32 channelId, Terms memory terms, uint96 amount, uint96 minCredited)
        private
        returns (uint96 credited)
    {
        _requireLawful(terms);
        credited = _collect(terms.token, amount);
        if (credited == 0 || credited < minCredited) revert CreditedTooLittle(credited, minCredited);

        Channel storage channel = _channels[channelId];
        uint96 deposit = SafeCast.toUint96(uint256(channel.deposit) + credited);
        if (_capped) _requireBelowCap(terms.token, deposit - channel.claimed);
        channel.deposit = deposit;

        emit ChannelFunded(channelId, terms.payer, terms.payee, terms.token, terms.listingId, credited, deposit);
    }

    function _collect(address token, uint96 amount) private returns (uint96) {
        uint256 expected = token == Tokens.NATIVE ? amount : 0;
        if (msg.value != expected) revert WrongValue(msg.value, expected);
        return token == Tokens.NATIVE ? amount : uint96(Tokens.collect(token, amount)); // never above amount
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
        Payout memory payout = _newPayout(terms, relays);
        bytes32 domain = _domainSeparatorV4();

        for (uint256 i; i < rows.length; ++i) _claimRow(domain, terms, relays, rows[i], payout);

        paid = payout.payee;
        _payOut(payout, terms, relays, msg.sender == common.payee ? to : common.payee);
    }

    /// @inheritdoc IChannels
    function claimTicks(ClaimCommon calldata, TickRow calldata, uint16, address) external pure returns (uint256) {
        revert NotYetSupported(msg.sig);
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
        (uint96 claimed, uint96 deposit) = (channel.claimed, channel.deposit);
        (uint96 cumulative, address relay) = (row.cumulative, row.relay);
        uint96 total = cumulative < deposit ? cumulative : deposit;
        if (total <= claimed) {
            emit ClaimSkipped(channelId, SkipReason.NOTHING_NEW);
            return;
        }

        bytes32 digest = MessageHashUtils.toTypedDataHash(domain, ChannelHash.voucher(channelId, cumulative, relay));
        if (Signatures.recover(digest, row.r, row.vs) != row.signer) {
            emit ClaimSkipped(channelId, SkipReason.WRONG_SIGNATURE);
            return;
        }

        channel.claimed = total;
        Cuts.add(payout, relays, relay, claimed, total);
        emit ChannelClaimed(channelId, total);
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
        uint24 epoch = channel.epoch + 1;
        _store(channelId, channel.claimed, channel.claimed, 0, epoch);

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
        bytes32 relaysHash = ChannelHash.relays(relays);
        if (relaysHash != terms.relaysHash) revert RelaysMismatch(relaysHash, terms.relaysHash);
        Payout memory payout = _newPayout(terms, relays);
        uint96 before = channel.claimed;
        uint96 total = wanted < channel.deposit ? wanted : channel.deposit;
        if (total < before) total = before;

        refund = channel.deposit - total;
        uint24 epoch = channel.epoch + 1;
        _store(channelId, total, total, 0, epoch);
        Cuts.add(payout, relays, relay, before, total);

        emit ChannelClosed(channelId, total, refund, epoch);
        _payOut(payout, terms, relays, terms.payee);
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
        uint24 epoch = channel.epoch + 1;
        (channel.closeAt, channel.epoch) = (0, epoch);
        emit ChannelCloseCancelled(channelId, epoch);
    }

    /// @dev The whole slot in one write; field by field costs three more.
    function _store(bytes32 channelId, uint256 claimed, uint256 deposit, uint256 closeAt, uint256 epoch) private {
        Channel storage channel = _channels[channelId];
        uint256 word = claimed | (deposit << 96) | (closeAt << 192) | (epoch << 232);
        assembly ("memory-safe") {
            sstore(channel.slot, word)
        }
    }

    // ------------------------------------------------------------------------------------------------------- paying out

    /// @inheritdoc IChannels
    function pull(address holder, address token, address to) external nonReentrant returns (uint256 amount) {
        if (msg.sender != holder && to != holder) revert RecipientNotHolder(to, holder);
        amount = owed[holder][token];
        if (amount == 0) revert NothingOwed(holder, token);
        owed[holder][token] = 0;
        emit OwedPulled(holder, token, to, amount);
        Tokens.send(token, to, amount);
    }

    function _payOut(Payout memory payout, Terms memory terms, address[] calldata relays, address to) private {
        for (uint256 i; i < relays.length; ++i) _credit(relays[i], terms.token, payout.relays[i]);
        _credit(terms.market, terms.token, payout.market);
        if (to == address(0)) _credit(terms.payee, terms.token, payout.payee);
        else _push(terms.payee, terms.token, to, payout.payee);
    }

    /// @dev A push that reverted moved nothing: the amount stays here for its holder.
    function _push(address holder, address token, address to, uint256 amount) private {
        if (amount != 0 && !Tokens.push(token, to, amount)) _credit(holder, token, amount);
    }

    function _credit(address holder, address token, uint256 amount) private {
        if (amount == 0) return;
        owed[holder][token] += amount;
        emit OwedCredited(holder, token, amount);
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
    function depositCap(address token) public view returns (uint96) {
        return _caps[token] == 0 ? type(uint96).max : _caps[token];
    }

    /// @inheritdoc IChannels
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @inheritdoc IChannels
    function hashVoucher(Voucher calldata voucher) public view returns (bytes32) {
        return _hashTypedDataV4(ChannelHash.voucher(voucher.channelId, voucher.cumulative, voucher.relay));
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
        if (terms.payer == address(0) || terms.payee == address(0) || terms.signer == address(0)) {
            revert PartyMissing(terms.payer, terms.payee, terms.signer);
        }
        if (terms.relayBps > MAX_RELAY_BPS) revert RelayCutTooHigh(terms.relayBps, MAX_RELAY_BPS);
        if (terms.marketBps > MAX_MARKET_BPS) revert MarketCutTooHigh(terms.marketBps, MAX_MARKET_BPS);
        if (terms.challenge < MIN_CHALLENGE || terms.challenge > MAX_CHALLENGE) {
            revert ChallengeOutOfBounds(terms.challenge, MIN_CHALLENGE, MAX_CHALLENGE);
        }
    }

    function _requireBelowCap(address token, uint96 spendable) private view {
        uint96 cap = depositCap(token);
        if (spendable > cap) revert DepositAboveCap(token, spendable, cap);
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

    function _newPayout(Terms memory terms, address[] calldata relays) private pure returns (Payout memory) {
        if (relays.length > MAX_RELAYS) revert TooManyRelays(relays.length, MAX_RELAYS);
        uint256 marketBps = terms.market == address(0) ? 0 : terms.marketBps; // no market, no cut
        return Payout(0, 0, terms.relayBps, marketBps, new uint256[](relays.length));
    }
}
