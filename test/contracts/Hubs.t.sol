// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {MarketFixture} from "./support/MarketFixture.sol";
import {IHubs} from "../../contracts/interfaces/IHubs.sol";
import {Device, Hub, PublicKey, PublisherKey, Roles} from "../../contracts/types/HubTypes.sol";

// createHub
//   payout zero, encryption key zero, metadata of 8,193 bytes -> reverts
//   otherwise -> the next id, the caller owns it, the text is in the event and its hash in storage
// setRoles
//   not the owner (manager, stranger), unknown hub, account zero, OWNER or unknown bit -> reverts
//   any other bitmap -> exactly these roles, and the event
// transferHub, acceptHub
//   not the owner offers; anybody but the named account accepts; offer taken back -> reverts
//   accepted -> the new owner alone is OWNER; every role of the old epoch is gone, those of the old owner's accounts and
//     their later acts included; keys and payout stay
// setPayout: owner alone, never zero
// registerPublisherKey
//   not the owner, account zero, point off the curve -> reverts
//   otherwise -> ids from 0, PUBLISHER for the account, other roles kept
// revokePublisherKey
//   not the owner, unknown, revoked before -> reverts
//   last live key of the account -> PUBLISHER ends; another one lives -> it stays
//   key of an earlier epoch -> revoked, roles of this epoch untouched
// devices
//   not manager or owner; name empty, 65 long or with another character; point off the curve; registered already -> reverts
//   register (with or without key), rotate (the old key for a day), revoke (at once), register again
contract HubsTest is MarketFixture {
    function testFuzz_createHub(address creator, address payout_, bytes32 key, string calldata metadata) public {
        vm.assume(creator != address(0) && payout_ != address(0) && key != 0 && bytes(metadata).length <= 8192);
        vm.expectEmit(address(hubs));
        emit IHubs.HubCreated(hubId + 1, creator, payout_, key, metadata);
        vm.prank(creator);
        uint64 created = hubs.createHub(metadata, payout_, key);

        assertEq(created, hubs.hubCount());
        Hub memory hub = hubs.hub(created);
        assertEq(hub.owner, creator);
        assertEq(hub.payout, payout_);
        assertEq(hub.encryptionKey, key);
        assertEq(hub.metadataHash, keccak256(bytes(metadata)));
        assertTrue(hubs.hasRole(created, creator, Roles.OWNER));
        assertFalse(hubs.hasRole(created, creator, Roles.MANAGER | Roles.TREASURER | Roles.PUBLISHER));
    }

    function test_createHub_refuses() public {
        vm.expectRevert(IHubs.AccountMissing.selector);
        hubs.createHub(METADATA, address(0), keccak256("key"));
        vm.expectRevert(IHubs.EncryptionKeyMissing.selector);
        hubs.createHub(METADATA, payout, 0);
        string memory long = string(new bytes(8193));
        vm.expectRevert(abi.encodeWithSelector(IHubs.MetadataTooLong.selector, 8193, 8192));
        hubs.createHub(long, payout, keccak256("key"));
        hubs.createHub(string(new bytes(8192)), payout, keccak256("key"));
    }

    function testFuzz_setRoles(address account, uint8 roles) public {
        vm.assume(account != address(0) && account != owner);
        uint8 before = hubs.rolesOf(hubId, account);
        vm.prank(owner);
        if (roles & ~uint8(14) != 0) {
            vm.expectRevert(abi.encodeWithSelector(IHubs.RolesInvalid.selector, roles));
            hubs.setRoles(hubId, account, roles);
            return;
        }
        if (before != roles) {
            vm.expectEmit(address(hubs));
            emit IHubs.RolesSet(hubId, account, 0, roles);
        }
        hubs.setRoles(hubId, account, roles);
        assertEq(hubs.rolesOf(hubId, account), roles);
        for (uint8 bit = 1; bit <= 8; bit *= 2) {
            assertEq(hubs.hasRole(hubId, account, bit), roles & bit != 0);
        }
    }

    function test_setRoles_refuses() public {
        bytes memory missing = abi.encodeWithSelector(IHubs.RoleMissing.selector, hubId, manager, Roles.OWNER);
        vm.prank(manager);
        vm.expectRevert(missing);
        hubs.setRoles(hubId, manager, Roles.PUBLISHER);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IHubs.HubUnknown.selector, 99));
        hubs.setRoles(99, manager, Roles.MANAGER);
        vm.prank(owner);
        vm.expectRevert(IHubs.AccountMissing.selector);
        hubs.setRoles(hubId, address(0), Roles.MANAGER);
    }

    function testFuzz_rolesFallWithTheOldOwner(address newOwner, address helper, uint8 roles) public {
        vm.assume(newOwner != address(0) && newOwner != owner && newOwner != operator && helper != address(0));
        vm.assume(helper != newOwner && helper != operator && helper != owner);
        roles = uint8(bound(roles, 1, 7)) * 2;
        vm.startPrank(owner);
        hubs.setRoles(hubId, helper, roles);
        vm.expectEmit(address(hubs));
        emit IHubs.HubTransferStarted(hubId, owner, newOwner);
        hubs.transferHub(hubId, newOwner);
        vm.stopPrank();
        assertTrue(hubs.hasRole(hubId, owner, Roles.OWNER));

        vm.expectEmit(address(hubs));
        emit IHubs.HubTransferred(hubId, owner, newOwner, 1);
        vm.prank(newOwner);
        hubs.acceptHub(hubId);

        assertEq(hubs.rolesOf(hubId, helper), 0);
        assertEq(hubs.rolesOf(hubId, operator), 0);
        assertEq(hubs.rolesOf(hubId, owner), 0);
        assertEq(hubs.rolesOf(hubId, newOwner), Roles.OWNER);
        (address paidTo, bool isPublisher) = hubs.sellerOf(hubId, operator);
        assertEq(paidTo, payout);
        assertFalse(isPublisher);
        assertEq(hubs.publisherKey(hubId, 0).account, operator);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IHubs.RoleMissing.selector, hubId, owner, Roles.OWNER));
        hubs.setPayout(hubId, owner);
        vm.prank(newOwner);
        vm.expectRevert(abi.encodeWithSelector(IHubs.NotPendingOwner.selector, hubId, newOwner));
        hubs.acceptHub(hubId);
    }

    function test_transferHub_refuses() public {
        vm.prank(manager);
        vm.expectRevert(abi.encodeWithSelector(IHubs.RoleMissing.selector, hubId, manager, Roles.OWNER));
        hubs.transferHub(hubId, manager);
        vm.startPrank(owner);
        hubs.transferHub(hubId, stranger);
        hubs.transferHub(hubId, address(0));
        vm.stopPrank();
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IHubs.NotPendingOwner.selector, hubId, stranger));
        hubs.acceptHub(hubId);
    }

    function test_setPayout() public {
        vm.prank(manager);
        vm.expectRevert(abi.encodeWithSelector(IHubs.RoleMissing.selector, hubId, manager, Roles.OWNER));
        hubs.setPayout(hubId, manager);
        vm.startPrank(owner);
        vm.expectRevert(IHubs.AccountMissing.selector);
        hubs.setPayout(hubId, address(0));
        vm.expectEmit(address(hubs));
        emit IHubs.PayoutSet(hubId, stranger);
        hubs.setPayout(hubId, stranger);
        (address paidTo,) = hubs.sellerOf(hubId, operator);
        assertEq(paidTo, stranger);
    }

    function testFuzz_registerPublisherKey_refusesPointsOffTheCurve(bytes32 x, bytes32 y) public {
        // A random point is on the curve with a chance of about 2^-256.
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IHubs.PublicKeyInvalid.selector, x, y));
        hubs.registerPublisherKey(hubId, operator, PublicKey(x, y));
    }

    function test_registerPublisherKey() public {
        PublisherKey memory first = hubs.publisherKey(hubId, 0);
        assertEq(first.x, generator().x);
        assertEq(first.y, generator().y);
        assertEq(first.account, operator);
        assertEq(first.registeredAt, block.timestamp);
        assertEq(first.revokedAt, 0);

        PublicKey memory key = otherKey();
        vm.expectEmit(address(hubs));
        emit IHubs.PublisherKeyRegistered(hubId, 1, manager, key.x, key.y);
        vm.expectEmit(address(hubs));
        emit IHubs.RolesSet(hubId, manager, 0, Roles.MANAGER | Roles.PUBLISHER);
        vm.prank(owner);
        assertEq(hubs.registerPublisherKey(hubId, manager, key), 1);
        assertEq(hubs.rolesOf(hubId, manager), Roles.MANAGER | Roles.PUBLISHER);

        PublicKey memory shifted = PublicKey(key.x, bytes32(uint256(key.y) + 1));
        vm.startPrank(owner);
        vm.expectRevert(abi.encodeWithSelector(IHubs.PublicKeyInvalid.selector, shifted.x, shifted.y));
        hubs.registerPublisherKey(hubId, operator, shifted);
        vm.expectRevert(IHubs.AccountMissing.selector);
        hubs.registerPublisherKey(hubId, address(0), key);
        vm.stopPrank();
        vm.prank(manager);
        vm.expectRevert(abi.encodeWithSelector(IHubs.RoleMissing.selector, hubId, manager, Roles.OWNER));
        hubs.registerPublisherKey(hubId, manager, key);
        vm.expectRevert(abi.encodeWithSelector(IHubs.PublisherKeyUnknown.selector, hubId, 2));
        hubs.publisherKey(hubId, 2);
    }

    function test_revokePublisherKey() public {
        vm.startPrank(owner);
        hubs.registerPublisherKey(hubId, operator, otherKey());
        vm.warp(block.timestamp + 5);
        vm.expectEmit(address(hubs));
        emit IHubs.PublisherKeyRevoked(hubId, 0, operator);
        hubs.revokePublisherKey(hubId, 0);
        assertEq(hubs.publisherKey(hubId, 0).revokedAt, block.timestamp);
        assertEq(hubs.rolesOf(hubId, operator), Roles.PUBLISHER);

        hubs.revokePublisherKey(hubId, 1);
        assertEq(hubs.rolesOf(hubId, operator), 0);
        vm.expectRevert(abi.encodeWithSelector(IHubs.PublisherKeyIsRevoked.selector, hubId, 1));
        hubs.revokePublisherKey(hubId, 1);
        vm.expectRevert(abi.encodeWithSelector(IHubs.PublisherKeyUnknown.selector, hubId, 2));
        hubs.revokePublisherKey(hubId, 2);
        vm.stopPrank();
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IHubs.RoleMissing.selector, hubId, operator, Roles.OWNER));
        hubs.revokePublisherKey(hubId, 0);
    }

    function test_revokePublisherKey_ofAnEarlierOwner() public {
        vm.prank(owner);
        hubs.transferHub(hubId, stranger);
        vm.startPrank(stranger);
        hubs.acceptHub(hubId);
        hubs.setRoles(hubId, operator, Roles.PUBLISHER);
        hubs.revokePublisherKey(hubId, 0);
        assertEq(hubs.publisherKey(hubId, 0).revokedAt, block.timestamp);
        assertEq(hubs.rolesOf(hubId, operator), Roles.PUBLISHER);
    }

    function testFuzz_deviceNames(string calldata name) public {
        bytes memory text = bytes(name);
        bool isGood = text.length > 0 && text.length <= 64;
        for (uint256 i = 0; i < text.length && isGood; i++) {
            uint8 c = uint8(text[i]);
            isGood = (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || (c >= 48 && c <= 57) || c == 46 || c == 95
                || c == 45;
        }
        vm.prank(manager);
        if (!isGood) vm.expectRevert(abi.encodeWithSelector(IHubs.DeviceNameInvalid.selector, name));
        hubs.registerDevice(hubId, name, generator(), METADATA);
    }

    function test_deviceNames_edges() public {
        vm.startPrank(manager);
        hubs.registerDevice(hubId, "azAZ09._-", generator(), METADATA);
        bytes memory long = new bytes(64);
        for (uint256 i = 0; i < 64; i++) long[i] = "a";
        hubs.registerDevice(hubId, string(long), generator(), METADATA);
        string[7] memory bad = ["", "a/b", "a b", "a+", "#", unicode"ä", string(abi.encodePacked(long, "a"))];
        for (uint256 i = 0; i < bad.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(IHubs.DeviceNameInvalid.selector, bad[i]));
            hubs.registerDevice(hubId, bad[i], generator(), METADATA);
        }
    }

    function test_deviceLife() public {
        bytes32 nameHash = keccak256("mast-1");
        PublicKey memory none;
        vm.startPrank(manager);
        vm.expectEmit(address(hubs));
        emit IHubs.DeviceRegistered(hubId, nameHash, "mast-1", generator().x, generator().y, METADATA);
        assertEq(hubs.registerDevice(hubId, "mast-1", generator(), METADATA), nameHash);
        vm.expectRevert(abi.encodeWithSelector(IHubs.DeviceExists.selector, hubId, nameHash));
        hubs.registerDevice(hubId, "mast-1", otherKey(), METADATA);

        uint40 until = uint40(block.timestamp) + 1 days;
        vm.expectEmit(address(hubs));
        emit IHubs.DeviceKeyRotated(hubId, nameHash, otherKey().x, otherKey().y, until);
        hubs.rotateDeviceKey(hubId, "mast-1", otherKey());
        Device memory device = hubs.device(hubId, nameHash);
        assertEq(device.key.x, otherKey().x);
        assertEq(device.previousKey.x, generator().x);
        assertEq(device.previousUntil, until);

        vm.expectEmit(address(hubs));
        emit IHubs.DeviceRevoked(hubId, nameHash);
        hubs.revokeDevice(hubId, "mast-1");
        device = hubs.device(hubId, nameHash);
        assertEq(device.revokedAt, block.timestamp);
        assertEq(device.previousUntil, 0);
        vm.expectRevert(abi.encodeWithSelector(IHubs.DeviceUnknown.selector, hubId, nameHash));
        hubs.rotateDeviceKey(hubId, "mast-1", generator());
        vm.expectRevert(abi.encodeWithSelector(IHubs.DeviceUnknown.selector, hubId, nameHash));
        hubs.revokeDevice(hubId, "mast-1");

        hubs.registerDevice(hubId, "mast-1", none, METADATA);
        device = hubs.device(hubId, nameHash);
        assertEq(device.key.x, 0);
        assertEq(device.previousKey.x, 0);
        assertEq(device.revokedAt, 0);
    }

    function test_devices_refuse() public {
        PublicKey memory none;
        PublicKey memory bad = PublicKey(generator().x, otherKey().y);
        bytes memory offCurve = abi.encodeWithSelector(IHubs.PublicKeyInvalid.selector, bad.x, bad.y);
        vm.startPrank(owner);
        vm.expectRevert(offCurve);
        hubs.registerDevice(hubId, "a", bad, METADATA);
        hubs.registerDevice(hubId, "a", generator(), METADATA);
        vm.expectRevert(offCurve);
        hubs.rotateDeviceKey(hubId, "a", bad);
        vm.expectRevert(abi.encodeWithSelector(IHubs.PublicKeyInvalid.selector, bytes32(0), bytes32(0)));
        hubs.rotateDeviceKey(hubId, "a", none);
        vm.expectRevert(abi.encodeWithSelector(IHubs.MetadataTooLong.selector, 8193, 8192));
        hubs.registerDevice(hubId, "b", generator(), string(new bytes(8193)));
        vm.expectRevert(abi.encodeWithSelector(IHubs.DeviceUnknown.selector, hubId, keccak256("b")));
        hubs.device(hubId, keccak256("b"));
        vm.stopPrank();

        uint8 either = Roles.MANAGER | Roles.OWNER;
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(IHubs.RoleMissing.selector, hubId, operator, either));
        hubs.registerDevice(hubId, "c", generator(), METADATA);
        vm.expectRevert(abi.encodeWithSelector(IHubs.RoleMissing.selector, hubId, operator, either));
        hubs.rotateDeviceKey(hubId, "a", otherKey());
        vm.expectRevert(abi.encodeWithSelector(IHubs.RoleMissing.selector, hubId, operator, either));
        hubs.revokeDevice(hubId, "a");
    }

    function test_unknownHub() public {
        assertEq(hubs.rolesOf(99, owner), 0);
        assertEq(hubs.rolesOf(99, address(0)), 0);
        vm.expectRevert(abi.encodeWithSelector(IHubs.HubUnknown.selector, 99));
        hubs.hub(99);
        vm.expectRevert(abi.encodeWithSelector(IHubs.NotPendingOwner.selector, 99, address(this)));
        hubs.acceptHub(99);
    }
}
