// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// fundWithPermit2, with Permit2 itself at its own address
// ├── anyone lands the payer's signed transfer: starts and tops up
// ├── signed for other terms, another amount, salt or stop, or by another key: reverts
// └── landed already, or withheld until after a cancel: reverts

import {SubscriptionTerms} from "../../contracts/types/SubscriptionTypes.sol";
import {SubscriptionsFunding} from "./support/SubscriptionsFunding.sol";

contract SubscriptionsPermit2Test is SubscriptionsFunding {
    function setUp() public override {
        super.setUp();
        deployPermit2();
        token.mint(payer, 1e12);
        vm.prank(payer);
        token.approve(PERMIT2, type(uint256).max);
    }

    function testFuzz_AnyoneLandsASignedTransfer(address caller, uint96 first, uint96 second) public {
        vm.assume(caller != payer);
        SubscriptionTerms memory terms = tokenTerms();
        first = uint96(bound(first, 101, 5e8));
        second = uint96(bound(second, 2, 5e8));
        bytes memory signature = signPermit2(PAYER_KEY, terms, first, 0);
        vm.prank(caller);
        escrow.fundWithPermit2(terms, first, first, SALT, DEADLINE, signature);
        uint32 end = uint32(BEGIN + uint256(first - 100) * 7 / 3);
        assertSlot(terms, 0, first, BEGIN, end);
        signature = signPermit2(PAYER_KEY, terms, second, end);
        vm.prank(caller);
        escrow.fundWithPermit2(terms, second, second, SALT, DEADLINE, signature);
        assertSlot(terms, 0, first + second, BEGIN, BEGIN + uint256(first + second - 100) * 7 / 3);
        assertEq(token.balanceOf(payer), 1e12 - first - second);
    }

    function test_ASignatureFitsOneFundingOnly() public {
        SubscriptionTerms memory terms = tokenTerms();
        bytes memory signature = signPermit2(PAYER_KEY, terms, 1_000, 0);
        expectRefused(terms, 999, SALT, signature);
        expectRefused(terms, 1_000, "another salt", signature);
        terms.notice += 1;
        expectRefused(terms, 1_000, SALT, signature);
        terms.notice -= 1;
        expectRefused(terms, 1_000, SALT, signPermit2(STRANGER_KEY, terms, 1_000, 0));
        expectRefused(terms, 1_000, SALT, signPermit2(PAYER_KEY, terms, 1_000, BEGIN));
        escrow.fundWithPermit2(terms, 1_000, 0, SALT, DEADLINE, signature);
        expectRefused(terms, 1_000, SALT, signature);
    }

    function test_AWithheldTopUpDiesWithACancel() public {
        SubscriptionTerms memory terms = tokenTerms();
        terms.notice = 365 days;
        escrow.fundWithPermit2(terms, 1_000, 0, SALT, DEADLINE, signPermit2(PAYER_KEY, terms, 1_000, 0));
        bytes memory signature = signPermit2(PAYER_KEY, terms, 30, BEGIN + 2_100);
        cancel(terms);
        expectRefused(terms, 30, SALT, signature);
    }

    function expectRefused(SubscriptionTerms memory terms, uint96 amount, bytes32 salt, bytes memory signature) private {
        vm.expectRevert(bytes4(keccak256("InvalidSigner()")));
        escrow.fundWithPermit2(terms, amount, 0, salt, DEADLINE, signature);
    }
}
