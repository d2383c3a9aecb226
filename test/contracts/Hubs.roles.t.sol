// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IHubs} from "../../contracts/interfaces/IHubs.sol";
import {PublicKey} from "../../contracts/types/HubTypes.sol";
import {SellerFixture} from "./support/SellerFixture.sol";

// Every state-changing function of Hubs × owner, manager, treasurer, publisher, stranger. Who is refused is refused for who
// he is.
// The list of functions is held to the ABI by test/vectors/roles.test.ts.
contract HubsRolesTest is SellerFixture {
    function test_table() public {
        PublicKey memory key = generator();
        vm.startPrank(manager);
        hubs.registerDevice(hubId, "mast", key, METADATA);
        vm.stopPrank();
        vm.prank(owner);
        hubs.transferHub(hubId, stranger);

        bytes4 missing = IHubs.RoleMissing.selector;
        uint8 both = OWNER_ | MANAGER_;
        cell("createHub", abi.encodeCall(hubs.createHub, (METADATA, payout, bytes32(uint256(1)))), ANYBODY_, 0);
        cell("setRoles", abi.encodeCall(hubs.setRoles, (hubId, relay, 2)), OWNER_, missing);
        cell("transferHub", abi.encodeCall(hubs.transferHub, (hubId, relay)), OWNER_, missing);
        cell("acceptHub", abi.encodeCall(hubs.acceptHub, (hubId)), STRANGER_, IHubs.NotPendingOwner.selector);
        cell("setPayout", abi.encodeCall(hubs.setPayout, (hubId, relay)), OWNER_, missing);
        cell("registerPublisherKey", abi.encodeCall(hubs.registerPublisherKey, (hubId, relay, key)), OWNER_, missing);
        cell("revokePublisherKey", abi.encodeCall(hubs.revokePublisherKey, (hubId, 0)), OWNER_, missing);
        cell("registerDevice", abi.encodeCall(hubs.registerDevice, (hubId, "new", key, METADATA)), both, missing);
        cell("rotateDeviceKey", abi.encodeCall(hubs.rotateDeviceKey, (hubId, "mast", key)), both, missing);
        cell("revokeDevice", abi.encodeCall(hubs.revokeDevice, (hubId, "mast")), both, missing);
    }

    function cell(string memory name, bytes memory data, uint8 allowed, bytes4 refusal) private {
        row(name, address(hubs), 0, data, allowed, refusal);
    }
}
