// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice What both sides of a time escrow accept. `price` = 0 means flat: everything is `upfront`.
/// @dev `subscriptionId = keccak256(abi.encode(deployment, hashStruct(terms)))`.
struct SubscriptionTerms {
    address payer;
    address payee;
    address operator; // the seller's PUBLISHER account: may claim, to the payee only
    address token; // 0 = the chain's native coin
    address signer; // the buyer's session key: may cancel
    address stopper; // Grants: stops with a refund when the seller revokes or a consent is withdrawn
    uint64 listingId;
    uint96 price; // per period, in the smallest token unit; 0 = flat
    uint40 period; // seconds
    uint96 upfront; // due at once
    bytes32 relaysHash; // keccak256(abi.encode(relays))
    uint16 relayBps; // shared equally by the relays of the list
    address market;
    uint16 marketBps;
    uint40 notice; // seconds that stay due after a cancel
    bytes32 salt;
}

/// @notice The one storage slot of a subscription. Never zeroed.
struct Subscription {
    uint96 claimed; // total ever paid out; never falls
    uint96 deposit; // everything put in minus refunds
    uint32 start; // unix seconds from which it vests; 0 = never funded
    uint32 stop; // end of paid time, rewritten on fund, top-up, cancel and stop; flat and paid: the type's maximum
}

/// @notice The seller's side of a claim, carried once for all rows.
struct SubscriptionCommon {
    address payee;
    address operator;
    address token;
    address stopper;
    uint64 listingId;
    address[] relays; // checked against each row's relaysHash by way of the subscription id
    uint16 relayBps;
    address market;
    uint16 marketBps;
}

/// @notice One subscription in a claim: the rest of its terms. Nothing is signed: the clock says what is due.
struct SubscriptionRow {
    address payer;
    address signer;
    uint96 price;
    uint40 period;
    uint96 upfront;
    uint40 notice;
    bytes32 salt;
}

/// @notice Signer or payer: "anyone may cancel for me". Fits one state of the subscription, known by its `stop`.
struct CancelNotice {
    bytes32 subscriptionId;
    uint32 stop;
    uint40 deadline;
}
