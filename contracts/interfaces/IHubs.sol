// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Device, Hub, PublicKey, PublisherKey} from "../types/HubTypes.sol";

/// @title IHubs
/// @notice Who sells. A hub is a seller's organisation: one owner, accounts with roles, a payout address, the P-256
/// keys that sign its segments, and its devices.
///
/// Roles are a bitmap (library `Roles`). OWNER is the one account that {hub} names and is never given by {setRoles};
/// it implies no other role. All other roles belong to (hub, ownerEpoch, account): a transfer raises `ownerEpoch`, and with it
/// every role the old owner gave is gone. Publisher keys survive a transfer as evidence of what was signed.
///
/// Metadata is JSON-LD text of at most 8 KiB. It travels in calldata and in the event, and only its keccak256 is stored.
///
/// Nobody owns this contract; it holds no money and cannot be paused or upgraded. Times are unix seconds.
interface IHubs {
    // ------------------------------------------------------------------------------------------------------- errors

    /// @notice No hub has this id.
    error HubUnknown(uint64 hubId);

    /// @notice `account` holds none of `roles` in the hub.
    error RoleMissing(uint64 hubId, address account, uint8 roles);

    /// @notice The bitmap contains OWNER or an unknown bit.
    error RolesInvalid(uint8 roles);

    /// @notice An account that must be set is zero.
    error AccountMissing();

    /// @notice A hub needs an X25519 key for notes and commands.
    error EncryptionKeyMissing();

    /// @notice Only the account that the owner named may accept the hub.
    error NotPendingOwner(uint64 hubId, address account);

    /// @notice The point is not on the P-256 curve.
    error PublicKeyInvalid(bytes32 x, bytes32 y);

    /// @notice The hub has no publisher key of this number.
    error PublisherKeyUnknown(uint64 hubId, uint32 keyId);

    /// @notice The key was revoked before.
    error PublisherKeyIsRevoked(uint64 hubId, uint32 keyId);

    /// @notice A device name has 1 to 64 characters of `A-Z a-z 0-9 . _ -`.
    error DeviceNameInvalid(string name);

    /// @notice A device of this name is registered.
    error DeviceExists(uint64 hubId, bytes32 nameHash);

    /// @notice No device of this name is registered, or it was revoked.
    error DeviceUnknown(uint64 hubId, bytes32 nameHash);

    /// @notice The metadata is longer than 8,192 bytes.
    error MetadataTooLong(uint256 length, uint256 maximum);

    // ------------------------------------------------------------------------------------------------------- events

    /// @notice A hub was created.
    event HubCreated(
        uint64 indexed hubId, address indexed owner, address payout, bytes32 encryptionKey, string metadata
    );

    /// @notice An account's roles changed, by {setRoles} or with its publisher keys.
    /// @param ownerEpoch The epoch they belong to; with the next one they are gone.
    /// @param roles The whole bitmap afterwards.
    event RolesSet(uint64 indexed hubId, address indexed account, uint32 ownerEpoch, uint8 roles);

    /// @notice The owner named a successor, or took that back (`pendingOwner` = 0).
    event HubTransferStarted(uint64 indexed hubId, address indexed owner, address indexed pendingOwner);

    /// @notice The successor accepted. All roles of earlier epochs ended.
    event HubTransferred(
        uint64 indexed hubId, address indexed previousOwner, address indexed owner, uint32 ownerEpoch
    );

    /// @notice The payout address changed; purchases made before keep theirs.
    event PayoutSet(uint64 indexed hubId, address payout);

    /// @notice A key that signs segments was registered and `account` got PUBLISHER.
    event PublisherKeyRegistered(
        uint64 indexed hubId, uint32 indexed keyId, address indexed account, bytes32 x, bytes32 y
    );

    /// @notice A key ended. Headers signed by it count only under an anchor mined no later than this.
    event PublisherKeyRevoked(uint64 indexed hubId, uint32 indexed keyId, address indexed account);

    /// @notice A device was registered. `x` = `y` = 0: it has no key of its own, only a password at the gateway.
    event DeviceRegistered(
        uint64 indexed hubId, bytes32 indexed nameHash, string name, bytes32 x, bytes32 y, string metadata
    );

    /// @notice A device has another key. The previous one is accepted until `previousUntil`.
    event DeviceKeyRotated(
        uint64 indexed hubId, bytes32 indexed nameHash, bytes32 x, bytes32 y, uint40 previousUntil
    );

    /// @notice A device ended at once, with all its keys.
    event DeviceRevoked(uint64 indexed hubId, bytes32 indexed nameHash);

    // -------------------------------------------------------------------------------------------------- organisation

    /// @notice Creates a hub that the caller owns.
    /// @dev Emits {HubCreated}.
    ///
    /// Requirements: `payout` and `encryptionKey` are not zero; `metadata` has at most 8,192 bytes.
    /// @param metadata JSON-LD text.
    /// @param payout Where the hub's sales are paid to.
    /// @param encryptionKey X25519 public key for notes and commands to the hub.
    /// @return hubId Counts from 1.
    function createHub(string calldata metadata, address payout, bytes32 encryptionKey)
        external
        returns (uint64 hubId);

