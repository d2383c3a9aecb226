// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {IHubs} from "./interfaces/IHubs.sol";
import {Device, Hub, PublicKey, PublisherKey, Roles} from "./types/HubTypes.sol";

/// @title Hubs
contract Hubs is IHubs {
    uint256 internal constant MAX_METADATA = 8192; // calldata and logs stay affordable; readers may allocate it blindly
    uint256 internal constant MAX_NAME = 64; // fits an MQTT topic level and a file name
    uint40 internal constant DEVICE_KEY_GRACE = 1 days; // a device that is offline overnight can still be re-keyed

    uint8 internal constant GIVABLE = Roles.MANAGER | Roles.TREASURER | Roles.PUBLISHER;

    /// @dev What an account is in one epoch of a hub. One slot.
    struct Membership {
        uint8 roles; // without OWNER
        uint32 liveKeys; // publisher keys registered for it in this epoch and not revoked
    }

    /// @inheritdoc IHubs
    uint64 public hubCount;

    mapping(uint64 hubId => Hub) internal _hubs;
    mapping(uint64 hubId => mapping(uint32 ownerEpoch => mapping(address account => Membership))) internal _members;
    mapping(uint64 hubId => mapping(uint32 keyId => PublisherKey)) internal _keys;
    mapping(uint64 hubId => mapping(bytes32 nameHash => Device)) internal _devices;

    modifier onlyRole(uint64 hubId, uint8 roles) {
        if (_hubs[hubId].owner == address(0)) revert HubUnknown(hubId);
        if (!hasRole(hubId, msg.sender, roles)) revert RoleMissing(hubId, msg.sender, roles);
        _;
    }

    // -------------------------------------------------------------------------------------------------- organisation

    /// @inheritdoc IHubs
    function createHub(string calldata metadata, address payout, bytes32 encryptionKey)
        external
        returns (uint64 hubId)
    {
        if (payout == address(0)) revert AccountMissing();
        if (encryptionKey == 0) revert EncryptionKeyMissing();
        bytes32 metadataHash = _hashMetadata(metadata);

        hubId = ++hubCount;
        Hub storage created = _hubs[hubId];
        created.payout = payout;
        created.owner = msg.sender;
        created.encryptionKey = encryptionKey;
        created.metadataHash = metadataHash;
        emit HubCreated(hubId, msg.sender, payout, encryptionKey, metadata);
    }

    /// @inheritdoc IHubs
    function setRoles(uint64 hubId, address account, uint8 roles) external onlyRole(hubId, Roles.OWNER) {
        if (account == address(0)) revert AccountMissing();
        if (roles & ~GIVABLE != 0) revert RolesInvalid(roles);

        _writeRoles(hubId, _hubs[hubId].ownerEpoch, account, roles);
    }

    /// @inheritdoc IHubs
    function transferHub(uint64 hubId, address newOwner) external onlyRole(hubId, Roles.OWNER) {
        _hubs[hubId].pendingOwner = newOwner;
        emit HubTransferStarted(hubId, msg.sender, newOwner);
    }

    /// @inheritdoc IHubs
    function acceptHub(uint64 hubId) external {
        Hub storage accepted = _hubs[hubId];
        if (msg.sender != accepted.pendingOwner) revert NotPendingOwner(hubId, msg.sender);

        address previousOwner = accepted.owner;
        accepted.owner = msg.sender;
        accepted.pendingOwner = address(0);
        uint32 ownerEpoch = ++accepted.ownerEpoch;
        emit HubTransferred(hubId, previousOwner, msg.sender, ownerEpoch);
    }

    /// @inheritdoc IHubs
    function setPayout(uint64 hubId, address payout) external onlyRole(hubId, Roles.OWNER) {
        if (payout == address(0)) revert AccountMissing();

        _hubs[hubId].payout = payout;
        emit PayoutSet(hubId, payout);
    }

    // ------------------------------------------------------------------------------------------------------- keys

    /// @inheritdoc IHubs
    function registerPublisherKey(uint64 hubId, address account, PublicKey calldata publicKey)
        external
        onlyRole(hubId, Roles.OWNER)
        returns (uint32 keyId)
    {
        if (account == address(0)) revert AccountMissing();
        _requireOnCurve(publicKey);

        Hub storage owning = _hubs[hubId];
        uint32 ownerEpoch = owning.ownerEpoch;
        keyId = owning.keyCount++;
        _keys[hubId][keyId] =
            PublisherKey(publicKey.x, publicKey.y, account, ownerEpoch, uint40(block.timestamp), 0);
        Membership storage member = _members[hubId][ownerEpoch][account];
        member.liveKeys++;
        emit PublisherKeyRegistered(hubId, keyId, account, publicKey.x, publicKey.y);
        _writeRoles(hubId, ownerEpoch, account, member.roles | Roles.PUBLISHER);
    }

    /// @inheritdoc IHubs
    function revokePublisherKey(uint64 hubId, uint32 keyId) external onlyRole(hubId, Roles.OWNER) {
        PublisherKey storage key = _keys[hubId][keyId];
        if (key.registeredAt == 0) revert PublisherKeyUnknown(hubId, keyId);
        if (key.revokedAt != 0) revert PublisherKeyIsRevoked(hubId, keyId);

        key.revokedAt = uint40(block.timestamp);
        address account = key.account;
        // A key of an earlier owner counts in that owner's epoch, whose roles are gone anyway.
        Membership storage member = _members[hubId][key.ownerEpoch][account];
        uint32 liveKeys = --member.liveKeys;
        emit PublisherKeyRevoked(hubId, keyId, account);
        if (liveKeys == 0 && key.ownerEpoch == _hubs[hubId].ownerEpoch) {
            _writeRoles(hubId, key.ownerEpoch, account, member.roles & ~Roles.PUBLISHER);
        }
    }

    // ------------------------------------------------------------------------------------------------------- devices

    /// @inheritdoc IHubs
    function registerDevice(uint64 hubId, string calldata name, PublicKey calldata publicKey, string calldata metadata)
        external
        onlyRole(hubId, Roles.MANAGER | Roles.OWNER)
        returns (bytes32 nameHash)
    {
        if (!_isDeviceName(bytes(name))) revert DeviceNameInvalid(name);
        if (publicKey.x != 0 || publicKey.y != 0) _requireOnCurve(publicKey);
        nameHash = keccak256(bytes(name));
        Device storage registered = _devices[hubId][nameHash];
        if (registered.registeredAt != 0 && registered.revokedAt == 0) revert DeviceExists(hubId, nameHash);

        delete registered.previousKey;
        registered.key = publicKey;
        registered.metadataHash = _hashMetadata(metadata);
        registered.registeredAt = uint40(block.timestamp);
        registered.previousUntil = 0;
        registered.revokedAt = 0;
        emit DeviceRegistered(hubId, nameHash, name, publicKey.x, publicKey.y, metadata);
    }

    /// @inheritdoc IHubs
    function rotateDeviceKey(uint64 hubId, string calldata name, PublicKey calldata publicKey)
        external
        onlyRole(hubId, Roles.MANAGER | Roles.OWNER)
    {
        _requireOnCurve(publicKey);
        (Device storage rotated, bytes32 nameHash) = _liveDevice(hubId, name);

        rotated.previousKey = rotated.key;
        rotated.key = publicKey;
        uint40 previousUntil = uint40(block.timestamp) + DEVICE_KEY_GRACE;
        rotated.previousUntil = previousUntil;
        emit DeviceKeyRotated(hubId, nameHash, publicKey.x, publicKey.y, previousUntil);
    }

    /// @inheritdoc IHubs
    function revokeDevice(uint64 hubId, string calldata name) external onlyRole(hubId, Roles.MANAGER | Roles.OWNER) {
        (Device storage revoked, bytes32 nameHash) = _liveDevice(hubId, name);

        revoked.revokedAt = uint40(block.timestamp);
        revoked.previousUntil = 0;
        emit DeviceRevoked(hubId, nameHash);
    }

    // ---------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IHubs
    function hub(uint64 hubId) external view returns (Hub memory) {
        if (_hubs[hubId].owner == address(0)) revert HubUnknown(hubId);
        return _hubs[hubId];
    }

    /// @inheritdoc IHubs
    function rolesOf(uint64 hubId, address account) public view returns (uint8 roles) {
        roles = _members[hubId][_hubs[hubId].ownerEpoch][account].roles;
        if (account != address(0) && account == _hubs[hubId].owner) roles |= Roles.OWNER;
    }

    /// @inheritdoc IHubs
    function hasRole(uint64 hubId, address account, uint8 roles) public view returns (bool) {
        return rolesOf(hubId, account) & roles != 0;
    }

    /// @inheritdoc IHubs
    function sellerOf(uint64 hubId, address operator) external view returns (address payout, bool isPublisher) {
        Hub storage selling = _hubs[hubId];
        payout = selling.payout;
        isPublisher = _members[hubId][selling.ownerEpoch][operator].roles & Roles.PUBLISHER != 0;
    }

    /// @inheritdoc IHubs
    function publisherKey(uint64 hubId, uint32 keyId) external view returns (PublisherKey memory key) {
        key = _keys[hubId][keyId];
        if (key.registeredAt == 0) revert PublisherKeyUnknown(hubId, keyId);
    }

    /// @inheritdoc IHubs
    function device(uint64 hubId, bytes32 nameHash) external view returns (Device memory found) {
        found = _devices[hubId][nameHash];
        if (found.registeredAt == 0) revert DeviceUnknown(hubId, nameHash);
    }

    // -------------------------------------------------------------------------------------------------------- inside

    function _writeRoles(uint64 hubId, uint32 ownerEpoch, address account, uint8 roles) internal {
        Membership storage member = _members[hubId][ownerEpoch][account];
        if (member.roles == roles) return;
        member.roles = roles;
        emit RolesSet(hubId, account, ownerEpoch, roles);
    }

    function _liveDevice(uint64 hubId, string calldata name)
        internal
        view
        returns (Device storage found, bytes32 nameHash)
    {
        nameHash = keccak256(bytes(name));
        found = _devices[hubId][nameHash];
        if (found.registeredAt == 0 || found.revokedAt != 0) revert DeviceUnknown(hubId, nameHash);
    }

    function _requireOnCurve(PublicKey calldata key) internal pure {
        if (!P256.isValidPublicKey(key.x, key.y)) revert PublicKeyInvalid(key.x, key.y);
    }

    function _hashMetadata(string calldata metadata) internal pure returns (bytes32) {
        uint256 length = bytes(metadata).length;
        if (length > MAX_METADATA) revert MetadataTooLong(length, MAX_METADATA);
        return keccak256(bytes(metadata));
    }

    function _isDeviceName(bytes calldata name) internal pure returns (bool) {
        if (name.length == 0 || name.length > MAX_NAME) return false;
        for (uint256 i = 0; i < name.length; i++) {
            bytes1 c = name[i];
            bool allowed = (c >= "a" && c <= "z") || (c >= "A" && c <= "Z") || (c >= "0" && c <= "9") || c == "."
                || c == "_" || c == "-";
            if (!allowed) return false;
        }
        return true;
    }
}
