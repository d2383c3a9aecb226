// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice One attestation of the Ethereum Attestation Service. Times in unix seconds, 0 = never.
struct Attestation {
    bytes32 uid;
    bytes32 schema;
    uint64 time;
    uint64 expirationTime;
    uint64 revocationTime;
    bytes32 refUID;
    address recipient;
    address attester;
    bool revocable;
    bytes data;
}

/// @title IEAS
/// @notice The part of the Ethereum Attestation Service that is asked here.
interface IEAS {
    /// @return The attestation; all zero for unknown ones.
    function getAttestation(bytes32 uid) external view returns (Attestation memory);
}
