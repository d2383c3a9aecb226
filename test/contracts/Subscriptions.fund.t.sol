// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// fund
// ├── caller is not the payer: reverts
// ├── payer, payee or signer missing; a cut above its cap; a price without a period: reverts; at the bounds: works
// ├── native: value differs from amount: reverts; token: any value: reverts
// ├── nothing arrived, or less than minCredited: reverts; a fee token credits what arrived
// ├── more than 96 bits, or above the first-launch cap: reverts; claimed money leaves room again
// ├── with a price
// │   ├── first: start = now, stop = start + (deposit - upfront) · period / price, at most the type's maximum
// │   ├── not beyond upfront, or less than one more second: reverts
// │   ├── before the end, in the notice, in the last second: extends
// │   └── at the end: extends; after it: start moves by the gap; either way vested(now) stays
// └── flat
//     ├── below upfront: inactive, stop = start; the rest later: active from then on, for ever
//     └── paid once (running, cancelled, stopped): reverts
// fundFor
// ├── anyone, his own money, for the payer's subscription
// └── the payer's tokens and allowance are never touched
// ids: every field of the terms, the contract and the chain at deployment change the id

import {IEscrow} from "../../contracts/interfaces/IEscrow.sol";
import {ISubscriptions} from "../../contracts/interfaces/ISubscriptions.sol";
import {FeeToken} from "../../contracts/mocks/HostileTokens.sol";
import {DepositCap} from "../../contracts/types/EscrowTypes.sol";
import {Subscription, SubscriptionTerms} from "../../contracts/types/SubscriptionTypes.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {SubscriptionsFixture} from "./support/SubscriptionsFixture.sol";

