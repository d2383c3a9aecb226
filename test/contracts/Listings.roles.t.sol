// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IListings} from "../../contracts/interfaces/IListings.sol";
import {SellerFixture} from "./support/SellerFixture.sol";

// Every state-changing function of Listings × owner, manager, treasurer, publisher, stranger, Disputes.
// Who is refused is refused for who he is. The list of functions is held to the ABI by test/vectors/roles.test.ts.
contract ListingsRolesTest is SellerFixture {
    bytes4 private immutable MISSING = IListings.RoleMissing.selector;
    bytes4 private immutable NOT_DISPUTES = IListings.NotDisputes.selector;
    uint8 private constant SELLER_ = OWNER_ | MANAGER_;

    function test_table() public {
        uint64 open = list(offer());
        uint64 paused = list(offer());
        vm.prank(manager);
        listings.pauseListing(paused);
        vm.prank(disputes);
        listings.lockBond(open, 7);

        cell("createListing", MINIMUM_BOND, abi.encodeCall(listings.createListing, (hubId, offer(), METADATA)), SELLER_, MISSING);
        cell("reviseListing", 0, abi.encodeCall(listings.reviseListing, (open, offer(), METADATA)), SELLER_, MISSING);
        cell("pauseListing", 0, abi.encodeCall(listings.pauseListing, (open)), SELLER_, MISSING);
        cell("resumeListing", 0, abi.encodeCall(listings.resumeListing, (paused)), SELLER_, MISSING);
        cell("closeListing", 0, abi.encodeCall(listings.closeListing, (open)), SELLER_, MISSING);
        cell("topUpBond", 1, abi.encodeCall(listings.topUpBond, (open)), ANYBODY_, 0);
        cell("lockBond", 0, abi.encodeCall(listings.lockBond, (open, 1)), DISPUTES_, NOT_DISPUTES);
        cell("releaseBond", 0, abi.encodeCall(listings.releaseBond, (open, 1)), DISPUTES_, NOT_DISPUTES);
        cell("drawBond", 0, abi.encodeCall(listings.drawBond, (open, relay, 1)), DISPUTES_, NOT_DISPUTES);
        vm.startPrank(manager);
        listings.closeListing(paused);
        vm.warp(block.timestamp + DISPUTE_WINDOW);
        vm.stopPrank();
        cell("withdrawBond", 0, abi.encodeCall(listings.withdrawBond, (paused)), ANYBODY_, 0);
        // Nobody is owed anything, so everybody gets as far as that, if the money goes to its holder.
        cell("pull", 0, abi.encodeCall(listings.pull, (relay, relay)), 0, IListings.NothingOwed.selector);
        cell("pull to another", 0, abi.encodeCall(listings.pull, (relay, market)), 0, IListings.RecipientNotHolder.selector);
    }

    /// @dev With the hub's owner every role he gave ends.
    function test_tableOfAnotherOwner() public {
        uint64 open = list(offer());
        transferHubTo(stranger);
        cell("pauseListing", 0, abi.encodeCall(listings.pauseListing, (open)), STRANGER_, MISSING);
        cell("closeListing", 0, abi.encodeCall(listings.closeListing, (open)), STRANGER_, MISSING);
        bytes memory revise = abi.encodeCall(listings.reviseListing, (open, offer(), METADATA));
        vm.prank(stranger);
        hubs.setRoles(hubId, operator, 8);
        cell("reviseListing", 0, revise, STRANGER_, MISSING);
    }

    function cell(string memory name, uint256 value, bytes memory data, uint8 allowed, bytes4 refusal) private {
        row(name, address(listings), value, data, allowed, refusal);
    }
}
