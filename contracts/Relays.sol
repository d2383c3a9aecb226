// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IRelays} from "./interfaces/IRelays.sol";
import {Tokens} from "./libraries/Tokens.sol";
import {Relay} from "./types/RelayTypes.sol";

/// @title Relays
contract Relays is IRelays {
    uint256 internal constant MAX_PEER_ID = 128; // a multihash of any key type in use
    uint256 internal constant MAX_ENDPOINTS = 1024; // about ten multiaddrs; readers may allocate it blindly
    uint16 internal constant MAX_FEE_BPS = 3_000; // the cap that listings have

    /// @inheritdoc IRelays
    uint256 public immutable minimumStake;

    /// @inheritdoc IRelays
    uint40 public immutable unbondingDelay;

    mapping(address operator => Relay) internal _relays;

    constructor(uint256 minimumStake_, uint40 unbondingDelay_) {
        minimumStake = minimumStake_;
        unbondingDelay = unbondingDelay_;
    }

    /// @inheritdoc IRelays
    function registerRelay(bytes calldata peerId, string calldata endpoints, uint16 feeBps, bytes8 region)
        external
        payable
    {
        Relay storage registered = _relays[msg.sender];
        if (registered.registeredAt != 0) revert RelayExists(msg.sender);
        if (msg.value < minimumStake) revert StakeTooLow(msg.value, minimumStake);

        uint96 stake = SafeCast.toUint96(msg.value);
        registered.stake = stake;
        registered.registeredAt = uint40(block.timestamp);
        _describe(registered, peerId, endpoints, feeBps, region);
        emit RelayRegistered(msg.sender, peerId, endpoints, feeBps, region, stake);
    }

    /// @inheritdoc IRelays
    function updateRelay(bytes calldata peerId, string calldata endpoints, uint16 feeBps, bytes8 region) external {
        _describe(_registered(), peerId, endpoints, feeBps, region);
        emit RelayUpdated(msg.sender, peerId, endpoints, feeBps, region);
    }

    /// @inheritdoc IRelays
    function deregisterRelay() external {
        Relay storage left = _registered();

        uint40 withdrawableAt = uint40(block.timestamp) + unbondingDelay;
        left.withdrawableAt = withdrawableAt;
        emit RelayDeregistered(msg.sender, withdrawableAt);
    }

    /// @inheritdoc IRelays
    function withdrawStake(address to) external returns (uint96 amount) {
        Relay storage left = _relays[msg.sender];
        if (left.registeredAt == 0) revert RelayUnknown(msg.sender);
        uint40 from = left.withdrawableAt;
        if (from == 0 || block.timestamp < from) revert StakeNotWithdrawable(msg.sender, from);

        amount = left.stake;
        delete _relays[msg.sender];
        emit StakeWithdrawn(msg.sender, to, amount);
        Tokens.send(Tokens.NATIVE, to, amount);
    }

    // ---------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IRelays
    function relay(address operator) external view returns (Relay memory) {
        return _relays[operator];
    }

    /// @inheritdoc IRelays
    function isRegistered(address operator) external view returns (bool) {
        Relay storage asked = _relays[operator];
        return asked.registeredAt != 0 && asked.withdrawableAt == 0;
    }

    // ---------------------------------------------------------------------------------------------------------- inside

    function _registered() internal view returns (Relay storage registered) {
        registered = _relays[msg.sender];
        if (registered.registeredAt == 0) revert RelayUnknown(msg.sender);
        if (registered.withdrawableAt != 0) revert RelayIsLeaving(msg.sender, registered.withdrawableAt);
    }

    function _describe(
        Relay storage described,
        bytes calldata peerId,
        string calldata endpoints,
        uint16 feeBps,
        bytes8 region
    ) internal {
        uint256 length = peerId.length;
        if (length == 0 || length > MAX_PEER_ID) revert PeerIdInvalid(length, MAX_PEER_ID);
        length = bytes(endpoints).length;
        if (length == 0 || length > MAX_ENDPOINTS) revert EndpointsInvalid(length, MAX_ENDPOINTS);
        if (feeBps > MAX_FEE_BPS) revert FeeTooHigh(feeBps, MAX_FEE_BPS);

        described.feeBps = feeBps;
        described.region = region;
        described.peerId = peerId;
        described.endpoints = endpoints;
    }
}