contract SubscriptionsFundTest is SubscriptionsFixture {
    // ----------------------------------------------------------------------------------------------------------- first

    function testFuzz_FundStartsNow(uint96 amount, bool native) public {
        amount = uint96(bound(amount, 101, type(uint96).max));
        SubscriptionTerms memory terms = native ? nativeTerms() : tokenTerms();
        uint256 value = endow(payer, terms.token, amount);
        bytes32 id = idOf(terms);
        uint256 end = uint256(BEGIN) + uint256(amount - 100) * 7 / 3;
        if (end > FOR_EVER) end = FOR_EVER;

        vm.expectEmit();
        emit ISubscriptions.SubscriptionFunded(
            id, payer, payee, terms.token, 7, amount, amount, BEGIN, uint32(end)
        );
        vm.prank(payer);
        (bytes32 returned, uint96 credited) = escrow.fund{value: value}(terms, amount, amount);
        assertEq(returned, id);
        assertEq(credited, amount);
        assertSlot(terms, 0, amount, BEGIN, end);
        assertEq(balanceOf(address(escrow), terms.token), amount);
    }

    function testFuzz_FundByAnotherThanThePayerReverts(address caller) public {
        vm.assume(caller != payer);
        vm.deal(caller, 1000);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotPayer.selector, caller, payer));
        vm.prank(caller);
        escrow.fund{value: 1000}(nativeTerms(), 1000, 0);
    }

    function test_MissingPartiesRevert() public {
        SubscriptionTerms memory terms = nativeTerms();
        terms.payee = address(0);
        expectReverts(terms, 1000, abi.encodeWithSelector(IEscrow.PartyMissing.selector, payer, address(0), signer));
        terms = nativeTerms();
        terms.signer = address(0);
        expectReverts(terms, 1000, abi.encodeWithSelector(IEscrow.PartyMissing.selector, payer, payee, address(0)));
        terms = nativeTerms();
        terms.payer = address(0);
        expectReverts(terms, 1000, abi.encodeWithSelector(IEscrow.PartyMissing.selector, address(0), payee, signer));
    }

    function testFuzz_CapsOnCutsAndThePeriod(uint16 relayBps, uint16 marketBps, uint96 price, uint40 period) public {
        SubscriptionTerms memory terms = nativeTerms();
        (terms.relayBps, terms.marketBps) = (uint16(bound(relayBps, 2_990, 3_010)), uint16(bound(marketBps, 990, 1_010)));
        (terms.price, terms.period, terms.upfront) = (price % 2, period % 2, 1);
        bytes memory expected;
        if (terms.relayBps > 3_000) {
            expected = abi.encodeWithSelector(IEscrow.RelayCutTooHigh.selector, terms.relayBps, 3_000);
        } else if (terms.marketBps > 1_000) {
            expected = abi.encodeWithSelector(IEscrow.MarketCutTooHigh.selector, terms.marketBps, 1_000);
        } else if (terms.price == 1 && terms.period == 0) {
            expected = abi.encodeWithSelector(ISubscriptions.PeriodMissing.selector, 1);
        }
        if (expected.length > 0) expectReverts(terms, 1000, expected);
        else fund(terms, 1000);
    }

    function testFuzz_NativeValueMustEqualAmount(uint96 amount, uint96 value) public {
        vm.assume(amount != value);
        vm.deal(payer, value);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.WrongValue.selector, value, amount));
        vm.prank(payer);
        escrow.fund{value: value}(nativeTerms(), amount, 0);
    }

    function test_ValueWithATokenReverts() public {
        endow(payer, address(token), 1000);
        vm.deal(payer, 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.WrongValue.selector, 1, 0));
        vm.prank(payer);
        escrow.fund{value: 1}(tokenTerms(), 1000, 0);
    }

    function test_NothingCreditedReverts() public {
        expectReverts(nativeTerms(), 0, abi.encodeWithSelector(IEscrow.CreditedTooLittle.selector, 0, 0));
    }

    function test_AFeeTokenCreditsWhatArrives() public {
        FeeToken fee = new FeeToken(1_000);
        SubscriptionTerms memory terms = termsIn(address(fee));
        endow(payer, address(fee), 2_000);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.CreditedTooLittle.selector, 900, 901));
        vm.prank(payer);
        escrow.fund(terms, 1_000, 901);
        vm.prank(payer);
        escrow.fund(terms, 1_000, 900);
        assertSlot(terms, 0, 900, BEGIN, BEGIN + 1_866); // 800 · 7 / 3 = 1866.67
    }

    function test_MoreThan96BitsRevert() public {
        SubscriptionTerms memory terms = nativeTerms();
        (terms.price, terms.period) = (type(uint96).max / 1000, 1);
        fund(terms, type(uint96).max);
        uint256 sum = uint256(type(uint96).max) + 1;
        expectReverts(terms, 1, abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 96, sum));
    }

    function test_TheFirstLaunchCap() public {
        DepositCap[] memory caps = new DepositCap[](1);
        caps[0] = DepositCap(address(0), 1_000);
        escrow = deploy(caps);
        SubscriptionTerms memory terms = nativeTerms();
        expectReverts(terms, 1_001, abi.encodeWithSelector(IEscrow.DepositAboveCap.selector, address(0), 1_001, 1_000));
        fund(terms, 1_000);
        expectReverts(terms, 300, abi.encodeWithSelector(IEscrow.DepositAboveCap.selector, address(0), 1_300, 1_000));
        vm.warp(BEGIN + 700); // 400 have vested
        claim(terms);
        fund(terms, 400);
        expectReverts(terms, 10, abi.encodeWithSelector(IEscrow.DepositAboveCap.selector, address(0), 1_010, 1_000));
        fund(tokenTerms(), 1_001); // a token without a cap
    }

    // --------------------------------------------------------------------------------------------------- paid seconds

    function test_AtLeastOneSecond() public {
        SubscriptionTerms memory terms = nativeTerms();
        (terms.price, terms.period) = (10, 1);
        bytes32 id = idOf(terms);
        expectReverts(terms, 99, abi.encodeWithSelector(ISubscriptions.BuysNoTime.selector, id, 99));
        expectReverts(terms, 100, abi.encodeWithSelector(ISubscriptions.BuysNoTime.selector, id, 100));
        expectReverts(terms, 109, abi.encodeWithSelector(ISubscriptions.BuysNoTime.selector, id, 109));
        fund(terms, 110);
        assertSlot(terms, 0, 110, BEGIN, BEGIN + 1);
        expectReverts(terms, 9, abi.encodeWithSelector(ISubscriptions.BuysNoTime.selector, id, 119));
        vm.warp(BEGIN + 500); // nor after the end
        expectReverts(terms, 9, abi.encodeWithSelector(ISubscriptions.BuysNoTime.selector, id, 119));
        fund(terms, 19); // with the nine left over
        assertSlot(terms, 0, 129, BEGIN + 499, BEGIN + 501);
    }

    function test_TimeEndsWithItsType() public {
        SubscriptionTerms memory terms = nativeTerms();
        (terms.price, terms.period, terms.upfront) = (1, 1_000_000, 0);
        fund(terms, 1e18);
        assertSlot(terms, 0, 1e18, BEGIN, FOR_EVER);
        bytes32 id = idOf(terms);
        expectReverts(terms, 1e18, abi.encodeWithSelector(ISubscriptions.BuysNoTime.selector, id, 2e18));
        // What no second can use up comes back: (2^32 - 1 - 1.8e9) / 10^6 = 2494.97
        vm.prank(stranger);
        assertEq(escrow.vested(terms, type(uint40).max), 2_494);
        terms.notice = type(uint40).max;
        fund(terms, 1e18);
        assertEq(cancel(terms), 1e18 - 2_494);
    }

    // ----------------------------------------------------------------------------------------------------------- top-up

    function test_ATopUpBeforeTheEndExtends() public {
        SubscriptionTerms memory terms = nativeTerms();
        fund(terms, 1_000); // 2100 s
        vm.warp(BEGIN + 2_099);
        assertEq(escrow.vested(terms, BEGIN + 2_099), 999);
        fund(terms, 3);
        assertSlot(terms, 0, 1_003, BEGIN, BEGIN + 2_107);
        assertEq(escrow.vested(terms, BEGIN + 2_099), 999);
        assertEq(escrow.vested(terms, BEGIN + 2_107), 1_003);
    }

    function test_ATopUpAfterTheEndNeverPaysForTheGap() public {
        SubscriptionTerms memory terms = nativeTerms();
        fund(terms, 1_001); // 2102 s, of which 1000 vest
        vm.warp(BEGIN + 2_102 + 100_000);
        assertFalse(isActive(terms));
        fund(terms, 30); // 931 · 7 / 3 = 2172 s
        assertSlot(terms, 0, 1_031, BEGIN + 100_000, BEGIN + 102_172);
        assertTrue(isActive(terms));
        assertEq(escrow.vested(terms, BEGIN + 102_102), 1_000);
        assertEq(escrow.vested(terms, BEGIN + 102_103), 1_001); // 2103 · 3 / 7 = 901.3
        assertEq(claim(terms), 1_000 - 50 - 10);
    }

    function test_ATopUpAtTheEndHasNoGap() public {
        SubscriptionTerms memory terms = nativeTerms();
        fund(terms, 1_000);
        vm.warp(BEGIN + 2_100);
        fund(terms, 3);
        assertSlot(terms, 0, 1_003, BEGIN, BEGIN + 2_107);
    }

    function test_ATopUpInTheNoticeGoesOnFromThere() public {
        SubscriptionTerms memory terms = nativeTerms();
        fund(terms, 1_000);
        vm.warp(BEGIN + 700); // 400 vested
        cancel(terms); // until 760: 100 + 325.7
        assertSlot(terms, 400, 425, BEGIN, BEGIN + 760);
        vm.warp(BEGIN + 730);
        fund(terms, 575); // 1000 in all again
        assertSlot(terms, 400, 1_000, BEGIN, BEGIN + 2_100);
        assertEq(escrow.vested(terms, BEGIN + 730), 412);
    }

    function test_ATopUpAfterAStopGoesOnWithoutTheGap() public {
        SubscriptionTerms memory terms = nativeTerms();
        fund(terms, 1_000);
        vm.warp(BEGIN + 700);
        halt(terms);
        vm.warp(BEGIN + 10_700);
        fund(terms, 3);
        assertSlot(terms, 400, 403, BEGIN + 10_000, BEGIN + 10_707);
    }

    /// @dev Whatever came before and whenever it comes: what has vested stays to the unit, the end moves by what was bought.
    function testFuzz_ATopUpNeverChangesWhatHasVested(
        uint96 price,
        uint40 period,
        uint96 upfront,
        uint96 first,
        uint96 second,
        uint32 later,
        bool cancelled
    ) public {
        SubscriptionTerms memory terms = nativeTerms();
        (terms.price, terms.period) = (uint96(bound(price, 1, 1e24)), uint40(bound(period, 1, 366 days)));
        terms.upfront = uint96(bound(upfront, 0, 1e24));
        uint96 perSecond = terms.price / terms.period + 2; // two roundings
        fund(terms, uint96(bound(first, terms.upfront + perSecond, 1e28)));
        if (slotOf(terms).stop == FOR_EVER) return;
        uint256 paid = slotOf(terms).stop - BEGIN;
        if (cancelled) {
            vm.warp(BEGIN + bound(later, 0, paid));
            cancel(terms);
        }
        vm.warp(vm.getBlockTimestamp() + bound(later, 0, 2 * paid));
        uint40 time = uint40(vm.getBlockTimestamp());
        if (time > FOR_EVER) return;
        Subscription memory before = slotOf(terms);
        uint96 due = escrow.vested(terms, time);
        fund(terms, uint96(bound(second, perSecond, 1e28)));
        Subscription memory afterwards = slotOf(terms);
        assertEq(escrow.vested(terms, time), due);
        assertGt(afterwards.stop, before.stop);
        assertTrue(isActive(terms));
        assertEq(afterwards.start, time > before.stop ? before.start + (time - before.stop) : before.start);
        // Never more time than the deposit pays for, and never a whole second less.
        if (afterwards.stop == FOR_EVER) return;
        uint256 length = afterwards.stop - afterwards.start;
        assertLe(length * terms.price, uint256(afterwards.deposit - terms.upfront) * terms.period);
        assertGt((length + 1) * terms.price, uint256(afterwards.deposit - terms.upfront) * terms.period);
    }

    // ------------------------------------------------------------------------------------------------------------ flat

    function test_AFlatPlanRunsForEverOnceItIsPaid() public {
        SubscriptionTerms memory terms = flatTerms();
        fund(terms, 40);
        assertSlot(terms, 0, 40, BEGIN, BEGIN);
        assertFalse(isActive(terms));
        assertEq(escrow.vested(terms, BEGIN), 40); // due at once, as far as it is there
        vm.warp(BEGIN + 1 days);
        fund(terms, 60);
        assertSlot(terms, 0, 100, BEGIN + 1 days, FOR_EVER);
        assertTrue(isActive(terms));
        vm.warp(FOR_EVER - 1);
        assertTrue(isActive(terms));
        assertEq(escrow.vested(terms, FOR_EVER), 100);
    }

    function test_WhatIsPaidAboveTheFlatPriceIsNeverDue() public {
        SubscriptionTerms memory terms = flatTerms();
        fund(terms, 150);
        assertSlot(terms, 0, 150, BEGIN, FOR_EVER);
        assertEq(escrow.vested(terms, FOR_EVER), 100);
        assertEq(cancel(terms), 50);
    }

    function test_AFlatPlanIsPaidOnce() public {
        SubscriptionTerms memory terms = flatTerms();
        fund(terms, 100);
        bytes32 id = idOf(terms);
        expectReverts(terms, 100, abi.encodeWithSelector(ISubscriptions.FlatIsPaid.selector, id, FOR_EVER));
        cancel(terms);
        expectReverts(terms, 100, abi.encodeWithSelector(ISubscriptions.FlatIsPaid.selector, id, BEGIN + 60));
        terms.salt = 0;
        id = idOf(terms);
        fund(terms, 100);
        halt(terms); // in the second in which it began
        expectReverts(terms, 100, abi.encodeWithSelector(ISubscriptions.FlatIsPaid.selector, id, BEGIN));
    }

    // ------------------------------------------------------------------------------------------------------ by others

    function testFuzz_AnyoneMayGiveHisOwnMoney(address giver, bool native) public {
        vm.assume(giver != address(escrow) && giver != address(0) && giver != payer);
        SubscriptionTerms memory terms = native ? nativeTerms() : tokenTerms();
        fund(terms, 200);
        endow(payer, address(token), 500); // and an allowance
        vm.deal(giver, 0);
        uint256 value = endow(giver, terms.token, 1_000);
        vm.prank(giver);
        escrow.fundFor{value: value}(terms, 1_000, 1_000);
        assertSlot(terms, 0, 1_200, BEGIN, BEGIN + 2_566);
        assertEq(balanceOf(giver, terms.token), 0);
        assertEq(token.balanceOf(payer), 500);
    }

    /// @dev Or a stranger could choose the state that a signed purchase or a withheld top-up fits.
    function testFuzz_OnlyPayerOrStopperBegins(address giver, bool hasRun) public {
        vm.assume(giver != address(escrow) && giver != address(0) && giver != payer && giver != stopper);
        SubscriptionTerms memory terms = tokenTerms();
        if (hasRun) {
            fund(terms, 1_000);
            vm.warp(BEGIN + 2_100); // the second in which it ends
        }
        bytes memory refusal =
            abi.encodeWithSelector(ISubscriptions.NotPayerOrStopper.selector, giver, payer, stopper);
        endow(giver, address(token), 1_000);
        vm.expectRevert(refusal);
        vm.prank(giver);
        escrow.fundFor(terms, 1_000, 1_000);
        endow(stopper, address(token), 500);
        vm.prank(stopper);
        escrow.fundFor(terms, 500, 500);
        vm.prank(giver);
        escrow.fundFor(terms, 500, 500);
        endow(payer, address(token), 100);
        vm.prank(payer);
        escrow.fundFor(terms, 100, 100);
    }

    function test_AStrangerCannotSpendThePayersAllowance() public {
        fund(tokenTerms(), 200);
        endow(payer, address(token), 1_000);
        vm.expectRevert();
        vm.prank(stranger);
        escrow.fundFor(tokenTerms(), 1_000, 0);
        assertEq(token.balanceOf(payer), 1_000);
    }

    // ------------------------------------------------------------------------------------------------------------- ids

    function testFuzz_EveryFieldChangesTheId(uint8 field) public view {
        SubscriptionTerms memory terms = tokenTerms();
        bytes32 id = idOf(terms);
        field = uint8(bound(field, 0, 15));
        if (field == 0) terms.payer = stranger;
        if (field == 1) terms.payee = stranger;
        if (field == 2) terms.operator = stranger;
        if (field == 3) terms.token = address(0);
        if (field == 4) terms.signer = stranger;
        if (field == 5) terms.stopper = stranger;
        if (field == 6) terms.listingId += 1;
        if (field == 7) terms.price += 1;
        if (field == 8) terms.period += 1;
        if (field == 9) terms.upfront += 1;
        if (field == 10) terms.relaysHash = 0;
        if (field == 11) terms.relayBps += 1;
        if (field == 12) terms.market = stranger;
        if (field == 13) terms.marketBps += 1;
        if (field == 14) terms.notice += 1;
        if (field == 15) terms.salt = 0;
        assertNotEq(idOf(terms), id);
    }

    function test_TheIdIsOfTheContractAndTheChainAtDeployment() public {
        SubscriptionTerms memory terms = tokenTerms();
        bytes32 id = idOf(terms);
        assertEq(escrow.deployment(), keccak256(abi.encode(address(escrow), block.chainid)));
        vm.chainId(99);
        assertEq(idOf(terms), id);
        escrow = deploy(new DepositCap[](0));
        assertNotEq(idOf(terms), id);
    }

    function expectReverts(SubscriptionTerms memory terms, uint96 amount, bytes memory expected) private {
        vm.deal(terms.payer, amount);
        vm.expectRevert(expected);
        vm.prank(terms.payer);
        escrow.fund{value: amount}(terms, amount, 0);
    }
}
