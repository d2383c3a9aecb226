// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice One time that consent was asked for a listing. Two slots. Times in unix seconds.
struct ConsentRound {
    bytes32 formHash; // of the text that the subjects were shown
    uint40 notBefore;
    uint40 notAfter; // the first second without consent
    uint32 subjectCount; // subjects ever named in this round; never falls
    uint32 given; // of them, those whose consent stands
    uint40 withdrawnAt; // of the whole round; 0 = never
}

/// @notice Where one subject stands in one round.
enum Consent {
    UNKNOWN, // not named in the round
    ASKED,
    GIVEN,
    WITHDRAWN // or refused; final within the round
}
