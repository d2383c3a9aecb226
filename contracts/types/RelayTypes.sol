// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice A relay as its operator describes it. All but the two texts fill one slot. Times in unix seconds.
struct Relay {
    uint96 stake; // native coin
    uint16 feeBps; // what the operator asks for; binds nobody
    bytes8 region; // short text, e.g. "eu-west"
    uint40 registeredAt; // 0 = no relay
    uint40 withdrawableAt; // when the stake may leave; 0 = registered
    bytes peerId; // libp2p peer id, as multihash bytes
    string endpoints; // multiaddrs, one a line
}
