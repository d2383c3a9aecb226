// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice First-launch limit: the most that one channel or subscription in `token` may hold. Fixed at construction.
struct DepositCap {
    address token; // 0 = the chain's native coin
    uint96 cap; // smallest token unit
}
