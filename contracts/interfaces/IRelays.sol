// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Relay} from "../types/RelayTypes.sol";

/// @title IRelays
/// @notice Where relays are found. An operator registers the one relay of its address: peer id, endpoints, the cut it asks
/// for, region.
///
/// The stake keeps the list free of spam, **and nothing else**: nobody can take it, and it promises nothing about how the
/// relay behaves. Whether a relay is up is found out by asking it.
///
/// `feeBps` is an offer in words. What a relay earns is the cut that a listing's version states and every channel or subscription
/// fixes for good when it is made; a change here moves no money anywhere.
///
/// Nobody owns this contract; it cannot be paused or upgraded. Amounts in the chain's native coin, times in unix seconds,
/// cuts in basis points (1/10,000). {Tokens-NativeTransferFailed} comes from the library.
interface IRelays {
    // ------------------------------------------------------------------------------------------------------- errors

    /// @notice The stake sent along is too small.
    error StakeTooLow(uint256 stake, uint256 minimum);

    /// @notice The operator has a relay here already, or a stake still to be withdrawn.
    error RelayExists(address operator);

    /// @notice The operator has no relay here.
    error RelayUnknown(address operator);

    /// @notice The relay was deregistered; its stake may leave at `withdrawableAt`.
    error RelayIsLeaving(address operator, uint40 withdrawableAt);

    /// @notice The stake stays until then (0 = the relay is still registered).
    error StakeNotWithdrawable(address operator, uint40 withdrawableAt);

    /// @notice A peer id has 1 to 128 bytes.
    error PeerIdInvalid(uint256 length, uint256 maximum);

    /// @notice The endpoints have 1 to 1,024 bytes.
    error EndpointsInvalid(uint256 length, uint256 maximum);

    /// @notice No listing may state a relay cut above 3,000 basis points.
    error FeeTooHigh(uint16 feeBps, uint16 maximum);

    // ------------------------------------------------------------------------------------------------------- events

    /// @notice A relay was registered.
    event RelayRegistered(
        address indexed operator, bytes peerId, string endpoints, uint16 feeBps, bytes8 indexed region, uint96 stake
    );

    /// @notice A relay is described anew.
    event RelayUpdated(address indexed operator, bytes peerId, string endpoints, uint16 feeBps, bytes8 indexed region);

    /// @notice A relay left the list.
    event RelayDeregistered(address indexed operator, uint40 withdrawableAt);

    /// @notice A stake went back.
    event StakeWithdrawn(address indexed operator, address to, uint96 amount);

    // ------------------------------------------------------------------------------------------------------- functions

    /// @notice Registers the caller's relay; `msg.value` becomes its stake.
    /// @dev Emits {RelayRegistered}.
    ///
    /// Requirements: the caller has no relay and no stake here; `msg.value >= minimumStake`; 1 to 128 bytes of peer id, 1 to
    /// 1,024 bytes of endpoints, `feeBps` <= 3,000.
    /// @param peerId libp2p peer id, as multihash bytes.
    /// @param endpoints Multiaddrs, one a line.
    /// @param feeBps The cut asked for.
    /// @param region Short text, e.g. "eu-west"; may be empty.
    function registerRelay(bytes calldata peerId, string calldata endpoints, uint16 feeBps, bytes8 region)
        external
        payable;

    /// @notice Describes the caller's relay anew. The stake stays.
    /// @dev Emits {RelayUpdated}. Requirements: the relay is registered; values as in {registerRelay}.
    function updateRelay(bytes calldata peerId, string calldata endpoints, uint16 feeBps, bytes8 region) external;

    /// @notice Takes the caller's relay off the list and starts the clock of its stake.
    /// @dev Emits {RelayDeregistered}. Requirements: the relay is registered.
    function deregisterRelay() external;

    /// @notice Sends the caller's stake away. Afterwards he may register again.
    /// @dev Emits {StakeWithdrawn}. Requirements: {unbondingDelay} has passed since {deregisterRelay}; `to` takes it.
    /// @return amount What was sent.
    function withdrawStake(address to) external returns (uint96 amount);

    // ---------------------------------------------------------------------------------------------------------- views

    /// @notice An operator's relay. All zero if there is none; `withdrawableAt` is set if it has left the list.
    function relay(address operator) external view returns (Relay memory);

    /// @notice Whether the operator's relay is on the list. Says nothing about whether it is up.
    function isRegistered(address operator) external view returns (bool);

    /// @notice The least stake.
    function minimumStake() external view returns (uint256);

    /// @notice Seconds between {deregisterRelay} and {withdrawStake}.
    function unbondingDelay() external view returns (uint40);
}
