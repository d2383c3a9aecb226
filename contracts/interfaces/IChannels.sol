// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IEscrow} from "./IEscrow.sol";
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
} from "../types/ChannelTypes.sol";

/// @title IChannels
/// @notice Metered escrow: one payer puts money in for one payee, signs cumulative vouchers off chain, and the payee
/// turns the highest of them into money. Thousands of payments are settled by one or two transactions.
///
/// The terms of a channel travel in calldata and only their hash is known to the contract:
/// `channelId = keccak256(abi.encode(deployment, hashStruct(terms)))`. One storage slot per channel holds `claimed`
/// (everything ever paid out), `deposit` (everything ever put in minus refunds), `closeAt` and `epoch`. What can still be
/// spent is `deposit - claimed`. The slot is never zeroed and `claimed` never falls, so an old voucher pays nothing
/// after a channel was closed and funded again.
///
/// Amounts are in the smallest unit of the token (token 0 = the chain's native coin), times in unix seconds, cuts in
/// basis points (1/10,000). Nobody owns this contract; it cannot be paused, upgraded or charged for.
///
/// Signed messages are EIP-712 with the domain (`Weir Channels`, `1`, current chain id, this address). Vouchers are
/// checked by ECDSA against `terms.signer` alone (65 bytes or EIP-2098; high `s` is refused), so code that appears at an account
/// can never void them. CloseOffer and CloseNotice are tried by ECDSA first, then by ERC-1271 with a gas limit.
///
/// How money comes in and goes out, and what odd tokens do: {IEscrow}.
interface IChannels is IEscrow {
    // ------------------------------------------------------------------------------------------------------- errors

    /// @notice Only the channel's payee or operator may do this.
    error NotPayeeOrOperator(address caller, address payee, address operator);

    /// @notice The challenge is not between one hour and thirty days.
    error ChallengeOutOfBounds(uint40 challenge, uint40 minimum, uint40 maximum);

    /// @notice Nobody has ever funded a channel with these terms.
    error ChannelUnknown(bytes32 channelId);

    /// @notice A close is pending.
    error ChannelIsClosing(bytes32 channelId, uint40 closeAt);

    /// @notice No close is pending.
    error ChannelNotClosing(bytes32 channelId);

    /// @notice The challenge has not ended yet.
    error ChallengeRunning(bytes32 channelId, uint40 closeAt);

    /// @notice The signed message names another channel than the terms do.
    error ChannelMismatch(bytes32 signedFor, bytes32 channelId);

    /// @notice The signature is malformed or not by a key that may sign this message for the channel.
    error WrongSignature(bytes32 channelId);

    /// @notice The payee wants to keep more than the voucher allows.
    error CaptureAboveVoucher(uint96 capture, uint96 cumulative);

    /// @notice A chain has at most 1,024 ticks, and no more can be claimed than its voucher allows.
    error TooManyTicks(uint16 ticks, uint16 maxTicks, uint16 maximum);

    /// @notice The preimage, hashed that often, does not lead to the voucher's tip.
    error TickMismatch(bytes32 tip, bytes32 expected);

    /// @notice The total is not above what is claimed already, or nothing is deposited beyond it.
    error NothingToClaim(bytes32 channelId, uint96 claimed);

    /// @notice More was claimed already than the offer would leave.
    error FinalBelowClaimed(uint96 finalCumulative, uint96 claimed);

    /// @notice The offer wants more than what is claimed or covered by the attached voucher.
    error FinalAboveVoucher(uint96 finalCumulative, uint96 limit);

    /// @notice The message was signed for another epoch of the channel: a close has ended since.
    error EpochMismatch(uint24 signedFor, uint24 current);

    // ------------------------------------------------------------------------------------------------------- events

    /// @notice Money arrived in a channel.
    /// @param amount What was credited: what arrived, at most what was asked for.
    /// @param deposit The channel's total afterwards.
    event ChannelFunded(
        bytes32 indexed channelId,
        address indexed payer,
        address indexed payee,
        address token,
        uint64 listingId,
        uint96 amount,
        uint96 deposit
    );

    /// @notice `claimed` rose. Payee, relay and market shared the difference to the total before; the cuts are in {OwedCredited}
    /// of the same transaction.
    /// @param claimed The new total.
    event ChannelClaimed(bytes32 indexed channelId, uint96 claimed);

    /// @notice A row of a batch moved nothing.
    event ClaimSkipped(bytes32 indexed channelId, SkipReason reason);

    /// @notice The challenge began. From `closeAt` on anyone may withdraw for the payer.
    event ChannelClosing(bytes32 indexed channelId, uint40 closeAt);

    /// @notice The payer took his request back, by `cancelClose` or by `fund`.
    event ChannelCloseCancelled(bytes32 indexed channelId, uint24 epoch);

    /// @notice The payee's side ended the channel.
    /// @param claimed The final total; the difference to the total before was shared in this call.
    event ChannelClosed(bytes32 indexed channelId, uint96 claimed, uint96 refund, uint24 epoch);

