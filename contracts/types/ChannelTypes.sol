// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice What both sides of a metered escrow accept. Carried in calldata; only its hash is part of the state.
/// @dev `channelId = keccak256(abi.encode(deployment, hashStruct(terms)))`.
struct Terms {
    address payer;
    address payee;
    address operator; // the seller's PUBLISHER account: may claim (to the payee) and close
    address token; // 0 = the chain's native coin
    address signer; // a plain key: vouchers are checked by ECDSA against it, never by ERC-1271
    uint64 listingId;
    bytes32 relaysHash; // keccak256(abi.encode(relays))
    uint16 relayBps;
    address market;
    uint16 marketBps;
    uint40 challenge; // seconds between requestClose and withdraw
    bytes32 salt;
}

/// @notice The one storage slot of a channel. Never zeroed.
struct Channel {
    uint96 claimed; // total ever paid out; never falls
    uint96 deposit; // everything put in minus refunds
    uint40 closeAt; // unix seconds after which anyone may withdraw for the payer; 0 = open
    uint24 epoch; // number of ended closes
}

/// @notice "The payee may take up to `cumulative`, and `relay` carried it."
struct Voucher {
    bytes32 channelId;
    uint96 cumulative;
    address relay;
}

/// @notice "The payee may take `base + i * tickValue` by showing x with h^i(x) = tip, i <= maxTicks."
struct TickVoucher {
    bytes32 channelId;
    uint96 base;
    bytes32 tip;
    uint96 tickValue;
    uint16 maxTicks;
    address relay;
}

/// @notice Payee or operator: "anyone may close now at this total".
struct CloseOffer {
    bytes32 channelId;
    uint96 finalCumulative;
    uint24 epoch;
    uint40 deadline;
}

/// @notice Payer or signer: "anyone may start the challenge for me".
struct CloseNotice {
    bytes32 channelId;
    uint24 epoch;
    uint40 deadline;
}

/// @notice The seller's side of a claim batch, carried once for all rows.
struct ClaimCommon {
    address payee;
    address operator;
    address token;
    uint64 listingId;
    address[] relays; // checked against each row's relaysHash by way of the channel id
    uint16 relayBps;
    address market;
    uint16 marketBps;
    uint40 challenge;
}

/// @notice One channel's voucher in a batch: the rest of its terms, the total, and the signature.
struct ClaimRow {
    address payer;
    address signer;
    bytes32 salt;
    uint96 cumulative;
    address relay;
    bytes32 r;
    bytes32 vs; // EIP-2098
}

/// @notice One channel's tick voucher: the rest of its terms, the voucher, the revealed preimage.
struct TickRow {
    address payer;
    address signer;
    bytes32 salt;
    uint96 base;
    bytes32 tip;
    uint96 tickValue;
    uint16 maxTicks;
    address relay;
    bytes32 r;
    bytes32 vs;
    bytes32 preimage;
}

/// @notice Why a row of a claim batch moved nothing.
enum SkipReason {
    NOTHING_NEW, // unknown channel, nothing deposited beyond `claimed`, or a total already claimed
    WRONG_SIGNATURE // not signed by the channel's signer
}
