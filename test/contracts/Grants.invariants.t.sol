// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// The numbers are those of docs/invariants.md, which names the mutants that make the tests fail.
// The handler plays everybody; less than half of its calls may revert, or the campaign says little.

import {Grant} from "../../contracts/types/GrantTypes.sol";
import {Campaign} from "./support/Campaign.sol";
import {GrantsHandler} from "./support/GrantsHandler.sol";

contract GrantsInvariantsTest is Campaign {
    GrantsHandler private handler;

    function setUp() public {
        vm.warp(1_800_000_000);
        handler = new GrantsHandler();
        handler.setUp();
        bytes4[] memory steps = new bytes4[](7);
        steps[0] = GrantsHandler.buyPlan.selector;
        steps[1] = GrantsHandler.buyPlan.selector; // twice: an empty market shows nothing
        steps[2] = GrantsHandler.fundAhead.selector;
        steps[3] = GrantsHandler.give.selector;
        steps[4] = GrantsHandler.revoke.selector;
        steps[5] = GrantsHandler.steal.selector;
        steps[6] = GrantsHandler.pass.selector;
        targetSelector(FuzzSelector({addr: address(handler), selectors: steps}));
        targetContract(address(handler));
    }

    /// @dev All grants once more at the end of a run; after every step only the newest, or a run's cost would grow with its square.
    function afterInvariant() public {
        reportShare("GrantsHandler", handler.calls(), handler.reverts());
        assertTrue(handler.areAllUntouched(), "tokens moved that nobody had paid");
        bytes32[] memory made = handler.madeIds();
        for (uint256 i; i < made.length; ++i) checkMade(made[i]);
        bytes32[] memory refused = handler.refusedIds();
        for (uint256 i; i < refused.length; ++i) checkRefused(refused[i]);
        if (handler.calls() < 100) return; // a run that was cut short says little
        assertLe(handler.reverts() * 2, handler.calls(), "more than half of the calls reverted");
    }

    /// @dev Whoever allows Grants, both escrows and Permit2 all that he has, loses what he paid for his own purchases and nothing else. After
    /// every step the one whom it was about, everybody at the end of a run.
    /// hardhat-config: invariant.runs = 125
    function invariant_16_grantsNobodysTokensMoveUnsigned() public view {
        assertEq(handler.robbed(), 0);
    }

    /// @dev A grant exists only after its funding or its seller's act, with the rights of its plan.
    /// hardhat-config: invariant.runs = 125
    function invariant_17_grantsArePaidOrGiven() public view {
        assertEq(handler.unpaid(), 0);
        assertEq(handler.stolen(), 0);
        (bytes32 made, bytes32 refused) = handler.newest();
        if (made != 0) checkMade(made);
        if (refused != 0) checkRefused(refused);
    }

    function checkMade(bytes32 grantId) private view {
        Grant memory grant = handler.grantOf(grantId);
        (uint8 rights, uint8 kind, bytes32 paymentId, uint64 listingId) = handler.ghosts(grantId);
        assertEq(grant.rights, rights);
        assertEq(grant.kind, kind);
        assertEq(grant.paymentId, paymentId);
        assertEq(grant.listingId, listingId);
    }

    function checkRefused(bytes32 grantId) private view {
        (,, bytes32 paymentId,) = handler.ghosts(grantId);
        if (paymentId == 0) assertEq(handler.grantOf(grantId).listingId, 0);
    }
}
