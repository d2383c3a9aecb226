// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title IEscrow
/// @notice What the two escrows, Channels and Subscriptions, have in common.
///
/// Money leaves in two ways. A push goes out with the call that causes it; if the recipient or the token reverts, the amount
/// is kept in `owed` instead, so no recipient can make somebody else's payment fail. Cuts are always kept in `owed`.
/// A push needs a minimum of gas left, or the whole call reverts: nobody can starve a push on purpose.
///
/// Amounts are in the smallest unit of the token (token 0 = the chain's native coin), cuts in basis points (1/10,000).
///
/// @dev Warning: a token that takes a fee credits what arrived; a rebasing token is unsupported and can hurt only its own
/// pool; a token that returns `false` makes the call revert; a token that returns nothing is accepted.
/// Further errors come from the libraries: {Tokens-TokenReturnedFalse}, {Tokens-TokenUnreadable}, {Tokens-GasTooLow} and
/// {Tokens-NativeTransferFailed}, and OpenZeppelin's SafeERC20FailedOperation, SafeCastOverflowedUintDowncast (a deposit above
/// 96 bits) and ReentrancyGuardReentrantCall.
interface IEscrow {
    // ------------------------------------------------------------------------------------------------------- errors

    /// @notice Only the payer may do this.
    error NotPayer(address caller, address payer);

    /// @notice Payer, payee and signer must all be set.
    error PartyMissing(address payer, address payee, address signer);

    /// @notice The relays' cut is above 3,000 basis points.
    error RelayCutTooHigh(uint16 relayBps, uint16 maximum);

    /// @notice The market's cut is above 1,000 basis points.
    error MarketCutTooHigh(uint16 marketBps, uint16 maximum);

    /// @notice More than four relays were passed.
    error TooManyRelays(uint256 count, uint256 maximum);

    /// @notice The passed relays are not those of the terms.
    error RelaysMismatch(bytes32 relaysHash, bytes32 expected);

    /// @notice The native coin sent along is not the amount stated (native coin) or not zero (tokens).
    error WrongValue(uint256 value, uint256 expected);

    /// @notice Less arrived than the caller insists on, or nothing at all.
    error CreditedTooLittle(uint256 credited, uint256 minCredited);

    /// @notice More would be held for one payment than the first-launch limit of its token.
    error DepositAboveCap(address token, uint256 spendable, uint256 cap);

    /// @notice The native coin cannot be moved by a signature.
    error NativeNotSigned();

    /// @notice The message's deadline lies in the past.
    error DeadlinePassed(uint40 deadline);

    /// @notice Nothing is owed to this holder in this token.
    error NothingOwed(address holder, address token);

    /// @notice Somebody else's balance can be sent to its holder only.
    error RecipientNotHolder(address to, address holder);

    // ------------------------------------------------------------------------------------------------------- events

    /// @notice An amount was set aside for `holder`: a cut, an accrued payout, or a push that reverted.
    event OwedCredited(address indexed holder, address indexed token, uint256 amount);

    /// @notice A holder's balance left the contract.
    event OwedPulled(address indexed holder, address indexed token, address to, uint256 amount);

    // ---------------------------------------------------------------------------------------------------------- calls

    /// @notice Sends the whole {owed} balance of `holder` away.
    /// @dev Emits {OwedPulled}. Requirements: the caller is `holder` (any `to`), or `to` is `holder`; the balance is not zero; the
    /// transfer works (otherwise everything stays as it was).
    /// @return amount What was sent.
    function pull(address holder, address token, address to) external returns (uint256 amount);

    // ---------------------------------------------------------------------------------------------------------- views

    /// @notice `keccak256(abi.encode(address(this), chain id at deployment))`: part of every payment's id, so ids never collide
    /// across deployments and survive a change of the chain id.
    function deployment() external view returns (bytes32);

    /// @notice What `holder` can {pull}.
    function owed(address holder, address token) external view returns (uint256);

    /// @notice The most that one channel or subscription in `token` may hold; the type's maximum if there is no limit.
    function depositCap(address token) external view returns (uint96);

    /// @notice The EIP-712 domain separator for the current chain id.
    function DOMAIN_SEPARATOR() external view returns (bytes32);
}
