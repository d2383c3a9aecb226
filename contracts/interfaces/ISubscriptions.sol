// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IEscrow} from "./IEscrow.sol";
import {
    CancelNotice,
    Subscription,
    SubscriptionCommon,
    SubscriptionRow,
    SubscriptionTerms
} from "../types/SubscriptionTypes.sol";

/// @title ISubscriptions
/// @notice Time escrow: one payer puts money in for one payee, and it becomes the payee's second by second. Either side can end
/// it; what has not vested goes back to the payer.
///
/// The terms travel in calldata and only their hash is known to the contract:
/// `subscriptionId = keccak256(abi.encode(deployment, hashStruct(terms)))`. One storage slot per subscription holds `claimed`
/// (everything ever paid out), `deposit` (everything ever put in minus refunds), `start` and `stop`. The slot is never zeroed.
///
/// What is due at time t, always counted from `start`, so that many claims lose no fraction:
///
///     vested(t) = min(deposit, upfront + floor(price * (min(t, stop) - start) / period))
///
/// `stop` is the end of the paid time, `start + floor((deposit - upfront) * period / price)`, at most 2^32 - 1. It is written
/// anew when money comes in and when the subscription is ended. A remainder that buys no whole second goes back when it is ended.
/// A top-up before the end extends the time. A top-up after the end moves `start` forward by the gap, so that the time without
/// service is never paid. Neither changes what has vested by now.
///
/// A flat plan (`price` = 0) is due at once, up to `upfront`, and runs for ever once `upfront` is there: `stop` is then 2^32 - 1.
/// Before that it is inactive, with `stop` = `start`, though what is there is due. It is paid once: a new purchase needs a new salt.
///
/// Amounts are in the smallest unit of the token (token 0 = the chain's native coin), times in unix seconds, cuts in
/// basis points (1/10,000). Nobody owns this contract; it cannot be paused, upgraded or charged for.
///
/// The one signed message is EIP-712 with the domain (`Weir Subscriptions`, `1`, current chain id, this address). How money
/// comes in and goes out, and what odd tokens do: {IEscrow}.
///
/// @dev Warning: the relays themselves are not seen when money comes in, only their hash. Who serves or buys must know the list
/// (at most four) behind `relaysHash`: without it the payee cannot claim. The payer still gets out, see {cancel}.
interface ISubscriptions is IEscrow {
    // ------------------------------------------------------------------------------------------------------- errors

    /// @notice Only the payer or the session key may do this.
    error NotPayerOrSigner(address caller, address payer, address signer);

    /// @notice Only the payee or the stopper may do this.
    error NotPayeeOrStopper(address caller, address payee, address stopper);

    /// @notice What does not run takes money from the payer and the stopper only.
    error NotPayerOrStopper(address caller, address payer, address stopper);

    /// @notice A price needs a period of at least one second.
    error PeriodMissing(uint96 price);

    /// @notice The deposit would not reach one second further than before (or not beyond `upfront`, or the time is at its
    /// maximum).
    error BuysNoTime(bytes32 subscriptionId, uint96 deposit);

    /// @notice The flat plan was paid in full: it runs for ever, or it was ended (`stop` below the maximum) and needs a new salt.
    error FlatIsPaid(bytes32 subscriptionId, uint32 stop);

    /// @notice Nobody has ever funded a subscription with these terms.
    error SubscriptionUnknown(bytes32 subscriptionId);

    /// @notice The signed notice names another subscription than the terms do.
    error SubscriptionMismatch(bytes32 signedFor, bytes32 subscriptionId);

    /// @notice The notice was signed for another state: a top-up or an end came in between.
    error StopMismatch(uint32 signedFor, uint32 current);

    /// @notice The signature is malformed or not by payer or signer.
    error WrongSignature(bytes32 subscriptionId);

    // ------------------------------------------------------------------------------------------------------- events

    /// @notice Money arrived in a subscription.
    /// @param amount What was credited: what arrived, at most what was asked for.
    /// @param deposit The subscription's total afterwards.
    /// @param start From when it vests; moved by the gap if the time had run out.
    /// @param stop The new end of the paid time.
    event SubscriptionFunded(
        bytes32 indexed subscriptionId,
        address indexed payer,
        address indexed payee,
        address token,
        uint64 listingId,
        uint96 amount,
        uint96 deposit,
        uint32 start,
        uint32 stop
    );

    /// @notice `claimed` rose. Payee, relays and market shared the difference to the total before; the cuts are in {OwedCredited}
    /// of the same transaction.
    /// @param claimed The new total.
    event SubscriptionClaimed(bytes32 indexed subscriptionId, uint96 claimed);

    /// @notice A row of a claim moved nothing: unknown, or nothing has vested since the last claim.
    event ClaimSkipped(bytes32 indexed subscriptionId);

