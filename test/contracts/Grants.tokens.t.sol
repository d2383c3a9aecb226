// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// Every odd token of the book through every purchase that moves tokens: pulled by allowance, EIP-3009, Permit2, and in a cart; into a
// channel and into a subscription
// ├── bought: the grant is there, credited is exactly what reached the escrow, nothing and no allowance stays with Grants
// ├── refused: by the name that the book says, with no grant, no payment, and the buyer has what he had
// ├── in a cart: refused by the same name; whatever the odd one does, the purchase beside it is bought and the rest of the coins comes back
// └── what other buyers have in the escrows, in a plain token and in the native coin, is untouched
// A token that calls back meets a locked door: what it calls would work from outside.

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Vm} from "@uniswap/v4-core/lib/forge-std/src/Vm.sol";
import {IChannels} from "../../contracts/interfaces/IChannels.sol";
import {IGrants} from "../../contracts/interfaces/IGrants.sol";
import {ISubscriptions} from "../../contracts/interfaces/ISubscriptions.sol";
import {Oddity} from "../../contracts/mocks/Oddity.sol";
import {TestToken} from "../../contracts/mocks/TestToken.sol";
import {Funding, Purchase} from "../../contracts/types/GrantTypes.sol";
import {ListingTerms} from "../../contracts/types/ListingTypes.sol";
import {GrantsFunding} from "./support/GrantsFunding.sol";
import {IOddToken, OddCase, OddTokenBook} from "./support/OddTokenBook.sol";

