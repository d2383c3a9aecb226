// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// The numbers are those of docs/invariants.md, which names for each test the mutant that makes it fail.
// The handler plays everybody; less than half of its calls may revert, or the campaign says little.

import {Listing} from "../../contracts/types/ListingTypes.sol";
import {Campaign} from "./support/Campaign.sol";
import {ListingsHandler} from "./support/ListingsHandler.sol";

contract ListingsInvariantsTest is Campaign {
    ListingsHandler private handler;

    function setUp() public {
        handler = new ListingsHandler();
        handler.createListing(1 ether, 2); // an empty market shows nothing
        bytes4[] memory steps = new bytes4[](14);
        steps[0] = ListingsHandler.createListing.selector;
        steps[1] = ListingsHandler.reviseListing.selector;
        steps[2] = ListingsHandler.pauseOrResume.selector;
        steps[3] = ListingsHandler.closeListing.selector;
        steps[4] = ListingsHandler.purchase.selector;
        steps[5] = ListingsHandler.topUp.selector;
        steps[6] = ListingsHandler.lock.selector;
        steps[7] = ListingsHandler.lock.selector; // twice: without it there is nothing to release or draw
        steps[8] = ListingsHandler.release.selector;
        steps[9] = ListingsHandler.draw.selector;
        steps[10] = ListingsHandler.pull.selector;
        steps[11] = ListingsHandler.withdrawBond.selector;
        steps[12] = ListingsHandler.thieve.selector;
        steps[13] = ListingsHandler.pass.selector;
        targetSelector(FuzzSelector({addr: address(handler), selectors: steps}));
        targetContract(address(handler));
    }

    function afterInvariant() public {
        reportShare("ListingsHandler", handler.calls(), handler.reverts());
        assertEq(handler.surprises(), 0, "something lawful was refused");
        if (handler.calls() < 100) return; // a run that was cut short says little
        assertLe(handler.reverts() * 2, handler.calls(), "more than half of the calls reverted");
    }

    /// @dev Every version says for ever what it said when it was made, those that were bought above all.
    /// hardhat-config: invariant.runs = 125
    function invariant_18_aVersionNeverChanges() public view {
        assertEq(handler.rewritten(), 0);
        assertEq(handler.oldSales(), 0);
        for (uint64 id = 1; id <= handler.count(); ++id) {
            uint32 newest = handler.listing(id).version;
            for (uint32 version; version <= newest + 1; ++version) {
                assertEq(handler.termsHashOf(id, version), handler.said(id, version));
            }
        }
        ListingsHandler.Purchased[] memory bought = handler.purchases();
        for (uint256 i; i < bought.length; ++i) {
            assertEq(handler.termsHashOf(bought[i].listingId, bought[i].version), bought[i].termsHash);
        }
    }

    /// @dev Each bond is what was put in, less what decided disputes drew, until a close returns the rest; and the coins are
    /// there.
    /// hardhat-config: invariant.runs = 125
    function invariant_19_aBondFallsOnlyByCloseOrDispute() public view {
        assertEq(handler.unlawfulFalls(), 0);
        assertEq(handler.thefts(), 0);
        uint256 sum = handler.owed();
        for (uint64 id = 1; id <= handler.count(); ++id) {
            Listing memory listing = handler.listing(id);
            assertEq(listing.bond, handler.bondOf(id));
            assertEq(listing.lockedBond, handler.lockedOf(id));
            assertLe(listing.lockedBond, listing.bond);
            sum += listing.bond;
        }
        assertEq(handler.held(), sum);
    }
}