    /// @notice Replaces an account's roles.
    /// @dev Emits {RolesSet}.
    ///
    /// Requirements: the caller is the owner; `account` is not zero; `roles` contains nothing but MANAGER, TREASURER, PUBLISHER.
    /// Warning: taking PUBLISHER away leaves the account's keys valid; end those by {revokePublisherKey}.
    /// @param roles The whole bitmap; 0 takes everything away.
    function setRoles(uint64 hubId, address account, uint8 roles) external;

    /// @notice Names the next owner, who becomes it by {acceptHub}. Naming zero takes an earlier offer back.
    /// @dev Emits {HubTransferStarted}. Requirements: the caller is the owner.
    function transferHub(uint64 hubId, address newOwner) external;

    /// @notice Takes over a hub. All roles end; the payout address and the publisher keys stay.
    /// @dev Emits {HubTransferred}. Requirements: the caller was named by {transferHub}.
    /// Warning: the new owner should look at the payout address, and give PUBLISHER again before anything can be sold.
    function acceptHub(uint64 hubId) external;

    /// @notice Changes where future purchases are paid to.
    /// @dev Emits {PayoutSet}. Requirements: the caller is the owner; `payout` is not zero.
    /// Warning: listings state their payee; each must be revised before it sells again.
    function setPayout(uint64 hubId, address payout) external;

    // ------------------------------------------------------------------------------------------------------- keys

    /// @notice Registers a P-256 key that signs segments and gives `account` PUBLISHER.
    /// @dev Emits {PublisherKeyRegistered}, and {RolesSet} if the account's roles changed.
    ///
    /// Requirements: the caller is the owner; `account` is not zero; the key lies on the curve.
    /// @param account The gateway's account: operator of listings, writer of anchors.
    /// @return keyId Counts per hub from 0; segment headers carry it.
    function registerPublisherKey(uint64 hubId, address account, PublicKey calldata publicKey)
        external
        returns (uint32 keyId);

    /// @notice Ends a key. With the last key registered for it in this epoch, its account loses PUBLISHER.
    /// @dev Emits {PublisherKeyRevoked}, and {RolesSet} if the account's roles changed.
    ///
    /// Requirements: the caller is the owner; the key exists and is not revoked.
    function revokePublisherKey(uint64 hubId, uint32 keyId) external;

    // ------------------------------------------------------------------------------------------------------- devices

    /// @notice Registers a device. A revoked name may be registered again.
    /// @dev Emits {DeviceRegistered}.
    ///
    /// Requirements: the caller is MANAGER or owner; the name is well-formed and not in use; the key lies on the curve or is
    /// all zero (no key, only a password at the gateway); `metadata` has at most 8,192 bytes.
    /// @return nameHash keccak256 of the name.
    function registerDevice(uint64 hubId, string calldata name, PublicKey calldata publicKey, string calldata metadata)
        external
        returns (bytes32 nameHash);

    /// @notice Gives a device another key. The one before stays valid for a day.
    /// @dev Emits {DeviceKeyRotated}. Requirements: the caller is MANAGER or owner; the device is registered; the key lies on the curve.
    function rotateDeviceKey(uint64 hubId, string calldata name, PublicKey calldata publicKey) external;

    /// @notice Ends a device at once, without a grace period.
    /// @dev Emits {DeviceRevoked}. Requirements: the caller is MANAGER or owner; the device is registered.
    function revokeDevice(uint64 hubId, string calldata name) external;

    // ---------------------------------------------------------------------------------------------------------- views

    /// @notice How many hubs there are; the newest has this id.
    function hubCount() external view returns (uint64);

    /// @notice A hub as it stands. Reverts with {HubUnknown}.
    function hub(uint64 hubId) external view returns (Hub memory);

    /// @notice An account's roles now, OWNER included. 0 for unknown hubs.
    function rolesOf(uint64 hubId, address account) external view returns (uint8);

    /// @notice Whether the account holds at least one of the roles in the bitmap now.
    function hasRole(uint64 hubId, address account, uint8 roles) external view returns (bool);

    /// @notice Where the hub is paid, and whether `operator` holds PUBLISHER. (0, false) for unknown hubs.
    function sellerOf(uint64 hubId, address operator) external view returns (address payout, bool isPublisher);

    /// @notice A publisher key. Reverts with {PublisherKeyUnknown}.
    function publisherKey(uint64 hubId, uint32 keyId) external view returns (PublisherKey memory);

    /// @notice A device by the keccak256 of its name. Reverts with {DeviceUnknown} if it was never registered; a revoked
    /// one is returned with `revokedAt` set.
    function device(uint64 hubId, bytes32 nameHash) external view returns (Device memory);
}