contract GrantsTokensTest is GrantsFunding, OddTokenBook {
    TestToken internal plain;
    uint256[4] internal neighbours;

    function setUp() public override {
        super.setUp();
        plain = new TestToken();
        plain.mint(buyer, 1e30);
        vm.startPrank(buyer);
        plain.approve(address(grants), type(uint256).max);
        vm.stopPrank();
        for (uint256 n; n < 4; ++n) buy(orderIn(n % 2 == 0 ? address(0) : address(plain), n < 2, "neighbour"));
        neighbours = held();
    }

    function test_ChannelByAllowance() public {
        all(Funding.PULL, false);
    }

    function test_ChannelBy3009() public {
        all(Funding.EIP3009, false);
    }

    function test_ChannelByPermit2() public {
        all(Funding.PERMIT2, false);
    }

    function test_SubscriptionByAllowance() public {
        all(Funding.PULL, true);
    }

    function test_SubscriptionBy3009() public {
        all(Funding.EIP3009, true);
    }

    function test_SubscriptionByPermit2() public {
        all(Funding.PERMIT2, true);
    }

    function test_InACartBesideAGoodOne() public {
        for (uint256 n; n < ODDITIES; ++n) {
            inACart(oddCase(Oddity(n)), false);
            inACart(oddCase(Oddity(n)), true);
        }
    }

    function test_TheCallBackWorksFromOutside() public {
        for (uint256 n; n < 4; ++n) {
            (address victim, bytes memory data) = callBack(n < 2 ? Funding.PULL : Funding.EIP3009, n % 2 == 0);
            vm.prank(stranger);
            (bool done,) = victim.call(data);
            assertTrue(done);
        }
    }

    // ------------------------------------------------------------------------------------------------------ all of them

    function all(Funding way, bool isTimed_) private {
        for (uint256 n; n < ODDITIES; ++n) one(oddCase(Oddity(n)), way, isTimed_);
    }

    function one(OddCase memory c, Funding way, bool isTimed_) private {
        (IOddToken odd, Purchase memory purchase) = prepare(c, way, isTimed_);
        bool gone = c.oddity == Oddity.CODE_GONE;
        uint256 had = gone ? 0 : odd.ledger(buyer);
        bytes4 expected = way == Funding.PULL ? pulled(c) : signed(c, purchase);

        vm.prank(way == Funding.PULL ? buyer : stranger);
        (bool done, bytes memory answer) = address(grants).call{gas: 25_000_000}(abi.encodeCall(IGrants.buy, (purchase)));
        string memory where = label(c, uint256(way));
        assertEq(done, expected == 0, where);
        noWayBack(c, odd, done);
        if (done) {
            assertTrue(grants.isActive(abi.decode(answer, (bytes32)), 1), where);
        } else {
            assertEq(errorOf(answer), expected, where);
            disarm(c, odd);
            assertFalse(grants.isActive(purchase.listingId, buyer, 1), where);
            if (!gone) assertEq(odd.ledger(buyer), had, where);
        }
        if (!gone) settled(c, odd, purchase, done);
        assertEq(abi.encode(held()), abi.encode(neighbours), where);
    }

    function inACart(OddCase memory c, bool isTimed_) private {
        (IOddToken odd, Purchase memory purchase) = prepare(c, Funding.PULL, isTimed_);
        Purchase[] memory cart = new Purchase[](2);
        cart[0] = purchase;
        cart[1] = orderIn(address(0), false, bytes32(uint256(c.oddity)));
        uint256 coins = buyer.balance;
        vm.recordLogs();
        vm.prank(buyer);
        uint256 bought = grants.buyMany{value: cart[1].amount + 1 ether, gas: 60_000_000}(cart);
        string memory where = label(c, isTimed_ ? 1 : 0);
        assertEq(bought, pulled(c) == 0 ? 2 : 1, where);
        assertEq(skippedFor(), pulled(c), where);
        assertTrue(grants.isActive(cart[1].listingId, buyer, 1), where);
        assertEq(coins - buyer.balance, cart[1].amount, where);
        assertEq(address(grants).balance, 0, where);
        disarm(c, odd);
        if (c.oddity != Oddity.CODE_GONE) settled(c, odd, purchase, bought == 2);
    }

    /// @dev What is credited is what came through, by two hops if Grants pulled it, and nothing stays on the way.
    function settled(OddCase memory c, IOddToken odd, Purchase memory purchase, bool done) private {
        string memory where = label(c, uint256(purchase.funding));
        address escrow = escrowOf(purchase);
        disarm(c, odd);
        uint256 credited = isTimed(purchase)
            ? subscriptions.subscriptions(subscriptions.subscriptionIdOf(subscriptionOf(purchase))).deposit
            : channels.channels(channels.channelIdOf(termsOf(purchase))).deposit;
        uint256 arrived = uint256(purchase.amount) * c.arrivesBps / 10_000;
        uint256 left = 0;
        if (purchase.funding == Funding.PULL) {
            if (c.oddity == Oddity.MOVES_LESS && done) left = arrived / 2; // what it did not move on when asked to
            arrived = arrived * c.arrivesBps / 10_000;
        }
        assertEq(credited, done ? arrived : 0, where);
        if (c.sound || !done) assertGe(odd.ledger(escrow), credited, where);
        assertEq(odd.ledger(address(grants)), left, where);
        assertEq(odd.allowance(address(grants), escrow), 0, where);
    }

    /// @return The first word of the refusal of a signed purchase; 0 if it is bought.
    function signed(OddCase memory c, Purchase memory purchase) private pure returns (bytes4) {
        if (c.oddity == Oddity.MONEY_FROM_NOWHERE) {
            // It claims less than the plan takes at once.
            return isTimed(purchase) ? ISubscriptions.BuysNoTime.selector : IGrants.EntryNotCovered.selector;
        }
        return purchase.funding == Funding.PERMIT2 ? c.byPermit2 : c.by3009;
    }

    /// @return The same of a purchase by allowance, which takes two hops; the armed victim, Grants, is in the middle.
    function pulled(OddCase memory c) private pure returns (bytes4) {
        if (c.oddity == Oddity.FEE_ON_TOP || c.oddity == Oddity.MONEY_FROM_NOWHERE) {
            return IERC20Errors.ERC20InsufficientBalance.selector; // nothing left to send on
        }
        bool refusesTheSecond =
            c.oddity == Oddity.BLOCKS_THE_ESCROW_AS_SENDER || c.oddity == Oddity.BLOCKS_ALL_OTHER_RECIPIENTS;
        return refusesTheSecond ? IOddToken.Odd.selector : c.byAllowance;
    }

    /// @return The first word of the reason for which one of a cart was skipped; 0 if none was.
    function skippedFor() private returns (bytes4) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 n; n < logs.length; ++n) {
            if (logs[n].topics[0] != IGrants.PurchaseSkipped.selector) continue;
            (, bytes memory reason) = abi.decode(logs[n].data, (uint256, bytes));
            return errorOf(reason);
        }
        return 0;
    }

    // ---------------------------------------------------------------------------------------------------------- helpers

    function prepare(OddCase memory c, Funding way, bool isTimed_)
        private
        returns (IOddToken odd, Purchase memory purchase)
    {
        odd = deployOdd(c.oddity);
        purchase = orderIn(address(odd), isTimed_, "odd");
        purchase.funding = way;
        odd.mint(buyer, 1e30);
        vm.startPrank(buyer);
        odd.approve(address(grants), purchase.amount);
        odd.approve(PERMIT2, purchase.amount);
        vm.stopPrank();
        if (way != Funding.PULL) sign(purchase);
        (address victim, bytes memory data) = callBack(way, isTimed_);
        armOdd(odd, c.oddity, victim, data);
    }

    /// @dev Enough for the plan even where a quarter arrives. Whole ten thousands, so that shares of it have no fractions.
    function orderIn(address currency, bool isTimed_, bytes32 salt) private returns (Purchase memory purchase) {
        ListingTerms memory terms = isTimed_ ? timedOffer() : offer();
        terms.token = currency;
        purchase = order(list(terms), terms, isTimed_ ? BY_PERIOD : BY_MESSAGE);
        if (!isTimed_) purchase.amount *= 4;
        purchase.buyerSalt = salt;
    }

    /// @return victim Whom a reentrant token calls: Grants while it pulls, the escrow while it is paid by signature.
    /// @return data What anyone may send: the buyer has signed for it, in the plain token.
    function callBack(Funding way, bool isTimed_) private returns (address victim, bytes memory data) {
        Purchase memory purchase = orderIn(address(plain), isTimed_, "call back");
        purchase.funding = Funding.EIP3009;
        sign(purchase);
        if (way == Funding.PULL) return (address(grants), abi.encodeCall(IGrants.buy, (purchase)));
        (uint256 from, uint256 until, bytes32 salt, bytes memory signature) =
            abi.decode(purchase.authorization, (uint256, uint256, bytes32, bytes));
        uint96 amount = purchase.amount;
        if (isTimed_) {
            data = abi.encodeCall(
                ISubscriptions.fundWith3009, (subscriptionOf(purchase), amount, 0, from, until, salt, signature)
            );
        } else {
            data = abi.encodeCall(IChannels.fundWith3009, (termsOf(purchase), amount, 0, from, until, salt, signature));
        }
        return (escrowOf(purchase), data);
    }

    function held() private view returns (uint256[4] memory) {
        return [
            address(channels).balance,
            plain.balanceOf(address(channels)),
            address(subscriptions).balance,
            plain.balanceOf(address(subscriptions))
        ];
    }
}
