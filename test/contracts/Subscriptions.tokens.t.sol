// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// Every odd token of the book through every entry point of Subscriptions that moves tokens
// ├── in: fund, fundFor, fundWith3009, fundWithPermit2, fundWithPermit
// │   ├── credited is exactly what the book says, and the paid time with it
// │   └── or the call reverts by the book's name, and nothing has moved
// ├── out: claim, cancel, cancelWithNotice, stop, pull
// │   ├── sent: recipient and slot are exact, nothing waits
// │   ├── kept: the token reverted, the whole amount waits in `owed`, and leaves once the token behaves
// │   └── refused: reverts by name, and nothing has moved
// ├── a token that the book calls sound: the escrow never holds less of it than it owes
// └── after every call a neighbour in a plain token and one in the native coin pay as before; at the end they pay all

import {IEscrow} from "../../contracts/interfaces/IEscrow.sol";
import {ISubscriptions} from "../../contracts/interfaces/ISubscriptions.sol";
import {Tokens} from "../../contracts/libraries/Tokens.sol";
import {Oddity} from "../../contracts/mocks/Oddity.sol";
import {CancelNotice, Subscription, SubscriptionTerms} from "../../contracts/types/SubscriptionTypes.sol";
import {IOddToken, OddCase, OddTokenBook, Push} from "./support/OddTokenBook.sol";
import {SubscriptionsFunding} from "./support/SubscriptionsFunding.sol";

