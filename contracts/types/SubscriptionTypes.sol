// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice What both sides of a time escrow accept. `price` = 0 means flat: everything is `upfront`.
struct SubscriptionTerms {
    address payer;
    address payee;
    address operator;
    address token; // 0 = the chain's native coin
    address signer;
    address stopper; // Grants: may stop with a refund when the seller revokes or a consent is withdrawn
    uint64 listingId;
    uint96 price; // per period, in the smallest token unit
    uint40 period; // seconds
    uint96 upfront; // due at once
    bytes32 relaysHash;
    uint16 relayBps;
    address market;
    uint16 marketBps;
    uint40 notice; // seconds that stay due after a cancel
    bytes32 salt;
}

/// @notice The one storage slot of a subscription.
struct Subscription {
    uint96 claimed;
    uint96 deposit;
    uint32 start; // unix seconds
    uint32 stop; // end of paid time, rewritten on fund, top-up and cancel
}