    /// @notice The challenge had passed and the rest went back to the payer.
    event ChannelWithdrawn(bytes32 indexed channelId, uint96 refund, uint24 epoch);

    // ------------------------------------------------------------------------------------------------- putting money in

    /// @notice Opens a channel or tops it up with the caller's own money. A pending close is cancelled.
    /// @dev Emits {ChannelFunded}, and {ChannelCloseCancelled} if a close was pending.
    ///
    /// Requirements:
    /// - the caller is `terms.payer`; payer, payee and signer are set
    /// - `relayBps` <= 3,000, `marketBps` <= 1,000, one hour <= `challenge` <= thirty days
    /// - native: `msg.value == amount`; token: `msg.value == 0` and an allowance of `amount`
    /// - at least `minCredited`, and more than zero, arrives
    /// - the channel then holds no more than {depositCap}
    ///
    /// Warning: the relays themselves are not seen here, only their hash. A payee who serves a channel must know the list
    /// (at most four) behind `relaysHash`, or he cannot claim.
    /// @param terms What both sides accepted.
    /// @param amount What to take from the caller, smallest token unit.
    /// @param minCredited The least that must arrive (below `amount` only for tokens that take a fee).
    /// @return channelId The channel's id.
    /// @return credited What was added to the deposit.
    function fund(Terms calldata terms, uint96 amount, uint96 minCredited)
        external
        payable
        returns (bytes32 channelId, uint96 credited);

    /// @notice The same with the caller's own money for anybody's channel. Never cancels a close.
    /// @dev Emits {ChannelFunded}. Requirements as for {fund}, except that the caller may be anyone and that no close may
    /// be pending: a gift or a withheld authorisation must not undo the payer's exit.
    /// Warning: what is put in belongs to the payer; only he is ever refunded.
    /// @return channelId The channel's id.
    /// @return credited What was added to the deposit.
    function fundFor(Terms calldata terms, uint96 amount, uint96 minCredited)
        external
        payable
        returns (bytes32 channelId, uint96 credited);

    /// @notice {fundFor} with the payer's signed EIP-3009 `receiveWithAuthorization`; the caller may be anyone.
    /// @dev The authorisation's nonce is `keccak256(abi.encode(channelId, amount, fundSalt))`: the signature binds the channel and the
    /// amount, and nobody but this contract can use it.
    /// Emits {ChannelFunded}. Requirements as for {fundFor}; the token knows EIP-3009 and accepts the signature.
    /// @param signature 65 bytes `r ‖ s ‖ v`, or what a wallet contract gave (for tokens that take bytes).
    function fundWith3009(
        Terms calldata terms,
        uint96 amount,
        uint96 minCredited,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 fundSalt,
        bytes calldata signature
    ) external returns (bytes32 channelId, uint96 credited);

    /// @notice {fundFor} with the payer's signed Permit2 transfer whose witness is the hash of the terms; the caller may be anyone.
    /// @dev Witness member: `Terms witness`; nonce: `uint256(keccak256(abi.encode(channelId, amount, fundSalt)))`. Emits {ChannelFunded}. Requirements as for {fundFor}; the payer allows Permit2 to move the
    /// token, and Permit2 accepts owner, amount, nonce, deadline and signature.
    function fundWithPermit2(
        Terms calldata terms,
        uint96 amount,
        uint96 minCredited,
        bytes32 fundSalt,
        uint256 deadline,
        bytes calldata signature
    ) external returns (bytes32 channelId, uint96 credited);