contract SubscriptionsTokensTest is SubscriptionsFunding, OddTokenBook {
    uint96 private constant MATES = 10_000; // another subscription in the same odd token
    uint96 private constant AMOUNT = 1_000; // one unit a second
    uint96 private constant TOTAL = 600; // vested: 15 for each relay, 6 for the market, 564 for the payee
    uint96 private constant NEIGHBOURS = 1e9;

    enum Way {
        FUND,
        FUND_FOR,
        BY_3009,
        BY_PERMIT2,
        BY_PERMIT,
        CLAIM,
        CANCEL,
        CANCEL_WITH_NOTICE,
        STOP,
        PULL
    }

    function setUp() public override {
        super.setUp();
        deployPermit2();
        fund(secondsIn(address(0), "neighbour"), NEIGHBOURS);
        fund(secondsIn(address(token), "neighbour"), NEIGHBOURS);
    }

    function test_In_Fund() public {
        all(Way.FUND);
    }

    function test_In_FundFor() public {
        all(Way.FUND_FOR);
    }

    function test_In_FundWith3009() public {
        all(Way.BY_3009);
    }

    function test_In_FundWithPermit2() public {
        all(Way.BY_PERMIT2);
    }

    function test_In_FundWithPermit() public {
        all(Way.BY_PERMIT);
    }

    function test_Out_Claim() public {
        all(Way.CLAIM);
    }

    function test_Out_Cancel() public {
        all(Way.CANCEL);
    }

    function test_Out_CancelWithNotice() public {
        all(Way.CANCEL_WITH_NOTICE);
    }

    function test_Out_Stop() public {
        all(Way.STOP);
    }

    function test_Out_Pull() public {
        all(Way.PULL);
    }

    // ------------------------------------------------------------------------------------------------------ all of them

    function all(Way way) private {
        for (uint256 n; n < ODDITIES; ++n) {
            OddCase memory c = oddCase(Oddity(n));
            if (way <= Way.BY_PERMIT) comesIn(c, way);
            else goesOut(c, way);
            neighboursPay();
        }
        neighboursLeave();
    }

    // --------------------------------------------------------------------------------------------------------------- in

    function comesIn(OddCase memory c, Way way) private {
        IOddToken odd = deployOdd(c.oddity);
        SubscriptionTerms memory terms = prepare(odd);
        (address caller, bytes memory data, bytes4 expected) = moneyIn(c, way, odd, terms);
        armOdd(odd, c.oddity, address(escrow), callBack(odd));
        bool gone = c.oddity == Oddity.CODE_GONE;
        uint256 held = gone ? 0 : odd.ledger(address(escrow));

        (bool done, bytes memory answer) = send(caller, data);
        string memory where = label(c, uint256(way));
        assertEq(done, expected == 0, where);
        if (done) {
            uint96 credited = arrived(c, terms, answer, where);
            if (c.sound) assertGe(odd.ledger(address(escrow)), held + credited, where);
        } else {
            assertEq(errorOf(answer), expected, where);
            assertEq(slotOf(terms).start, 0, where);
            disarm(c, odd);
            if (!gone) assertEq(odd.ledger(address(escrow)), held, where);
        }
        noWayBack(c, odd, done);
    }

    function arrived(OddCase memory c, SubscriptionTerms memory terms, bytes memory answer, string memory where)
        private
        view
        returns (uint96 credited)
    {
        (, credited) = abi.decode(answer, (bytes32, uint96));
        Subscription memory slot = slotOf(terms);
        assertEq(credited, uint256(AMOUNT) * c.arrivesBps / 10_000, where);
        assertEq(slot.deposit, credited, where);
        assertEq(slot.stop - slot.start, credited, where);
    }

    function moneyIn(OddCase memory c, Way way, IOddToken odd, SubscriptionTerms memory terms)
        private
        returns (address caller, bytes memory data, bytes4 expected)
    {
        caller = way == Way.FUND || way == Way.BY_PERMIT ? payer : way == Way.FUND_FOR ? stopper : stranger;
        odd.mint(way == Way.FUND_FOR ? stopper : payer, 20_000 * uint256(AMOUNT)); // enough even after a rebase
        if (way == Way.FUND || way == Way.FUND_FOR) {
            vm.prank(caller);
            odd.approve(address(escrow), AMOUNT);
            bytes4 selector = way == Way.FUND ? ISubscriptions.fund.selector : ISubscriptions.fundFor.selector;
            return (caller, abi.encodeWithSelector(selector, terms, AMOUNT, 0), c.byAllowance);
        }
        if (way == Way.BY_3009) {
            bytes memory signature = sign3009(terms, AMOUNT, 0);
            data = abi.encodeCall(ISubscriptions.fundWith3009, (terms, AMOUNT, 0, 0, DEADLINE, SALT, signature));
            return (caller, data, c.by3009);
        }
        if (way == Way.BY_PERMIT2) {
            vm.prank(payer);
            odd.approve(PERMIT2, type(uint256).max);
            bytes memory signature = signPermit2(PAYER_KEY, terms, AMOUNT, 0);
            data = abi.encodeCall(ISubscriptions.fundWithPermit2, (terms, AMOUNT, 0, SALT, DEADLINE, signature));
            return (caller, data, c.byPermit2);
        }
        (uint8 v, bytes32 r, bytes32 s) = signPermit(address(odd), AMOUNT);
        data = abi.encodeCall(ISubscriptions.fundWithPermit, (terms, AMOUNT, 0, DEADLINE, v, r, s));
        return (caller, data, c.byPermit);
    }

    // -------------------------------------------------------------------------------------------------------------- out

    function goesOut(OddCase memory c, Way way) private {
        IOddToken odd = deployOdd(c.oddity);
        SubscriptionTerms memory terms = prepare(odd);
        fund(terms, AMOUNT, odd);
        vm.warp(vm.getBlockTimestamp() + TOTAL);
        (address caller, bytes memory data) = moneyOut(way, terms);
        armOdd(odd, c.oddity, address(escrow), callBack(odd));
        bool gone = c.oddity == Oddity.CODE_GONE;
        uint256[4] memory before;
        if (!gone) before = purses(odd);

        (bool done, bytes memory answer) = send(caller, data);
        string memory where = label(c, uint256(way));
        disarm(c, odd);
        if (way == Way.PULL) {
            assertEq(done, c.pull == 0, where);
            if (!done) assertEq(errorOf(answer), c.pull, where);
            assertEq(escrow.owed(relay, address(odd)), done ? 0 : 10, where);
            if (!gone) assertEq(odd.ledger(relay) - before[2], done ? leaves(c, 10) : 0, where);
        } else if (c.push == Push.REFUSED) {
            assertFalse(done, where);
            assertEq(errorOf(answer), Tokens.TokenReturnedFalse.selector, where);
            assertEq(slotOf(terms).claimed, 0, where);
            assertEq(slotOf(terms).deposit, AMOUNT, where);
            assertEq(escrow.owed(relay, address(odd)), 10, where);
            if (!gone) assertEq(odd.ledger(address(escrow)), before[3], where);
        } else {
            assertTrue(done, where);
            paid(c, way, terms, odd, before);
        }
        if (c.sound) assertGe(odd.ledger(address(escrow)), liabilities(terms, odd), where);
        noWayBack(c, odd, done);
    }

    function paid(OddCase memory c, Way way, SubscriptionTerms memory terms, IOddToken odd, uint256[4] memory before)
        private
    {
        string memory where = label(c, uint256(way));
        uint256 toPayer = way == Way.CLAIM ? 0 : AMOUNT - TOTAL;
        bool sent = c.push == Push.SENT;
        assertEq(slotOf(terms).claimed, TOTAL, where);
        assertEq(slotOf(terms).deposit, AMOUNT - toPayer, where);
        assertEq(escrow.owed(payee, address(odd)), sent ? 0 : 564, where);
        assertEq(escrow.owed(payer, address(odd)), sent ? 0 : toPayer, where);
        assertEq(escrow.owed(relay, address(odd)), 25, where);
        assertEq(odd.ledger(payee) - before[0], sent ? leaves(c, 564) : 0, where);
        assertEq(odd.ledger(payer) - before[1], sent ? leaves(c, toPayer) : 0, where);
        if (sent || !c.sound) return;
        escrow.pull(payee, address(odd), payee); // it behaves again
        assertEq(odd.ledger(payee) - before[0], 564, where);
    }

    function moneyOut(Way way, SubscriptionTerms memory terms) private view returns (address caller, bytes memory data) {
        if (way == Way.CLAIM) {
            return (stranger, abi.encodeCall(ISubscriptions.claim, (commonOf(terms), one(terms), stranger)));
        }
        if (way == Way.CANCEL) return (payer, abi.encodeCall(ISubscriptions.cancel, (terms, relayList())));
        if (way == Way.CANCEL_WITH_NOTICE) {
            CancelNotice memory notice = noticeOf(terms);
            bytes memory signature = sign(SIGNER_KEY, escrow.hashCancelNotice(notice));
            data = abi.encodeCall(ISubscriptions.cancelWithNotice, (terms, relayList(), notice, signature));
            return (stranger, data);
        }
        if (way == Way.STOP) return (payee, abi.encodeCall(ISubscriptions.stop, (terms, relayList())));
        return (stranger, abi.encodeCall(IEscrow.pull, (relay, terms.token, relay)));
    }

    // ---------------------------------------------------------------------------------------------------------- helpers

    /// @dev One unit a second from the first on, and no notice.
    function secondsIn(address currency, bytes32 salt) private view returns (SubscriptionTerms memory terms) {
        terms = termsIn(currency);
        (terms.price, terms.period, terms.upfront, terms.notice, terms.salt) = (1, 1, 0, 0, salt);
    }

    /// @dev Another subscription in the same token holds money, and both relays are owed 10: the pool is not this one's alone.
    function prepare(IOddToken odd) private returns (SubscriptionTerms memory terms) {
        SubscriptionTerms memory mate = secondsIn(address(odd), "mate");
        fund(mate, MATES, odd);
        vm.warp(vm.getBlockTimestamp() + 400);
        claim(mate);
        assertEq(escrow.owed(relay, address(odd)), 10);
        return secondsIn(address(odd), "own");
    }

    function fund(SubscriptionTerms memory terms, uint96 amount, IOddToken odd) private {
        odd.mint(payer, amount);
        vm.startPrank(payer);
        odd.approve(address(escrow), amount);
        escrow.fund(terms, amount, amount);
        vm.stopPrank();
    }

    function liabilities(SubscriptionTerms memory terms, IOddToken odd) private view returns (uint256) {
        address currency = address(odd);
        (Subscription memory own, Subscription memory mates) = (slotOf(terms), slotOf(secondsIn(currency, "mate")));
        return own.deposit - own.claimed + mates.deposit - mates.claimed + escrow.owed(payee, currency)
            + escrow.owed(payer, currency) + escrow.owed(relay, currency) + escrow.owed(otherRelay, currency)
            + escrow.owed(market, currency);
    }

    /// @dev With little enough gas for a burner to finish, and enough for every push.
    function send(address caller, bytes memory data) private returns (bool, bytes memory) {
        vm.prank(caller);
        return address(escrow).call{gas: 6_000_000}(data);
    }

    /// @dev From outside this would work: the relay is owed something.
    function callBack(IOddToken odd) private view returns (bytes memory) {
        return abi.encodeCall(IEscrow.pull, (relay, address(odd), relay));
    }

    function purses(IOddToken odd) private view returns (uint256[4] memory) {
        return [odd.ledger(payee), odd.ledger(payer), odd.ledger(relay), odd.ledger(address(escrow))];
    }

    function neighboursPay() private {
        SubscriptionTerms[2] memory both = [secondsIn(address(0), "neighbour"), secondsIn(address(token), "neighbour")];
        for (uint256 n; n < 2; ++n) claim(both[n]); // what had vested until now
        vm.warp(vm.getBlockTimestamp() + 10_000);
        for (uint256 n; n < 2; ++n) {
            uint256 had = balanceOf(payee, both[n].token);
            claim(both[n]);
            assertEq(balanceOf(payee, both[n].token) - had, 9_400);
        }
    }

    function neighboursLeave() private {
        SubscriptionTerms[2] memory both = [secondsIn(address(0), "neighbour"), secondsIn(address(token), "neighbour")];
        for (uint256 n; n < 2; ++n) {
            address currency = both[n].token;
            uint256 had = balanceOf(payer, currency);
            cancel(both[n]);
            assertEq(balanceOf(payer, currency) - had, NEIGHBOURS - (vm.getBlockTimestamp() - BEGIN));
            escrow.pull(relay, currency, relay);
            escrow.pull(otherRelay, currency, otherRelay);
            escrow.pull(market, currency, market);
            assertEq(balanceOf(address(escrow), currency), 0);
        }
    }
}
