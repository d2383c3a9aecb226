// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// The numbers are those of docs/invariants.md, which names for each test the mutant that makes it fail.
// A handler's selectors are found by its artifact: alone, this file is run together with support/SubscriptionsHandler.sol.
// The handler plays everybody; less than half of its calls may revert, or the campaign says little.

import {ISubscriptions} from "../../contracts/interfaces/ISubscriptions.sol";
import {Subscription, SubscriptionTerms} from "../../contracts/types/SubscriptionTypes.sol";
import {Campaign} from "./support/Campaign.sol";
import {SubscriptionsHandler} from "./support/SubscriptionsHandler.sol";

contract SubscriptionsInvariantsTest is Campaign {
    SubscriptionsHandler private handler;

    function setUp() public {
        vm.warp(1_800_000_000);
        handler = new SubscriptionsHandler();
        bytes4[] memory steps = new bytes4[](13);
        steps[0] = SubscriptionsHandler.fund.selector;
        steps[1] = SubscriptionsHandler.fund.selector; // twice: an empty market shows nothing
        steps[2] = SubscriptionsHandler.withhold.selector;
        steps[3] = SubscriptionsHandler.claim.selector;
        steps[4] = SubscriptionsHandler.claim.selector;
        steps[5] = SubscriptionsHandler.claimBatch.selector;
        steps[6] = SubscriptionsHandler.cancel.selector;
        steps[7] = SubscriptionsHandler.end.selector;
        steps[8] = SubscriptionsHandler.interfere.selector;
        steps[9] = SubscriptionsHandler.pull.selector;
        steps[10] = SubscriptionsHandler.changeMood.selector;
        steps[11] = SubscriptionsHandler.pass.selector;
        steps[12] = SubscriptionsHandler.pass.selector;
        targetSelector(FuzzSelector({addr: address(handler), selectors: steps}));
        targetContract(address(handler));
    }

    function afterInvariant() public {
        reportShare("SubscriptionsHandler", handler.calls(), handler.reverts());
        assertLe(handler.reverts() * 2, handler.calls(), "more than half of the calls reverted");
    }

    /// hardhat-config: invariant.runs = 32
    function invariant_01_subscriptionsConservation() public view {
        for (uint256 n; n < 2; ++n) {
            uint256 unclaimed;
            for (uint256 i = n * 4; i < n * 4 + 4; ++i) {
                unclaimed += handler.slot(i).deposit - handler.slot(i).claimed;
            }
            assertEq(handler.balanceOfEscrow(n), unclaimed + handler.owedInAll(n));
        }
    }

    /// hardhat-config: invariant.runs = 32
    function invariant_02_subscriptionsClaimedNeverAboveDeposit() public view {
        for (uint256 i; i < handler.COUNT(); ++i) assertLe(handler.slot(i).claimed, handler.slot(i).deposit);
    }

    /// hardhat-config: invariant.runs = 32
    function invariant_03_subscriptionsClaimedNeverFalls() public view {
        assertEq(handler.claimedFell(), 0);
    }

    /// hardhat-config: invariant.runs = 32
    function invariant_04_subscriptionsDepositMovesOnlyWithValue() public view {
        for (uint256 i; i < handler.COUNT(); ++i) {
            (uint256 credited, uint256 refunded) = handler.flows(i);
            assertEq(handler.slot(i).deposit, credited - refunded);
        }
    }

    /// hardhat-config: invariant.runs = 32
    function invariant_05_subscriptionsPayeeAndCutsMakeUpClaimed() public {
        for (uint256 n; n < 2; ++n) {
            uint256 claimed;
            uint256[2] memory shares;
            uint256 marketCuts;
            for (uint256 i = n * 4; i < n * 4 + 4; ++i) {
                uint256 total = handler.slot(i).claimed;
                uint256 relayCut = total * 500 / 10_000;
                claimed += total;
                shares[0] += relayCut / 2;
                shares[1] += relayCut - relayCut / 2;
                marketCuts += (total - relayCut) * 100 / 9_500;
            }
            (uint256 payees, uint256[2] memory relays, uint256 market) = handler.earned(n);
            assertEq(payees + relays[0] + relays[1] + market, claimed);
            assertEq(relays[0], shares[0]);
            assertEq(relays[1], shares[1]);
            assertEq(market, marketCuts);
        }
    }

    /// hardhat-config: invariant.runs = 32
    function invariant_11_subscriptionsIsolation() public view {
        assertEq(handler.strangersMoved(), 0);
    }

    /// @dev Monotone, never raised by a top-up; and from any state a stop leaves paid + refunded = put in, at once.
    /// hardhat-config: invariant.runs = 32
    function invariant_14_subscriptionsVestingAndStop() public {
        assertEq(handler.vestedFell(), 0);
        assertEq(handler.vestedRaised(), 0);
        ISubscriptions escrow = handler.contract_();
        for (uint256 i; i < handler.COUNT(); ++i) {
            Subscription memory before = handler.slot(i);
            if (before.start == 0) continue;
            SubscriptionTerms memory terms = handler.termsAt(i);
            uint96 due = escrow.vested(terms, uint40(vm.getBlockTimestamp()));
            uint256 had = handler.wealth(terms.payer, terms.token);
            address[] memory relays = handler.list();
            vm.prank(terms.payee);
            uint96 refund = escrow.stop(terms, relays);
            Subscription memory afterwards = handler.slot(i);
            assertEq(afterwards.claimed, due);
            assertEq(afterwards.deposit, due);
            assertEq(handler.wealth(terms.payer, terms.token) - had, refund);
            (uint256 credited, uint256 refunded) = handler.flows(i);
            assertEq(afterwards.claimed + refund + refunded, credited);
        }
    }

    /// hardhat-config: invariant.runs = 32
    function invariant_16_subscriptionsNobodysTokensMoveUnsigned() public view {
        assertEq(handler.unsignedMoves(), 0);
        assertEq(handler.strangersDid(), 0);
        assertEq(handler.bystandersTokens(), handler.bystandersStart());
    }
}
