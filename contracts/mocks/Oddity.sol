// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice What a token may do to an escrow. The numbers are those of docs/security.md.
enum Oddity {
    NONE,
    FEE_ON_ARRIVAL, // the recipient gets 1 % less
    FEE_ON_TOP, // the sender pays 1 % more
    FALSE_UNMOVED,
    FALSE_AFTER_MOVING,
    ANSWERS_NOTHING, // 5
    ANSWERS_A_TEXT,
    ANSWERS_TWO,
    ANSWERS_ONE_BYTE,
    REVERTS_SILENTLY,
    REVERTS_WITH_REASON, // 10
    REVERTS_AT_LENGTH, // 150,000 bytes
    BURNS_GAS,
    REENTERS,
    BLOCKS_THE_ESCROW_AS_SENDER,
    BLOCKS_THE_ESCROW_AS_RECIPIENT, // 15
    BLOCKS_ALL_OTHER_RECIPIENTS,
    PAUSED,
    NO_DECIMALS, // the question reverts
    THIRTY_DECIMALS,
    REBASES_UP, // 20; twofold
    REBASES_DOWN, // to a ten-thousandth
    CODE_GONE,
    RESET_BEFORE_APPROVAL, // an allowance that is not zero can only be set to zero
    ALLOWANCE_OF_96_BITS, // the greatest allowance is not for ever
    MOVES_LESS, // 25; half
    MOVES_MORE, // 1 % more
    BALANCE_IS_CONSTANT,
    BALANCE_REVERTS,
    MONEY_FROM_NOWHERE, // nothing moves in, and the balance claims it did
    PERMIT_DOES_NOTHING, // 30
    NONCE_IGNORED, // an EIP-3009 authorisation can be used again
    SIGNATURE_IGNORED, // EIP-3009 without one
    REFUSES_ZERO
}