    /// @notice The subscription was cancelled by the payer's side or stopped by the seller's.
    /// @param bySeller True for {stop}, false for {cancel} and {cancelWithNotice}.
    /// @param claimed The new total; the difference to the total before was shared in this call.
    /// @param refund What went back to the payer.
    /// @param start One second earlier than before if the time would have ended by then anyhow.
    /// @param stop Until when it stays active and vests.
    event SubscriptionEnded(
        bytes32 indexed subscriptionId, bool bySeller, uint96 claimed, uint96 refund, uint32 start, uint32 stop
    );

    // ------------------------------------------------------------------------------------------------- putting money in

    /// @notice Starts a subscription or tops it up with the caller's own money. It starts now.
    /// @dev Emits {SubscriptionFunded}.
    ///
    /// Requirements:
    /// - the caller is `terms.payer`; payer, payee and signer are set
    /// - `relayBps` <= 3,000, `marketBps` <= 1,000; a price has a period
    /// - native: `msg.value == amount`; token: `msg.value == 0` and an allowance of `amount`
    /// - at least `minCredited`, and more than zero, arrives
    /// - with a price: the deposit then reaches beyond `upfront` and buys at least one more second
    /// - flat: `upfront` was not there already
    /// - the subscription then holds no more than {depositCap} unclaimed
    ///
    /// Warning: a flat plan paid in part is due to the payee and gives nothing; nobody but the payee gets that part back out.
    /// @param terms What both sides accepted.
    /// @param amount What to take from the caller, smallest token unit.
    /// @param minCredited The least that must arrive (below `amount` only for tokens that take a fee).
    /// @return subscriptionId The subscription's id.
    /// @return credited What was added to the deposit.
    function fund(SubscriptionTerms calldata terms, uint96 amount, uint96 minCredited)
        external
        payable
        returns (bytes32 subscriptionId, uint96 credited);

    /// @notice The same with the caller's own money for anybody's subscription.
    /// @dev Emits {SubscriptionFunded}. Requirements as for {fund}, except that the caller may be anyone while the subscription runs;
    /// before it does, and after its end, only the payer or the stopper: a stranger could choose the state that a signed
    /// purchase or a withheld top-up fits.
    /// Warning: what is put in belongs to the payer; only he is ever refunded. Whoever tops up, by as little as one second,
    /// changes `stop`, and messages signed for the state before do not fit any more: sign again, or send {cancel} from an
    /// account.
    /// @return subscriptionId The subscription's id.
    /// @return credited What was added to the deposit.
    function fundFor(SubscriptionTerms calldata terms, uint96 amount, uint96 minCredited)
        external
        payable
        returns (bytes32 subscriptionId, uint96 credited);

    /// @notice {fundFor} with the payer's signed EIP-3009 `receiveWithAuthorization`; the caller may be anyone.
    /// @dev The authorisation's nonce is `keccak256(abi.encode(subscriptionId, amount, stop, fundSalt))` with the slot's
    /// present `stop` (0 before the first funding): the signature binds subscription, amount and state. A top-up, cancel or
    /// stop in between voids one that was withheld, and nobody but this contract can use it. Warning: if the time is ended in
    /// the very second of an earlier `stop`, one signed for that `stop` and never used fits again; sign with a short
    /// `validBefore`. Emits {SubscriptionFunded}. Requirements as for {fundFor}; the token knows EIP-3009 and accepts the
    /// signature.
    /// @param signature 65 bytes `r ‖ s ‖ v`, or what a wallet contract gave (for tokens that take bytes).
    function fundWith3009(
        SubscriptionTerms calldata terms,
        uint96 amount,
        uint96 minCredited,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 fundSalt,
        bytes calldata signature
    ) external returns (bytes32 subscriptionId, uint96 credited);

    /// @notice {fundFor} with the payer's signed Permit2 transfer whose witness is the hash of the terms; the caller may be
    /// anyone.
    /// @dev Permit2's nonce is the number of the hash in {fundWith3009}, with the same effect; witness member:
    /// `SubscriptionTerms witness`. Emits {SubscriptionFunded}. Requirements as for {fundFor}; the payer allows Permit2 to move
    /// the token, and Permit2 accepts owner, amount, nonce, deadline and signature.
    function fundWithPermit2(
        SubscriptionTerms calldata terms,
        uint96 amount,
        uint96 minCredited,
        bytes32 fundSalt,
        uint256 deadline,
        bytes calldata signature
    ) external returns (bytes32 subscriptionId, uint96 credited);

