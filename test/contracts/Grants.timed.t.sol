// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {MarketFixture} from "./support/MarketFixture.sol";
import {IGrants} from "../../contracts/interfaces/IGrants.sol";
import {ISubscriptions} from "../../contracts/interfaces/ISubscriptions.sol";
import {Grant, Purchase} from "../../contracts/types/GrantTypes.sol";
import {ListingTerms, PlanKind} from "../../contracts/types/ListingTypes.sol";
import {Subscription, SubscriptionTerms} from "../../contracts/types/SubscriptionTypes.sol";

// Plans that sell time.
//
// buy
//   period -> a subscription of the derived terms holds the amount and runs as long as the rest after `upfront` pays for
//   flat   -> everything at once, for the window
//   a promotion -> its price until it ends, in the terms and in the id
//   less than `upfront`; nothing beyond it; more time than the window; a window that begins later -> reverts, in check as well
//   enough is there already -> NONE buys, a gift before the purchase counts
// access
//   ends with the paid time, comes back with a top-up, ends after the notice of a cancel
// revokeGrant
//   with the subscription's terms -> refund to the payer, exactly what has not vested; the buyer is blocked
//   without, while it runs; with other terms; for a grant without a subscription -> reverts
contract GrantsTimedTest is MarketFixture {
    uint64 internal listingId;
    ListingTerms internal terms;
    address[] internal relays;

    function setUp() public override {
        super.setUp();
        keep(terms, timedOffer());
        listingId = list(terms);
        relays = terms.relays;
    }

    function testFuzz_buy_period(uint96 amount, uint40 window, bool hasMarket) public {
        Purchase memory purchase = order(listingId, terms, BY_PERIOD);
        purchase.amount = uint96(bound(amount, 200_012, 1_000_000_000)); // at least one second
        uint256 paid = uint256(purchase.amount - 200_000) * 1 days / 1_000_000;
        purchase.notAfter = uint40(bound(window, block.timestamp + paid, FOR_EVER));
        if (hasMarket) purchase.market = market;
        SubscriptionTerms memory derived = timedTermsOf(purchase, 1_000_000);
        bytes32 id = subscriptions.subscriptionIdOf(derived);
        (bytes32 checkedPayment, bytes32 checkedGrant) = grants.check(purchase);

        bytes32 grantId = buy(purchase);

        assertEq(checkedPayment, id);
        assertEq(checkedGrant, grantId);
        assertEq(grantId, grantIdOf(purchase, id));
        assertEq(grants.paymentOf(grantId), id);
        Subscription memory slot = subscriptions.subscriptions(id);
        assertEq(slot.deposit, purchase.amount);
        assertEq(slot.start, block.timestamp);
        assertEq(slot.stop, block.timestamp + paid);
        assertEq(address(subscriptions).balance, purchase.amount);
        assertEq(address(grants).balance, 0);
        Grant memory grant = grants.grants(grantId);
        assertEq(grant.kind, PlanKind.PERIOD);
        assertEq(grant.rights, 3);
        assertTrue(grants.isActive(grantId, 3));
        vm.warp(slot.stop - 1);
        assertTrue(grants.isActive(listingId, buyer, 1));
        vm.warp(slot.stop);
        assertFalse(grants.isActive(grantId, 1));
    }

    function test_buy_flat() public {
        Purchase memory purchase = order(listingId, terms, FLAT);
        purchase.notAfter = uint40(block.timestamp) + 365 days;
        bytes32 id = subscriptions.subscriptionIdOf(timedTermsOf(purchase, 5_000_000));
        (bytes32 checked,) = grants.check(purchase);
        assertEq(checked, id);
        bytes32 grantId = buy(purchase);
        assertEq(grants.paymentOf(grantId), id);
        assertEq(subscriptions.subscriptions(id).stop, type(uint32).max);
        vm.warp(purchase.notAfter - 1);
        assertTrue(grants.isActive(grantId, 1));
        vm.warp(purchase.notAfter);
        assertFalse(grants.isActive(grantId, 1));
    }

    function testFuzz_buy_promotion(uint40 time) public {
        terms.plans[BY_PERIOD].promoPrice = 400_000;
        terms.plans[BY_PERIOD].promoUntil = uint40(block.timestamp) + 1 days;
        terms.plans[FLAT].promoPrice = 4_000_000;
        terms.plans[FLAT].promoUntil = uint40(block.timestamp) + 1 days;
        uint64 promoted = list(terms);
        time = uint40(bound(time, block.timestamp, block.timestamp + 2 days));
        bool isCheap = time < terms.plans[FLAT].promoUntil;
        vm.warp(time);
        Purchase memory purchase = order(promoted, terms, BY_PERIOD);
        purchase.notAfter = FOR_EVER;
        bytes32 id = grants.paymentOf(buy(purchase));
        assertEq(id, subscriptions.subscriptionIdOf(timedTermsOf(purchase, isCheap ? 400_000 : 1_000_000)));
        assertEq(subscriptions.subscriptions(id).stop, time + (isCheap ? 7.5 days : 3 days));

        purchase = order(promoted, terms, FLAT);
        purchase.amount = 4_000_000;
        if (isCheap) {
            id = grants.paymentOf(buy(purchase));
            assertEq(id, subscriptions.subscriptionIdOf(timedTermsOf(purchase, 4_000_000)));
        } else {
            id = subscriptions.subscriptionIdOf(timedTermsOf(purchase, 5_000_000));
            bothRefuse(purchase, abi.encodeWithSelector(IGrants.UpfrontNotCovered.selector, id, 4_000_000, 5_000_000));
        }
    }

    function test_buy_refusesTooLittleAndTooMuch() public {
        Purchase memory purchase = order(listingId, terms, BY_PERIOD);
        bytes32 id = subscriptions.subscriptionIdOf(timedTermsOf(purchase, 1_000_000));
        purchase.amount = 199_999;
        vm.expectRevert(abi.encodeWithSelector(IGrants.UpfrontNotCovered.selector, id, 199_999, 200_000));
        grants.check(purchase);
        purchase.amount = 200_000;
        vm.expectRevert(abi.encodeWithSelector(IGrants.NothingPaidAhead.selector, id, block.timestamp));
        grants.check(purchase);
        vm.prank(buyer);
        vm.expectRevert();
        grants.buy{value: 200_000}(purchase);
        purchase.amount = 1_200_000;
        purchase.notAfter = uint40(block.timestamp) + 1 days - 1;
        bothRefuse(
            purchase,
            abi.encodeWithSelector(IGrants.PaidBeyondWindow.selector, block.timestamp + 1 days, purchase.notAfter)
        );
        purchase.notAfter += 1;
        purchase.notBefore = uint40(block.timestamp) + 1;
        bothRefuse(purchase, abi.encodeWithSelector(IGrants.WindowNotOpen.selector, purchase.notBefore));
    }

    function test_buy_withMoneyThatIsThere() public {
        Purchase memory purchase = order(listingId, terms, BY_PERIOD);
        purchase.notAfter = FOR_EVER;
        SubscriptionTerms memory derived = timedTermsOf(purchase, 1_000_000);
        vm.deal(buyer, 1_200_000);
        vm.prank(buyer);
        subscriptions.fundFor{value: 1_200_000}(derived, 1_200_000, 0);
        (purchase.funding, purchase.amount) = (NONE, 0);
        bytes32 grantId = buy(purchase);
        assertTrue(grants.isActive(grantId, 3));
        purchase.buyerSalt = 0;
        bytes32 other = subscriptions.subscriptionIdOf(timedTermsOf(purchase, 1_000_000));
        refused(purchase, abi.encodeWithSelector(IGrants.UpfrontNotCovered.selector, other, 0, 200_000));
    }

    function test_access_followsThePayment() public {
        Purchase memory purchase = order(listingId, terms, BY_PERIOD);
        purchase.notAfter = FOR_EVER;
        bytes32 grantId = buy(purchase);
        SubscriptionTerms memory derived = timedTermsOf(purchase, 1_000_000);
        vm.warp(block.timestamp + 3 days);
        assertFalse(grants.isActive(grantId, 1));
        vm.warp(block.timestamp + 1 days);
        vm.prank(buyer);
        subscriptions.fund{value: 1_000_000}(derived, 1_000_000, 0);
        assertTrue(grants.isActive(grantId, 1));
        vm.prank(buyer);
        subscriptions.cancel(derived, relays);
        vm.warp(block.timestamp + 2 hours - 1);
        assertTrue(grants.isActive(grantId, 1));
        vm.warp(block.timestamp + 1);
        assertFalse(grants.isActive(grantId, 1));
    }

    /// @dev The seller's revocation refunds to the unit what has not vested.
    function testFuzz_revoke_refunds(uint40 after_) public {
        Purchase memory purchase = order(listingId, terms, BY_PERIOD);
        purchase.notAfter = FOR_EVER;
        bytes32 grantId = buy(purchase);
        SubscriptionTerms memory derived = timedTermsOf(purchase, 1_000_000);
        after_ = uint40(bound(after_, 0, 3 days - 1));
        vm.warp(block.timestamp + after_);
        uint256 had = buyer.balance;
        vm.prank(manager);
        grants.revokeGrant(grantId, derived, relays);
        uint256 due = 200_000 + uint256(after_) * 1_000_000 / 1 days;
        assertEq(buyer.balance - had, purchase.amount - due);
        assertFalse(grants.isActive(grantId, 1));
        assertTrue(grants.isBlocked(listingId, buyer));
        purchase.buyerSalt = 0;
        refused(purchase, abi.encodeWithSelector(IGrants.BuyerIsBlocked.selector, listingId, buyer));
    }

    function test_revoke_needsTheSubscription() public {
        Purchase memory purchase = order(listingId, terms, BY_PERIOD);
        purchase.notAfter = FOR_EVER;
        bytes32 grantId = buy(purchase);
        SubscriptionTerms memory derived = timedTermsOf(purchase, 1_000_000);
        vm.startPrank(manager);
        vm.expectRevert(abi.encodeWithSelector(IGrants.SubscriptionTermsMissing.selector, grantId));
        grants.revokeGrant(grantId);
        derived.price = 1;
        bytes32 other = subscriptions.subscriptionIdOf(derived);
        bytes32 payment = grants.paymentOf(grantId);
        vm.expectRevert(abi.encodeWithSelector(IGrants.PaymentMismatch.selector, other, payment));
        grants.revokeGrant(grantId, derived, relays);
        derived.price = 1_000_000;
        bytes32 gift = grants.giveGrant(listingId, buyer, 1, 0, FOR_EVER, 0, keccak256("key"));
        vm.expectRevert(abi.encodeWithSelector(IGrants.NoSubscription.selector, gift));
        grants.revokeGrant(gift, derived, relays);
        vm.stopPrank();
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IGrants.RoleMissing.selector, hubId, stranger, 3));
        grants.revokeGrant(grantId, derived, relays);
        vm.warp(block.timestamp + 3 days); // nothing runs any more, so nothing is to be refunded
        vm.prank(manager);
        grants.revokeGrant(grantId);
    }

    /// @dev Only Grants may stop for the seller's side, and only through a grant that is paid by this subscription.
    function test_stop_isGrantsAlone() public {
        Purchase memory purchase = order(listingId, terms, FLAT);
        buy(purchase);
        SubscriptionTerms memory derived = timedTermsOf(purchase, 5_000_000);
        vm.prank(manager);
        vm.expectRevert(
            abi.encodeWithSelector(ISubscriptions.NotPayeeOrStopper.selector, manager, payout, address(grants))
        );
        subscriptions.stop(derived, relays);
    }
}
