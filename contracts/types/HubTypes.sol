// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Roles of an account in a hub. A bitmap.
library Roles {
    uint8 internal constant OWNER = 1; // cold: payout, roles, transfer
    uint8 internal constant MANAGER = 2; // listings, devices, approvals
    uint8 internal constant TREASURER = 4; // claims and pulls, to the payout address only
    uint8 internal constant PUBLISHER = 8; // the gateway's account: anchors, close offers
}

/// @notice A P-256 public key (ES256), affine coordinates.
struct PublicKey {
    bytes32 x;
    bytes32 y;
}

/// @notice A seller's organisation.
struct Hub {
    address payout; // where purchases are paid to
    uint32 ownerEpoch; // number of completed transfers; roles belong to one epoch
    uint32 keyCount; // publisher keys ever registered
    address owner;
    address pendingOwner; // 0 = no transfer under way
    bytes32 encryptionKey; // X25519
    bytes32 metadataHash; // keccak256 of the JSON-LD text
}

/// @notice A key that signs segments. Times in unix seconds.
struct PublisherKey {
    bytes32 x;
    bytes32 y;
    address account; // the gateway's account it was registered for
    uint32 ownerEpoch; // the epoch in which it was registered
    uint40 registeredAt;
    uint40 revokedAt; // 0 = never
}

/// @notice A device of a hub. Times in unix seconds.
struct Device {
    PublicKey key; // all zero = none, only a password at the gateway
    PublicKey previousKey; // still accepted until previousUntil
    bytes32 metadataHash;
    uint40 registeredAt;
    uint40 previousUntil;
    uint40 revokedAt; // 0 = never
}