    /// @notice {fund} after an EIP-2612 permit of the caller. Payer only: a permit binds no subscription.
    /// @dev A permit that somebody landed first is no error: the allowance decides. Emits and requirements as for {fund}.
    function fundWithPermit(
        SubscriptionTerms calldata terms,
        uint96 amount,
        uint96 minCredited,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (bytes32 subscriptionId, uint96 credited);

    // ------------------------------------------------------------------------------------------------------- claiming

    /// @notice Pays out what has vested in many subscriptions of one seller and token.
    /// @dev Works at any time, also after the end. Each row: find the subscription from `common` and the row, pay
    /// `vested(now) - claimed`. A row that is unknown or has nothing new is skipped and never stops the others.
    ///
    /// The relays of the list share the relay cut equally: of its total T, relay i of n has floor(T(i + 1)/n) - floor(T i/n),
    /// where T = floor(claimed * relayBps / 10,000); the market has floor((claimed - T) * marketBps / (10,000 - relayBps)). Without
    /// relays their part is the payee's and relayBps counts as 0 here; without a market, so is the market's. Each cut is the
    /// difference of the formula at the new and at the old total, so order and number of claims change no sum. Cuts are kept
    /// in {owed}; the payee's part of all rows leaves in one push.
    ///
    /// Emits {SubscriptionClaimed} or {ClaimSkipped} per row, {OwedCredited} per relay and market with a cut.
    ///
    /// Requirements: at most four relays; enough gas left for the push. The caller may be anyone.
    /// @param common The seller's side of the terms, the same for all rows.
    /// @param rows The rest of the terms, one subscription each.
    /// @param to Where the payout goes. Heeded only if the caller is the payee (0 = keep it in {owed}); every other caller
    /// pays the payee, whatever he states here.
    /// @return paid What the payee got from all rows together, after cuts.
    function claim(SubscriptionCommon calldata common, SubscriptionRow[] calldata rows, address to)
        external
        returns (uint256 paid);

    // --------------------------------------------------------------------------------------------------------- ending

    /// @notice The payer leaves: the time ends after `notice` seconds at the latest, and everything beyond goes back at once.
    /// @dev `stop = min(stop, now + notice)`. What has vested by now goes to the payee's side, `deposit - vested(stop)` to the
    /// payer; the notice part goes on vesting and is claimed later. Both parts are pushed. A flat plan was due at once: it only
    /// ends.
    ///
    /// If the time ends by then anyhow, `start` and `stop` both move one second back instead: the same money is due one second
    /// sooner, a remainder is refunded, and a signed top-up that was withheld fits no more.
    ///
    /// Emits {SubscriptionEnded}, {OwedCredited} per cut. Requirements: the caller is payer or signer; the subscription was
    /// funded once; `relays` are those of the terms, or none.
    /// @param relays The list behind `terms.relaysHash`. A payer who does not know it passes none: then only the refund moves,
    /// and what has vested waits for {claim}. Nobody can lock him in by keeping the list to himself.
    /// @return refund What went back to the payer.
    function cancel(SubscriptionTerms calldata terms, address[] calldata relays) external returns (uint96 refund);

    /// @notice The same, sent by anyone, with a notice signed by `terms.signer` or the payer.
    /// @dev The signature is tried by ECDSA against the signer and the payer, then by ERC-1271 on the payer with a gas limit.
    /// Emits as {cancel}. Requirements as for {cancel}, and: the notice names this subscription and its present `stop`, and its
    /// deadline has not passed. Warning: a top-up by anyone that lands first voids the notice, see {fundFor}.
    /// @param signature 65 bytes, 64 bytes (EIP-2098), or what a wallet contract gave.
    /// @return refund What went back to the payer.
    function cancelWithNotice(
        SubscriptionTerms calldata terms,
        address[] calldata relays,
        CancelNotice calldata notice,
        bytes calldata signature
    ) external returns (uint96 refund);

    /// @notice The seller's side ends it at once: `stop = now`, what has vested to the payee's side, the rest to the payer.
    /// @dev Afterwards what was paid and what was refunded make up everything that was put in. If the time had ended already, see
    /// {cancel}. Emits as {cancel}.
    /// Requirements: the caller is `terms.payee` or `terms.stopper` (who can pay nobody but the two sides); the subscription was
    /// funded once; `relays` are those of the terms, or none as in {cancel}.
    /// @return refund What went back to the payer.
    function stop(SubscriptionTerms calldata terms, address[] calldata relays) external returns (uint96 refund);

    // ---------------------------------------------------------------------------------------------------------- views

    /// @notice What is due to the payee's side at `time`, everything claimed included, if nothing else happens. By the present
    /// `start` and `stop`: a time before `start` gives what is due at once.
    function vested(SubscriptionTerms calldata terms, uint40 time) external view returns (uint96);

    /// @notice Whether `start <= now < stop`: paid time, the notice after a cancel included.
    function isActive(bytes32 subscriptionId) external view returns (bool);

    /// @notice The subscription's slot. All zero if it was never funded.
    function subscriptions(bytes32 subscriptionId) external view returns (Subscription memory);

    /// @notice The id of a subscription with these terms, funded or not.
    function subscriptionIdOf(SubscriptionTerms calldata terms) external view returns (bytes32);

    /// @notice The digest that signer or payer signs.
    function hashCancelNotice(CancelNotice calldata notice) external view returns (bytes32);
}