    /// @notice {fund} after an EIP-2612 permit of the caller. Payer only: a permit binds no channel.
    /// @dev A permit that somebody landed first is no error: the allowance decides. Emits and requirements as for {fund}.
    function fundWithPermit(
        Terms calldata terms,
        uint96 amount,
        uint96 minCredited,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (bytes32 channelId, uint96 credited);

    // ------------------------------------------------------------------------------------------------------- claiming

    /// @notice Turns vouchers of many channels of one seller into one payout.
    /// @dev Works before, during and after a challenge until the moment of withdrawal. Each row: find the channel from
    /// `common` and the row, check the signature, pay `min(cumulative, deposit) - claimed`. A row that is wrong, unknown or
    /// stale is skipped and never stops the others. Several rows may name one channel, in rising order.
    ///
    /// The relay that a voucher names gets its cut if `common.relays` lists it, otherwise that part stays with the payee;
    /// the market gets its cut. Of a total the relays' part is `floor(total * relayBps / 10,000)`, and the market's
    /// `floor((total - that) * marketBps / (10,000 - relayBps))`, which is its rate up to one unit. A claim pays the difference of the
    /// parts at the new and at the old total, so order and batching change no total, and no part is ever negative. Cuts are
    /// kept in {owed}. The payee's part of all rows leaves in one push.
    ///
    /// Emits {ChannelClaimed} or {ClaimSkipped} per row, {OwedCredited} per relay and market with a cut.
    ///
    /// Requirements: at most four relays; enough gas left for the push. The caller may be anyone.
    /// @param common The seller's side of the terms, the same for all rows.
    /// @param rows One voucher each, signature in EIP-2098 form.
    /// @param to Where the payout goes. Heeded only if the caller is the payee (0 = keep it in {owed}); every other caller
    /// pays the payee, whatever he states here.
    /// @return paid What the payee got from all rows together, after cuts.
    function claim(ClaimCommon calldata common, ClaimRow[] calldata rows, address to) external returns (uint256 paid);

    /// @notice {claim} for one tick voucher after `ticks` revealed steps.
    /// @dev `row.preimage` hashed `ticks` times by `h(x) = sha256(x || channelId)` must give `row.tip`; `ticks` <= `row.maxTicks` <= 1,024.
    function claimTicks(ClaimCommon calldata common, TickRow calldata row, uint16 ticks, address to)
        external
        returns (uint256 paid);

    // -------------------------------------------------------------------------------------------------------- closing

    /// @notice The payee's side takes its last claim and returns the rest at once.
    /// @dev Emits {ChannelClosed}, {OwedCredited} per cut. The new total is `capture`, but never below
    /// what is claimed already and never above the deposit. `capture` below the voucher gives back what was prepaid
    /// beyond what is owed. Payee's part and refund are pushed.
    ///
    /// Requirements:
    /// - the caller is payee or operator (who can pay nobody but the payee and the payer)
    /// - the channel was funded once; `relays` are those of the terms
    /// - if `capture` is above `claimed`: the voucher names this channel, is signed by `terms.signer`, and covers `capture`;
    ///   otherwise voucher and signature are not looked at and may be empty
    /// @param relays The list behind `terms.relaysHash`.
    /// @param signature 65 or 64 bytes.
    /// @return refund What went back to the payer.
    function close(
        Terms calldata terms,
        address[] calldata relays,
        Voucher calldata voucher,
        bytes calldata signature,
        uint96 capture
    ) external returns (uint96 refund);

    /// @notice The same, sent by anyone, with the payee's or operator's signed offer.
    /// @dev Emits as {close}.
    ///
    /// Requirements:
    /// - the offer names this channel and its current epoch, its deadline has not passed, payee or operator signed it
    /// - `claimed <= finalCumulative`, and `finalCumulative` is at most `claimed` or the attached voucher's total
    /// - the voucher, if it is needed, is signed by `terms.signer`
    ///
    /// Warning: a payee who has signed an offer serves nothing on this channel until the offer lands or lapses.
    /// @return refund What went back to the payer.
    function closeWithOffer(
        Terms calldata terms,
        address[] calldata relays,
        CloseOffer calldata offer,
        bytes calldata offerSignature,
        Voucher calldata voucher,
        bytes calldata voucherSignature
    ) external returns (uint96 refund);

    /// @notice The payer begins to leave: `closeAt = now + challenge`. Claims go on until the withdrawal.
    /// @dev Emits {ChannelClosing}. Requirements: the caller is the payer; the channel was funded once; no close is
    /// pending (the clock is never reset silently).
    /// @return closeAt Unix seconds from which {withdraw} works.
    function requestClose(Terms calldata terms) external returns (uint40 closeAt);

    /// @notice The same, sent by anyone, with a notice signed by the payer or by `terms.signer`.
    /// @dev Emits {ChannelClosing}. Requirements as for {requestClose}, and: the notice names this channel and its current
    /// epoch, and its deadline has not passed.
    /// @return closeAt Unix seconds from which {withdraw} works.
    function requestCloseWithNotice(Terms calldata terms, CloseNotice calldata notice, bytes calldata signature)
        external
        returns (uint40 closeAt);

    /// @notice The payer stays after all: `closeAt = 0`.
    /// @dev Emits {ChannelCloseCancelled}. Requirements: the caller is the payer; a close is pending.
    function cancelClose(Terms calldata terms) external;

    /// @notice After the challenge, sends everything that was not claimed back to the payer. Anyone may call it.
    /// @dev Emits {ChannelWithdrawn}. Requirements: a close is pending and `closeAt` has come.
    /// Warning for sellers: a close that has matured can be withdrawn at any moment; serve nothing while `closeAt` is set.
    /// @return refund What went back to the payer.
    function withdraw(Terms calldata terms) external returns (uint96 refund);

    // ---------------------------------------------------------------------------------------------------------- views

    /// @notice The id of a channel with these terms, funded or not.
    function channelIdOf(Terms calldata terms) external view returns (bytes32);

    /// @notice The channel's slot. All zero if it was never funded.
    function channels(bytes32 channelId) external view returns (Channel memory);

    /// @notice The digest that `terms.signer` signs.
    function hashVoucher(Voucher calldata voucher) external view returns (bytes32);

    /// @notice The digest that `terms.signer` signs for a chain of ticks.
    function hashTickVoucher(TickVoucher calldata voucher) external view returns (bytes32);

    /// @notice The digest that payee or operator signs.
    function hashCloseOffer(CloseOffer calldata offer) external view returns (bytes32);

    /// @notice The digest that payer or signer signs.
    function hashCloseNotice(CloseNotice calldata notice) external view returns (bytes32);
}
